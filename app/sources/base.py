from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

from model.frame import Frame

LOW_RATE_FPS: Final = 25.0
"""Below this rate the shortest micro-expressions (1/25 s) fall between two frames: people are warned."""


class Source(Protocol):
    """Where frames come from.

    Attributes:
        name: What to call it on screen and in reports.
        live: True if frames are lost when nobody takes them in time.
        frame_count: Number of frames, or None if unknown.
        fps: Nominal frames per second, or None if unknown; time stamps are what counts.
        warnings: Troubles survived so far, in words for a person.
    """

    name: str
    live: bool
    frame_count: int | None
    fps: float | None
    warnings: list[str]

    def frames(self) -> Iterator[Frame]:
        """All frames, once, in order of time.

        Raises:
            SourceError: If the source stops working.
        """

    def close(self) -> None:
        """Lets go of the device or file; may be called more than once, from any thread."""
