"""Motion for the eye: larger where the skin moved, untouched elsewhere."""

import numpy as np
import pytest

from model.amplification import amplify, colour_attention, colour_flow
from model.crop import crop_transform
from model.face import FaceTracker
from model.flow import FlowEstimator
from model.frame import Frame
from tests.helpers import demo_portrait, face_picture
from training.synthesis.demo import demo_recording
from training.synthesis.portrait import FaceState

SMILE = {(12, 1): 0.01, (12, -1): 0.01}


def rendered(muscles):
    recording = demo_recording()
    x, y = recording.centre
    view = np.array([[1.0, 0, x - 320], [0, 1.0, y - 240]])
    return demo_portrait().render(FaceState(muscles), view, (640, 480)).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def face():
    rest, smile, wide = (rendered({key: k * s for key, s in SMILE.items()}) for k in (0, 1, 4))
    with FaceTracker() as tracker:
        (found,) = tracker.track(Frame(0, 0.0, rest))
    return rest, smile, wide, crop_transform(found.landmarks)


def test_an_amplified_smile_is_nearer_to_the_wide_one(face):
    rest, smile, wide, transform = face
    larger = amplify(rest, smile, transform, 4.0, FlowEstimator())
    mouth = (slice(250, 400), slice(220, 420))

    def apart(a, b):
        return float(np.abs(a[mouth].astype(float) - b[mouth]).mean())

    assert apart(larger, wide) < 0.75 * apart(smile, wide)
    assert np.array_equal(larger[:, :40], smile[:, :40])  # the background is as it was filmed


def test_a_face_at_rest_stays_and_a_factor_of_one_changes_nothing(face):
    rest, smile, _, transform = face
    flow = FlowEstimator()
    assert np.abs(amplify(rest, rest, transform, 20.0, flow).astype(int) - rest).max() <= 2
    assert amplify(rest, smile, transform, 1.0, flow) is smile
    assert amplify(rest[:100], smile, transform, 8.0, flow) is smile  # pictures of two sizes cannot be compared


def test_the_flows_colours_lie_where_the_skin_moved(face):
    rest, _, wide, transform = face
    coloured = colour_flow(rest, wide, wide, transform, FlowEstimator())
    changed = np.abs(coloured.astype(int) - wide).sum(axis=2)
    assert changed[250:400, 220:420].mean() > 2.5 * changed[60:200, 260:380].mean()
    assert changed[:, :40].max() == 0


def test_attention_is_painted_where_it_is_above_the_mean(face):
    rest, _, _, transform = face
    attention = np.full((16, 16), 0.7, np.float32)
    attention[4:6, 4:6] = 3.0
    painted = colour_attention(rest, attention, transform)
    changed = np.abs(painted.astype(int) - rest).sum(axis=2)
    inverse = np.linalg.inv(transform[:, :2])
    x, y = inverse @ (np.array([40.0, 40.0]) - transform[:, 2])
    assert changed[round(y), round(x)] > 60
    x, y = inverse @ (np.array([88.0, 88.0]) - transform[:, 2])
    assert changed[round(y), round(x)] == 0
    assert face_picture().shape == rest.shape
