import cv2
import numpy as np
import pytest

from app.sources.demo import demo_truth
from app.sources.video import VideoSource
from model.frame import Frame
from model.intervals import intersection_over_union, match_one_to_one
from model.muscles import SIDES
from model.pipeline import Pipeline, PipelineConfig
from tests.helpers import demo_portrait, face_picture, still_frames, tile_faces
from training.synthesis.camera import Camera
from training.synthesis.demo import DEMO_SCRIPT
from training.synthesis.habits import Blink
from training.synthesis.recording import Movement, Recording, Script
from training.synthesis.timecourse import TimeCourse


def test_a_still_portrait_with_noise_and_sway_raises_no_event_in_a_minute(recogniser):
    picture = face_picture()
    rng = np.random.default_rng(5)
    # Sensor noise is drawn once and rolled: independent enough, and a minute stays affordable.
    noise = np.rint(rng.normal(0, 3, (640, 800, 3))).astype(np.int16)
    phases, rates = rng.uniform(0, 6.28, (2, 4)), rng.uniform(0.1, 0.7, (2, 4))

    def frames():
        for i in range(1800):
            x, y = np.sin(6.28 * rates * i / 30 + phases).sum(axis=1) / np.sqrt(2)  # sd 1 px
            moved = cv2.warpAffine(
                picture,
                np.array([[1, 0, x], [0, 1, y]]),
                (640, 480),
                flags=cv2.INTER_CUBIC,
                borderMode=cv2.BORDER_REFLECT,
            )
            top, left = rng.integers(0, 160, 2)
            grain = noise[top : top + 480, left : left + 640]
            yield Frame(i, i / 30, cv2.add(moved, grain, dtype=cv2.CV_8U))

    pipeline = Pipeline(recogniser, PipelineConfig(max_faces=1))
    events = list(pipeline.run(frames()))
    assert pipeline.faces_seen == 1800
    assert [e for e in events if e.is_micro] == []
    # What the filter took for a movement for a moment is kept with the reason why it is none.
    assert len(events) <= 6
    assert all(e.reason for e in events if e.kind == "rejected")


def test_the_demo_is_right_on_the_live_and_on_the_recorded_walk(recogniser, demo_folder):
    truth = demo_truth(demo_folder)
    source = VideoSource(demo_folder / "demo.mkv")
    every = list(Pipeline(recogniser).run(source.frames()))
    source.close()
    blinks = [e.spot for e in every if e.kind == "blink"]
    # Each blink once, though lids and brows both show it.
    assert len(blinks) == len(DEMO_SCRIPT.blinks)
    assert all(
        spot.onset < blink.start + blink.duration and blink.start < spot.offset
        for spot, blink in zip(blinks, DEMO_SCRIPT.blinks, strict=True)
    )
    events = [e for e in every if e.is_micro]
    pairs = match_one_to_one([(e.spot.onset, e.spot.offset) for e in events], [(t.onset, t.offset) for t in truth])
    assert len(pairs) == 6
    assert len(events) == 6
    right = sum(events[i].recognition.label == truth[j].emotion for j, i in pairs.items())
    assert right >= 5
    for j, i in pairs.items():
        assert events[i].spot.apex == pytest.approx(truth[j].apex, abs=0.034)
        assert len(events[i].crops) == 3


def test_an_expression_in_a_blink_is_told_from_the_blink(recogniser):
    raised = {(au, side): 0.02 for au in (1, 2) for side in SIDES}
    movement = Movement("surprise", TimeCourse(5.0, 5.12, 5.32), raised)
    blinks = (Blink(2.5, 0.25), Blink(5.02, 0.25))

    def labels(*movements):
        script = Script(7.0, 30.0, movements, blinks=blinks, sway=1.0, roll=0.15, seed=3)
        recording = Recording(demo_portrait(), script, Camera(noise=2.0), size=(480, 400))
        events = Pipeline(recogniser, PipelineConfig(max_faces=1)).run(recording.frames())
        return [(e.kind, e.recognition.label if e.recognition else "") for e in events if e.kind != "rejected"]

    assert labels() == [("blink", ""), ("blink", "")]
    assert labels(movement) == [("blink", ""), ("micro", "surprise")]


def test_provisional_recognition_does_not_change_the_events(recogniser, demo_folder):
    def events(provisional):
        source = VideoSource(demo_folder / "demo.mkv")
        frames = [frame for frame in source.frames() if frame.time < 7.5]
        source.close()
        return [(e.kind, e.spot) for e in Pipeline(recogniser, PipelineConfig(provisional=provisional)).run(frames)]

    assert events(True) == events(False)


@pytest.fixture(scope="module")
def demo_frames(demo_folder):
    """The demo's first three micro-expressions: a brow raise, a frown, a smile; blinks between them."""
    source = VideoSource(demo_folder / "demo.mkv")
    frames = [frame for frame in source.frames() if frame.time < 11.0]
    source.close()
    return frames


def micro_spots(recogniser, frames):
    return [e.spot for e in Pipeline(recogniser, PipelineConfig(max_faces=1)).run(frames) if e.is_micro]


@pytest.fixture(scope="module")
def demo_spots(recogniser, demo_frames):
    return micro_spots(recogniser, demo_frames)


def test_a_movement_is_guessed_while_it_runs_and_again_the_same(recogniser, demo_frames, demo_spots):
    def guesses():
        pipeline = Pipeline(recogniser, PipelineConfig(max_faces=1))
        seen = []
        for frame in demo_frames:
            pipeline.push(frame)
            guess = pipeline.faces[0].provisional
            if guess is not None:
                seen.append((frame.time, *guess.probabilities.tolist()))
        pipeline.finish()
        return seen

    seen = guesses()
    assert seen == guesses()
    for spot in demo_spots:
        assert any(spot.onset < time < spot.offset for time, *_ in seen)


