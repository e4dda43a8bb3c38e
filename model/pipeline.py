"""The whole walk from frames to events; the same object for live view, recordings, tests and benchmarks."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Final

from model.events import Event
from model.face import MAX_FACES, Face
from model.flow import FlowEstimator
from model.frame import Frame
from model.hindsight import HindsightSpotter
from model.kept_crops import KeptCrops
from model.merging import is_same_movement
from model.motion import MotionSample
from model.recognition import Recogniser, Recognition
from model.representation import KeyCrops, represent
from model.resting import RestingFace
from model.spot import Spot, SpotterConfig
from model.spotting import Spotter
from model.watching import FaceWatch, Sight
from model.workers import Workers

# So many micro-expressions of a face are remembered, to tell none twice.
_TOLD: Final = 16
# While a movement runs, the network looks again at most this often (seconds).
_PROVISIONAL_EVERY_S: Final = 0.15


@dataclass(frozen=True, slots=True)
class PipelineConfig:
    """Settings of the analysis.

    Attributes:
        max_faces: Faces followed at once.
        spotter: What counts as a micro-expression.
        provisional: Recognise movements while they run (for a live view).
        most_none_weak: A short movement is rejected if the network gives ``none`` more than this probability: for a
            movement that hardly stands out of the face's noise, ...
        most_none_clear: ... and for one that stands out clearly.
        clear_score: It does so from this many standard deviations on.
        most_none_disputed: What seems to be a blink or speech must be seen as an expression more surely: by this share
            of the probability of ``none`` that others may have.
    """

    max_faces: int = MAX_FACES
    spotter: SpotterConfig = field(default_factory=SpotterConfig)
    provisional: bool = True
    most_none_weak: float = 0.05
    most_none_clear: float = 0.3
    clear_score: float = 8.0
    most_none_disputed: float = 0.5

    def most_none(self, spot: Spot) -> float:
        """Probability of ``none`` up to which a movement is taken for an expression."""
        weak = self.spotter.least_score
        # A movement whose score was not measured counts as a clear one.
        share = min(1.0, (spot.score - weak) / (self.clear_score - weak)) if spot.score else 1.0
        most = self.most_none_weak + share * (self.most_none_clear - self.most_none_weak)
        return most * self.most_none_disputed if spot.disputed else most


@dataclass(frozen=True, slots=True)
class FaceState:
    """What is known of a face after the newest frame.

    Attributes:
        face: Where it is.
        motion: Largest displacement of a region from rest, fraction of the inter-ocular distance.
        group_motion: The same of each of `model.regions.GROUPS`.
        provisional: The network's guess about the movement under way, if any.
    """

    face: Face
    motion: float
    group_motion: tuple[float, ...]
    provisional: Recognition | None


class Pipeline:
    """Finds and recognises micro-expressions in the frames of one source.

    Args:
        recogniser: The network.
        config: Settings.
    """

    def __init__(self, recogniser: Recogniser, config: PipelineConfig | None = None) -> None:
        self.config = config or PipelineConfig()
        self._recogniser = recogniser
        self._beside = Workers()
        self._watch = FaceWatch(self.config.max_faces, beside=self._beside)
        self._flow = FlowEstimator()
        self._tracks: dict[int, _Track] = {}
        self._counts: Counter[str] = Counter()
        self._rest_s = 0.0
        self._resting: dict[int, RestingFace] = {}
        self._rests = 0
        self.faces: tuple[FaceState, ...] = ()
        """The faces of the newest frame."""
        self.faces_seen = 0
        """Frames so far in which at least one face was found."""

    def push(self, frame: Frame) -> list[Event]:
        """Takes the next frame; returns the movements that are now complete."""
        sight = self._watch.push(frame)
        if sight is None:
            self.faces = ()
            return []
        return self.judge(sight)

    def judge(self, sight: Sight) -> list[Event]:
        """Takes what a `FaceWatch` saw in the next frame; returns as `push` does."""
        events = self._end(sight.gone)
        self.faces_seen += bool(sight.faces)
        states = []
        for face, sample in sight.faces:
            track = self._tracks.get(face.track)
            if track is None:
                track = self._tracks[face.track] = _Track(self.config.spotter, self._resting.get(face.track))
            spots = track.push(sample)
            if self._rest_s:
                track.spotter.rest(self._rest_s)
            events += [self._event(face.track, track, spot) for spot in spots]
            states.append(FaceState(face, track.spotter.motion, track.spotter.group_motion, self._provisional(track)))
        if sight.faces:
            self._rest_s = 0.0
        self.faces = tuple(states)
        return events

    @property
    def ignored(self) -> dict[str, int]:
        """Frames that could not be analysed, by reason."""
        return self._watch.ignored

    @property
    def resting_faces(self) -> int:
        """How often so far a face was learnt at rest."""
        return self._rests + sum(track.spotter.rests for track in self._tracks.values())

    def mark_rest(self, seconds: float) -> None:
        """Says that the faces look neutral for the next ``seconds``, from the next frame with a face on.

        Each then tells movements from its own noise at once, also when it was lost for a moment.
        """
        self._rest_s = seconds

    def finish(self) -> list[Event]:
        """Ends the source; returns what was still under way. The pipeline can then take another source."""
        events = self._end(tuple(self._tracks))
        self._watch.finish()
        self._beside.shutdown()
        self._resting.clear()
        self.faces = ()
        return events

    def run(self, frames: Iterable[Frame]) -> Iterator[Event]:
        """All events of a whole source."""
        for frame in frames:
            yield from self.push(frame)
        yield from self.finish()

    def _end(self, numbers: tuple[int, ...]) -> list[Event]:
        events = []
        for number in numbers:
            track = self._tracks.pop(number)
            events += [self._event(number, track, spot) for spot in track.spotter.finish()]
            self._rests += track.spotter.rests
            if track.spotter.resting is not None:
                self._resting[number] = track.spotter.resting
        return events

    def _event(self, face: int, track: _Track, spot: Spot) -> Event:
        beside = track.told_beside(spot)
        if spot.kind != "micro" and (beside or not spot.disputed):
            return self._numbered(Event(0, face, spot))
        recognition = self._recogniser.recognise(represent(track.crops.key_crops(spot), self._flow, self._beside))
        if recognition.probability_of("none") > self.config.most_none(spot):
            if spot.disputed:  # it is what it seems to be
                return self._numbered(Event(0, face, spot))
            spot = replace(spot, kind="rejected", reason="the network sees no expression in it")
        elif beside:
            spot = replace(spot, kind="rejected", reason="part of a movement that was reported")
        else:
            spot = replace(spot, kind="micro")
            track.told.append(spot)
        shown = tuple(crop.crop for crop in track.crops.key_frames(spot))
        return self._numbered(Event(0, face, spot, recognition, shown))

    def _numbered(self, event: Event) -> Event:
        self._counts[event.kind] += 1
        return replace(event, number=self._counts[event.kind])

    def _provisional(self, track: _Track) -> Recognition | None:
        """What the network guessed before this frame; a newer guess is made beside the next one."""
        running = track.spotter.running if self.config.provisional else None
        if running is None:
            track.guess, track.guessing = None, None
            return None
        if track.guessing is not None:
            track.guess, track.guessing = track.guessing.result(), None
        first = track.guess is None
        if first or (running.apex > track.guess_apex and track.last_time - track.guess_time >= _PROVISIONAL_EVERY_S):
            crops = track.crops.running_crops(running.start, running.apex_frame)
            track.guessing = self._beside.submit(self._recognise, crops)
            track.guess_apex, track.guess_time = running.apex, track.last_time
        return track.guess

    def _recognise(self, crops: KeyCrops) -> Recognition:
        return self._recogniser.recognise(represent(crops, self._flow))


class _Track:
    """One face: its measurement, its spotter, and its newest crops."""

    def __init__(self, config: SpotterConfig, resting: RestingFace | None) -> None:
        self.spotter = HindsightSpotter(config, resting) if config.look_ahead else Spotter(config, resting)
        self.last_time = 0.0
        self.guess: Recognition | None = None
        """The newest provisional one."""
        self.guessing: Future[Recognition] | None = None
        """The next one, under way."""
        self.guess_apex = 0.0
        self.guess_time = 0.0
        self.crops = KeptCrops(config.look_ahead)
        self.told: deque[Spot] = deque(maxlen=_TOLD)
        """The newest micro-expressions."""

    def told_beside(self, spot: Spot) -> bool:
        """True if the same movement was reported already: only one of the two can be what was disputed."""
        return any(is_same_movement(spot, told) and (spot.disputed or told.disputed) for told in self.told)

    def push(self, sample: MotionSample) -> list[Spot]:
        self.last_time = sample.time
        # Before the crop is kept: a restart completes movements of the time before.
        spots = self.spotter.push(sample)
        self.crops.keep(sample)
        return spots
