import numpy as np
import pytest

from model.frame import Frame
from model.pipeline import Pipeline, PipelineConfig
from model.watching import FaceWatch
from model.workers import Workers
from tests.helpers import face_picture, still_frames


@pytest.fixture
def watch():
    with Workers() as beside:
        watch = FaceWatch(1, beside=beside)
        yield watch
        watch.finish()


def test_a_face_is_followed_until_it_has_been_away_for_long(watch):
    picture, nobody = face_picture(), np.full((480, 640, 3), 90, np.uint8)
    sights = [watch.push(Frame(i, i / 30, picture if i < 5 else nobody)) for i in range(20)]
    assert [len(sight.faces) for sight in sights] == [1] * 5 + [0] * 15
    ((face, first),) = sights[0].faces
    assert first.restarted
    assert not any(sample.restarted for sight in sights[1:5] for _, sample in sight.faces)
    # The last look at it was frame 4; after a quarter of a second it is gone, and said to be so once.
    assert [(i, sight.gone) for i, sight in enumerate(sights) if sight.gone] == [(12, (face.track,))]


def test_a_picture_of_another_size_shows_other_faces(watch):
    ((before, _),) = watch.push(Frame(0, 0.0, face_picture())).faces
    sight = watch.push(Frame(1, 1 / 30, face_picture()[:, 40:600]))
    ((after, sample),) = sight.faces
    assert sight.gone == (before.track,)
    assert after.track != before.track
    assert sample.restarted


def test_a_frame_without_a_usable_time_is_not_seen(watch):
    assert watch.push(Frame(0, 0.0, face_picture())) is not None
    assert watch.push(Frame(1, float("nan"), face_picture())) is None
    assert watch.push(Frame(2, 0.0, face_picture())) is None
    assert sum(watch.ignored.values()) == 2


def test_whoever_judges_what_another_one_watched_finds_the_same(recogniser, watch):
    config = PipelineConfig(max_faces=1)
    own, told = Pipeline(recogniser, config), Pipeline(recogniser, config)
    for frame in still_frames(45):
        own.push(frame)
        sight = watch.push(frame)
        told.judge(sight)
        assert [s.group_motion for s in told.faces] == [s.group_motion for s in own.faces]
        np.testing.assert_array_equal(told.faces[0].face.landmarks, own.faces[0].face.landmarks)
    assert told.faces_seen == own.faces_seen == 45
    assert own.finish() == told.finish()
