"""What an alignment looks at in any network."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn


class Activations(NamedTuple):
    """The two layers that alignments look at.

    Attributes:
        fc1: The last hidden layer ``[b, d]``.
        emotion: Logits ``[b, k]``.
    """

    fc1: Tensor
    emotion: Tensor


class JudgedNetwork(nn.Module):
    """A network that protocols compare: from maps ``[b, 3, 4, 64, 64]`` and presence ``[b, 3]`` to `Activations`.

    Attributes:
        hidden: Size of its last hidden layer.
        both_ways: Whether a trained one looks at mirror images by itself.
    """

    hidden: int
    both_ways = False
