"""How fast a recording is analysed, files and all."""

from __future__ import annotations

import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from app.batch import CONFIG
from app.headless import OutputOptions, analyse
from app.sources.video import VideoSource
from assets import ASTANN_ONNX
from model.recognition import Recogniser
from tests.bench.pipeline import Row, demo_frames

FPS = 30
ROUNDS = 3


def recorded() -> list[Row]:
    """The demo's first seconds as a 1280x720 recording, read as by 'fleeting analyse': how many times its length?"""
    recogniser = Recogniser(ASTANN_ONNX)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "720p.mp4"
        _write(path)
        speeds = []
        for round_ in range(ROUNDS):
            start = time.perf_counter()
            outcome = analyse(VideoSource(path), recogniser, Path(folder) / str(round_), OutputOptions(), CONFIG)
            speeds.append(outcome.frames / FPS / (time.perf_counter() - start))
    return [
        {
            "recording": "1280x720, 30 fps, H.264",
            "frames": outcome.frames,
            "times real time": float(np.median(speeds)),
            "slowest": min(speeds),
        }
    ]


def _write(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(FPS))
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        stream.options = {"crf": "20", "preset": "veryfast"}
        for frame in demo_frames():
            wide = cv2.resize(frame.image, (960, 720))
            picture = cv2.copyMakeBorder(wide, 0, 0, 160, 160, cv2.BORDER_REPLICATE)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "bgr24")))
        container.mux(stream.encode(None))
