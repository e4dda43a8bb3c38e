import av
import numpy as np
import pytest

from app.session.overlay import OverlaySink
from model.events import Event
from model.face import Face
from model.frame import Frame
from model.pipeline import FaceState
from model.recognition import Recognition
from model.spot import LOOK_AHEAD_S, Spot

FPS = 10.0
SPOT = Spot("micro", 2.0, 2.2, 2.4, 20, 22, 24, 0.02, ("nose",))
EVENT = Event(1, 0, SPOT, Recognition(np.array([0.0, 1.0, 0.0, 0.0], np.float32), *[np.zeros(1, np.float32)] * 3, 0.5))
NOTHING_FROM_S = SPOT.offset + 1.2


def labelled(path, told_at: float, look_ahead: float) -> list[float]:
    """Times of the frames that carry the label of an event that was told at ``told_at`` seconds or at the end."""
    place = np.zeros((478, 2), np.float32)
    place[:, 0], place[:, 1] = np.linspace(40, 120, 478), 100
    face = FaceState(Face(0, place, np.zeros(478, np.float32), 1.0), 0.0, (), None)
    with OverlaySink(path, FPS, look_ahead) as sink:
        for i in range(150):
            if i == round(told_at * FPS):
                sink.tell([EVENT])
            sink.append(Frame(i, i / FPS, np.full((160, 240, 3), 128, np.uint8)), (face,))
        if told_at >= 15.0:
            sink.tell([EVENT])
    with av.open(str(path)) as video:
        pictures = [(float(p.time), p.to_ndarray(format="bgr24").astype(int)) for p in video.decode(video=0)]
    assert len(pictures) == 150
    assert not list(path.parent.glob("*.writing"))
    # Of the label's letters; the face itself is a line below them.
    return [time for time, picture in pictures if picture[70:94, 40:200].std() > 20.0]


@pytest.mark.parametrize("told_at", [SPOT.offset + LOOK_AHEAD_S + 0.6, 15.0], ids=["later", "at the end"])
def test_a_label_that_is_told_seconds_later_stands_beside_the_movement(tmp_path, told_at):
    times = labelled(tmp_path / "overlay.mkv", told_at, LOOK_AHEAD_S if told_at < 15.0 else 20.0)
    assert times[0] == pytest.approx(SPOT.onset)
    assert times[-1] == pytest.approx(NOTHING_FROM_S - 1 / FPS)
    assert len(times) == round((NOTHING_FROM_S - SPOT.onset) * FPS)


def test_without_looking_ahead_a_label_appears_when_it_is_told(tmp_path):
    times = labelled(tmp_path / "overlay.mkv", SPOT.offset + 0.1, 0.0)
    assert times[0] == pytest.approx(SPOT.offset + 0.1)
    assert times[-1] == pytest.approx(NOTHING_FROM_S - 1 / FPS)
