"""What came of reading a database: the clips, and a note for everything that was not as it should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from training.databases.clip import Clip


@dataclass(slots=True)
class Reading:
    """A database as found on disk.

    Attributes:
        name: The database.
        clips: What can be used.
        skipped: What cannot, and why.
        notes: What was mended or is odd; the clip is used.
    """

    name: str
    clips: list[Clip] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def counts(self, labels: Iterable[str]) -> tuple[int, ...]:
        """Clips of each three-class label."""
        found = Counter(clip.label for clip in self.clips)
        return tuple(found[label] for label in labels)

    @property
    def subjects(self) -> set[str]:
        """Everybody with a clip of one of the three classes."""
        return {clip.subject for clip in self.clips if clip.label is not None}

    def add(self, clip: Clip) -> None:
        """Takes a clip, unless there is one of its name already."""
        if any(clip.key == other.key for other in self.clips):
            self.skipped.append(f"{clip.subject}/{clip.name} is listed twice; the first counts.")
        else:
            self.clips.append(clip)
