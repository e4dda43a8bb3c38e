from __future__ import annotations

from dataclasses import dataclass

from model.frame import Image
from model.recognition import Recognition
from model.spot import Kind, Spot


@dataclass(frozen=True, slots=True)
class Event:
    """A completed facial movement of one face.

    Attributes:
        number: Counts from 1 within its kind, in the order of completion, over all faces.
        face: Track number of the face.
        spot: When and where it moved.
        recognition: The network's guess; None for movements that are no micro-expression candidates.
        crops: ``uint8 [128, 128, 3]`` of onset, apex and offset, for the eye; empty where there is no recognition.
    """

    number: int
    face: int
    spot: Spot
    recognition: Recognition | None = None
    crops: tuple[Image, ...] = ()

    @property
    def is_micro(self) -> bool:
        """True for a micro-expression: short enough, and the network sees an expression in it."""
        return self.kind == "micro"

    @property
    def kind(self) -> Kind:
        """What it was."""
        return self.spot.kind

    @property
    def reason(self) -> str:
        """Why a movement was rejected, or empty."""
        return self.spot.reason
