"""What several tests need: pictures of a face, small video files, scripted devices and sources."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np

from app.sources.base import Source
from model.crop import Points, apply_transform, crop_transform
from model.frame import Frame, Image
from model.motion import MotionSample
from model.regions import REGIONS, region_centres
from training.synthesis.demo import demo_recording
from training.synthesis.portrait import FaceState, Portrait

ROOT = Path(__file__).parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"


@cache
def demo_portrait() -> Portrait:
    return demo_recording().portrait


@cache
def demo_centres() -> Points:
    """Where the regions of the demo's face lie in the crop."""
    landmarks = demo_portrait().landmarks
    return region_centres(apply_transform(crop_transform(landmarks), landmarks))


@cache
def face_picture(width: int = 640, height: int = 480) -> Image:
    """The demo's portrait, still, without noise."""
    recording = demo_recording()
    scale = 640 / width
    x, y = recording.centre
    view = np.array([[scale, 0, x - scale * width / 2], [0, scale, y - scale * height / 2]])
    return recording.portrait.render(FaceState(), view, (width, height)).clip(0, 255).astype(np.uint8)


def noisy(image: Image, seed: int, sd: float = 3.0) -> Image:
    rng = np.random.default_rng(seed)
    return np.clip(image + rng.normal(0, sd, image.shape), 0, 255).astype(np.uint8)


def still_frames(count: int, fps: float = 30.0, image: Image | None = None) -> list[Frame]:
    picture = face_picture() if image is None else image
    return [Frame(i, i / fps, noisy(picture, i)) for i in range(count)]


def write_video(
    path: Path,
    images: Sequence[Image],
    fps: float = 30.0,
    stamps: Sequence[float] | None = None,
    codec: str = "libx264",
) -> Path:
    """A small video; ``stamps`` in seconds make its frame rate variable."""
    base = Fraction(1, round(fps)) if codec == "mpeg4" else Fraction(1, 90_000)  # AVI knows a frame rate only
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(fps).limit_denominator(1001))
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = base
        for i, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, "bgr24")
            frame.pts = round((stamps[i] if stamps is not None else i / fps) / base)
            frame.time_base = base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_audio(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 44100), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


class FakeDevice:
    """A scripted camera in place of ``cv2.VideoCapture``.

    Args:
        pictures: What ``read`` delivers in turn; None is a missed picture. Behind the end nothing comes any more.
        opened: Whether it opens.
        delay: Seconds that each read takes.
    """

    def __init__(self, pictures: Sequence[Image | None], opened: bool = True, delay: float = 0.0) -> None:
        self._pictures = iter(pictures)
        self._opened, self._delay = opened, delay
        self.released = 0
        self.wishes: dict[int, float] = {}

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self._opened

    def read(self) -> tuple[bool, Image | None]:
        time.sleep(self._delay)
        picture = next(self._pictures, None)
        return picture is not None, picture

    def get(self, prop: int, /) -> float:
        return self.wishes.get(prop, 0.0)

    def set(self, prop: int, value: float, /) -> bool:
        self.wishes[prop] = value
        return True

    def release(self) -> None:
        self.released += 1


class FakeSource(Source):
    """A source that delivers given frames, then raises ``error`` if there is one."""

    def __init__(
        self,
        frames: Sequence[Frame] | Callable[[], Iterator[Frame]],
        live: bool = False,
        error: Exception | None = None,
    ) -> None:
        self.name, self.live, self.fps = "fake source", live, 30.0
        self._frames = frames
        self.frame_count = len(frames) if isinstance(frames, Sequence) else None
        self.warnings: list[str] = []
        self.closed = 0
        self._error = error

    def frames(self) -> Iterator[Frame]:
        yield from self._frames() if callable(self._frames) else self._frames
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        self.closed += 1


# How far a smile lifts what it moves most, after the muscle table.
SMILE = {
    f"{side} {part}": share
    for side in ("left", "right")
    for part, share in {"mouth corner": 1.0, "jowl": 0.8, "nasolabial fold": 0.7}.items()
}
# How far each region goes when the jaw drops, in shares of the chin's way.
JAW = {
    "lower lip": 1.0,
    "chin": 1.0,
    "left jowl": 0.7,
    "right jowl": 0.7,
    "left mouth corner": 0.35,
    "right mouth corner": 0.35,
}


def motion_samples(
    curves: dict[str, Callable[[float], float]],
    seconds: float,
    fps: float = 30.0,
    noise: float = 0.0004,
    opening: Callable[[float], float] = lambda _t: 0.3,
    gaze: Callable[[float], tuple[float, float]] = lambda _t: (0.0, 0.0),
    light: Callable[[float], float] = lambda _t: 120.0,
    seed: int = 0,
    times: Sequence[float] | None = None,
) -> list[MotionSample]:
    """Measurements of a face whose named regions move up along given curves (fraction of the inter-ocular distance)."""
    rng = np.random.default_rng(seed)
    blank = np.zeros((2, 2), np.uint8)
    samples = []
    for i, t in enumerate(times if times is not None else np.arange(round(seconds * fps)) / fps):
        displacement = rng.normal(0, noise, (len(REGIONS), 2))
        for region, curve in curves.items():
            displacement[REGIONS.index(region), 1] -= curve(float(t))
        samples.append(
            MotionSample(
                frame=i,
                time=float(t),
                displacement=displacement,
                head=0.0,
                eye_opening=opening(float(t)),
                gaze=np.array(gaze(float(t))),
                light=light(float(t)),
                centres=demo_centres(),
                crop=np.zeros((2, 2, 3), np.uint8),
                grey=blank,
                transform=np.eye(2, 3),
                restarted=i == 0,
            )
        )
    return samples


def tile_faces(count: int) -> Image:
    """``count`` faces in rows of three."""
    columns = min(count, 3)
    rows = -(-count // columns)
    side = 320
    picture = np.full((rows * side, columns * side, 3), 170, np.uint8)
    small = cv2.resize(face_picture()[:, 80:560], (side, side), interpolation=cv2.INTER_AREA)
    for i in range(count):
        y, x = i // columns * side, i % columns * side
        picture[y : y + side, x : x + side] = small
    return picture
