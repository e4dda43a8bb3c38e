"""Records of the spotter: what counts as a movement, and one that was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

LOOK_AHEAD_S: Final = 8.0
"""Seconds that the analysis of a recording looks ahead (`model.hindsight`)."""

Kind = Literal["micro", "macro", "blink", "speech", "gaze", "swallow", "light", "rejected"]


@dataclass(frozen=True, slots=True)
class SpotterConfig:
    """Numbers that decide what counts as a micro-expression.

    Attributes:
        min_duration: Shortest micro-expression in seconds (1/25 s).
        max_duration: Longest micro-expression in seconds; beyond it a movement is a macro-expression.
        floor: Smallest displacement that can start a movement, in fractions of the inter-ocular distance. A still
            face filmed with sensor noise and a swaying head stays below 0.0015 (95th percentile 0.0009).
        least_score: A short movement must stand out of the face's own noise by this many standard deviations.
        least_strength: Smallest displacement of a short movement, fractions of the inter-ocular distance.
        least_explained: Share of the course's variance that a short movement must explain.
        settled: Seconds that must have passed since the end of a short movement before it is reported.
        look_ahead: Seconds after which a moment of a recording is judged, knowing what came next; 0 live.
        noise_factor: A movement must exceed this many times the region's own resting noise (mean absolute deviation).
        release: A movement ends below this share of the threshold.
        release_of_peak: ... or below this share of its own peak, whichever is larger: skin does not return exactly.
        settle: Seconds a group must stay released before its movement is closed; shorter dips belong to the movement.
        warm_up: Seconds of learning the resting noise before anything is reported.
        baseline_time: Time constant in seconds with which the resting place follows slow drift.
        hold_limit: Seconds after which a pose that is held becomes the new resting place.
        still_after: Seconds without motion after which a group that came back more than halfway, or is held only
            weakly, counts as returned: skin, lashes and hair often come to rest a little elsewhere.
        gaze_shift: Lids that move while the irises shift by this much follow them; fractions of the inter-ocular
            distance.
        light_change: A change of brightness by this share moves the flow as much as a muscle does.
        blink_closure: A blink is a drop of the eyes' opening below this share of its resting value.
    """

    min_duration: float = 0.04
    max_duration: float = 0.5
    floor: float = 0.0035
    least_score: float = 4.0
    least_strength: float = 0.003
    least_explained: float = 0.6
    settled: float = 0.05
    look_ahead: float = 0.0
    noise_factor: float = 6.0
    release: float = 0.6
    release_of_peak: float = 0.25
    settle: float = 0.1
    warm_up: float = 0.4
    baseline_time: float = 0.4
    hold_limit: float = 4.0
    still_after: float = 0.25
    gaze_shift: float = 0.02
    light_change: float = 0.08
    blink_closure: float = 0.75


@dataclass(frozen=True, slots=True)
class Spot:
    """A movement in time.

    Attributes:
        kind: ``micro``, or what else it was; ``rejected`` movements carry their reason.
        onset: Seconds, finer than a frame.
        apex: Seconds of the largest displacement.
        offset: Seconds.
        onset_frame: Index of the last frame at rest.
        apex_frame: Index of the frame nearest the apex.
        offset_frame: Index of the first frame at rest again.
        strength: Peak displacement in fractions of the inter-ocular distance.
        regions: Regions that moved by at least half of the strongest one's displacement, strongest first.
        reason: Why a movement was rejected, or empty.
        score: By how many standard deviations of the face's own noise it stands out; 0 where that was not measured.
        disputed: True for a blink or speech that may be an expression all the same: the lids were down while the brows
            moved, or the mouth moved as a muscle of speech moves it. Only what the whole face shows can tell.
    """

    kind: Kind
    onset: float
    apex: float
    offset: float
    onset_frame: int
    apex_frame: int
    offset_frame: int
    strength: float
    regions: tuple[str, ...]
    reason: str = ""
    score: float = 0.0
    disputed: bool = False

    @property
    def duration(self) -> float:
        """Seconds from onset to offset."""
        return self.offset - self.onset


@dataclass(frozen=True, slots=True)
class Running:
    """A movement that has begun and not yet ended.

    Attributes:
        start: Seconds at which it was noticed.
        apex_frame: Frame of the largest displacement so far.
        apex: Its time in seconds.
        strength: That displacement in fractions of the inter-ocular distance.
    """

    start: float
    apex_frame: int
    apex: float
    strength: float
