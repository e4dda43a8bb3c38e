import cv2
import numpy as np
import pytest
from mediapipe.framework.formats import landmark_pb2

from model.face import FaceTracker, _points
from model.frame import Frame
from tests.helpers import face_picture, tile_faces


def blank(width=640, height=480):
    return np.full((height, width, 3), 128, np.uint8)


def tracks(images, max_faces=4, fps=30.0):
    with FaceTracker(max_faces) as tracker:
        return [[f.track for f in tracker.track(Frame(i, i / fps, image))] for i, image in enumerate(images)]


def test_a_face_keeps_its_number():
    assert tracks([face_picture()] * 10) == [[0]] * 10


def test_without_a_face_there_is_none():
    assert tracks([blank()] * 3) == [[]] * 3


def test_a_face_that_returns_soon_keeps_its_number_and_one_that_stays_away_does_not():
    seen = tracks([face_picture()] * 5 + [blank()] * 10 + [face_picture()] * 5)
    assert seen[4] == [0]
    assert seen[10] == []
    assert seen[-1] == [0]
    assert tracks([face_picture()] * 5 + [blank()] * 60 + [face_picture()] * 5)[-1] == [1]


def test_two_faces_keep_their_numbers_side_by_side():
    picture = tile_faces(2)
    with FaceTracker() as tracker:
        places = [
            {f.track: f.landmarks[:, 0].mean() for f in tracker.track(Frame(i, i / 30, picture))} for i in range(12)
        ]
    assert all(set(p) == {0, 1} for p in places[3:])
    assert len({p[0] < p[1] for p in places[3:]}) == 1


def test_of_five_faces_at_most_four_are_followed():
    seen = tracks([tile_faces(5)] * 8)
    assert len(seen[-1]) == 4
    assert len(set(seen[-1])) == 4


def test_a_face_that_joins_another_is_noticed_within_half_a_second_and_the_first_keeps_its_number():
    alone, both = (np.hstack([face_picture(), other]) for other in (blank(), face_picture()))
    seen = tracks([alone] * 10 + [both] * 20)
    assert seen[9] == [0]
    assert [0, 1] in seen[10:26]
    assert seen[-1] == [0, 1]


def test_asked_for_one_face_a_second_one_is_left_alone():
    assert tracks([np.hstack([face_picture(), face_picture()])] * 20, max_faces=1)[-1] == [0]


def test_alone_a_face_looks_the_same_however_many_might_come():
    places = []
    for most in (1, 4):
        with FaceTracker(most) as tracker:
            places.append([tracker.track(Frame(i, i / 30, face_picture()))[0].landmarks for i in range(20)])
    np.testing.assert_array_equal(places[0], places[1])


@pytest.mark.parametrize("size", [(160, 120), (3840, 2160)])
def test_small_and_large_pictures_work(size):
    picture = cv2.resize(face_picture(), size, interpolation=cv2.INTER_AREA)
    with FaceTracker() as tracker:
        for i in range(3):
            faces = tracker.track(Frame(i, i / 30, picture))
    assert len(faces) == 1
    middle = faces[0].landmarks.mean(axis=0) / size
    np.testing.assert_allclose(middle, (0.5, 0.46), atol=0.06)


def test_a_new_picture_size_is_a_new_look():
    assert tracks([face_picture(), cv2.resize(face_picture(), (320, 240)), face_picture()])[-1] != []


def test_landmarks_are_the_same_read_at_once_or_one_by_one():
    rng = np.random.default_rng(0)
    mesh = landmark_pb2.NormalizedLandmarkList()
    for x, y, z in rng.normal(0.5, 0.3, (478, 3)):
        mesh.landmark.add(x=x, y=y, z=z)

    def one_by_one():
        return np.array([(p.x, p.y, p.z) for p in mesh.landmark], np.float32)

    np.testing.assert_array_equal(_points(mesh), one_by_one())
    mesh.landmark[7].ClearField("z")  # a field less: no longer an array
    np.testing.assert_array_equal(_points(mesh), one_by_one())
    mesh.landmark[9].visibility = 0.5
    np.testing.assert_array_equal(_points(mesh), one_by_one())
