"""Sentences that appear in several places of the window."""

from __future__ import annotations

from typing import Final

from model.labels import AU_NAMES, au_column
from model.recognition import Recognition

MEANING: Final = "A label is the model's guess about a facial movement, not about what a person feels."

CONSENT_TITLE: Final = "Before the camera opens"
CONSENT: Final = """
<p>Fleeting is about to look through a camera. Video of a face is personal data.</p>
<ul>
<li>Everything stays on this computer. The program opens no network connection and recognises nobody.</li>
<li>Nothing is recorded unless you save a snapshot or start an analysis that writes files.</li>
<li>Tell everyone in view that the camera is on and what it is for, and film only people who agree.</li>
<li>A label is the model's guess about a facial movement. It does not show what somebody feels or thinks, and must
not be used to judge people. Inferring emotions at work or in education is forbidden in the European Union.</li>
</ul>
"""


def action_units_text(recognition: Recognition) -> str:
    """The likely action units with their names."""
    return (
        ", ".join(f"{au_column(n)} {AU_NAMES[n]}" for n in recognition.named_action_units)
        or "no action unit stands out"
    )