def test_events_do_not_depend_on_the_size_of_the_picture(recogniser, demo_frames, demo_spots):
    half = [
        Frame(f.index, f.time, np.asarray(cv2.resize(f.image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)))
        for f in demo_frames
    ]
    spots = micro_spots(recogniser, half)
    assert len(spots) == len(demo_spots) == 3
    for small, large in zip(spots, demo_spots, strict=True):
        assert small.apex == pytest.approx(large.apex, abs=0.034)
        assert small.onset == pytest.approx(large.onset, abs=0.05)
        assert small.offset == pytest.approx(large.offset, abs=0.05)
        # The flow on lids, with lashes and reflections on the eyeball, is known to a third only.
        assert small.strength == pytest.approx(large.strength, rel=0.45)


def test_a_mirrored_picture_gives_the_same_events_with_sides_exchanged(recogniser, demo_frames, demo_spots):
    def exchanged(name):
        return name.replace("left", "*").replace("right", "left").replace("*", "right")

    spots = micro_spots(recogniser, [Frame(f.index, f.time, f.image[:, ::-1].copy()) for f in demo_frames])
    assert len(spots) == 3
    for mirrored, own in zip(spots, demo_spots, strict=True):
        assert mirrored.apex == pytest.approx(own.apex, abs=0.034)
        assert mirrored.onset == pytest.approx(own.onset, abs=0.05)
        assert exchanged(own.regions[0]) in mirrored.regions


def test_no_face_gives_no_event(recogniser):
    pipeline = Pipeline(recogniser)
    grey = np.full((480, 640, 3), 90, np.uint8)
    assert list(pipeline.run(Frame(i, i / 30, grey) for i in range(30))) == []
    assert pipeline.faces_seen == 0


def test_a_face_that_leaves_and_returns_is_survived(recogniser):
    grey = np.full((480, 640, 3), 90, np.uint8)
    images = [f.image for f in still_frames(20)] + [grey] * 30 + [f.image for f in still_frames(20)]
    pipeline = Pipeline(recogniser)
    assert [e for e in pipeline.run(Frame(i, i / 30, image) for i, image in enumerate(images)) if e.is_micro] == []
    assert pipeline.faces_seen == 40


def test_five_faces_are_survived(recogniser):
    picture = tile_faces(5)
    pipeline = Pipeline(recogniser)
    for i in range(6):
        pipeline.push(Frame(i, i / 30, picture))
    assert len(pipeline.faces) == 4
    pipeline.finish()


def test_the_picture_may_change_its_size(recogniser):
    pipeline = Pipeline(recogniser)
    for i, size in enumerate([(640, 480), (640, 480), (320, 240), (320, 240)]):
        pipeline.push(Frame(i, i / 30, cv2.resize(face_picture(), size)))
    assert len(pipeline.faces) == 1
    pipeline.finish()


def test_intervals_are_matched_one_to_one():
    truth = [(0.0, 1.0)]
    assert match_one_to_one([(0.0, 0.9), (0.1, 1.0)], truth) in ({0: 0}, {0: 1})
    assert match_one_to_one([(0.6, 2.0)], truth) == {}
    assert intersection_over_union((0.0, 1.0), (0.5, 1.5)) == pytest.approx(1 / 3)


def test_a_clock_that_is_set_back_begins_anew(recogniser):
    pipeline = Pipeline(recogniser)
    frames = still_frames(8)
    for i, time in enumerate([7.0, 7.03, 7.06, 1.0, 1.03, 1.06, float("nan"), 1.09]):
        pipeline.push(Frame(i, time, frames[i].image))
    assert pipeline.faces_seen == 7
    assert sum(pipeline.ignored.values()) == 1
    assert pipeline.finish() == []


def test_a_face_half_outside_the_picture_is_survived(recogniser):
    pipeline = Pipeline(recogniser, PipelineConfig(max_faces=1))
    wide = cv2.copyMakeBorder(face_picture(), 0, 0, 0, 400, cv2.BORDER_REPLICATE)
    rng = np.random.default_rng(0)
    events = []
    for i in range(60):
        left = min(8 * i, 330)
        grain = rng.normal(0, 3, (480, 640, 3))
        events += pipeline.push(Frame(i, i / 30, np.clip(wide[:, left : left + 640] + grain, 0, 255).astype(np.uint8)))
    assert [e for e in events + pipeline.finish() if e.is_micro] == []


def test_a_face_that_comes_in_the_middle_of_a_movement_is_no_event(recogniser, demo_frames, demo_spots):
    """The first micro-expression is under way when the first frame comes."""
    onset, apex = demo_spots[0].onset, demo_spots[0].apex
    late = [frame for frame in demo_frames if (onset + apex) / 2 <= frame.time < demo_spots[1].onset - 0.5]
    assert [spot for spot in micro_spots(recogniser, late) if spot.onset < demo_spots[0].offset] == []


def test_a_face_that_was_learnt_at_rest_keeps_it_when_it_is_lost_for_a_moment(recogniser):
    grey = np.full((480, 640, 3), 90, np.uint8)
    pipeline = Pipeline(recogniser, PipelineConfig(max_faces=1))
    pipeline.mark_rest(2.0)
    images = [f.image for f in still_frames(75)] + [grey] * 15 + [f.image for f in still_frames(10)]
    for i, image in enumerate(images):
        pipeline.push(Frame(i, i / 30, image))
        if i == 74:
            assert pipeline.resting_faces == 1
    (track,) = pipeline._tracks.values()
    assert track.spotter.resting is not None
    pipeline.finish()
