"""Throughput of the pipeline against bare MediaPipe FaceMesh, measured in turns in one run."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache

import cv2
import numpy as np

from app.sources.demo import open_demo
from assets import ASTANN_ONNX
from model.crop import crop_transform, warp_to_crop
from model.face import FaceTracker
from model.flow import FlowEstimator, rigid_motion
from model.frame import Frame
from model.motion import MotionMeter
from model.pipeline import Pipeline, PipelineConfig
from model.recognition import Recogniser
from model.representation import KeyCrops, represent
from model.spotting import Spotter

Row = dict[str, object]

FRAMES = 300
ROUNDS = 5


@cache
def demo_frames() -> list[Frame]:
    """The first ten seconds of the demo, decoded: three micro-expressions, 640x480, one face."""
    source = open_demo()
    frames = [frame for frame, _ in zip(source.frames(), range(FRAMES), strict=False)]
    source.close()
    return frames


def bare_mesh(max_faces: int) -> float:
    """Frames per second of FaceMesh alone, with the pipeline's settings; conversion to RGB included."""
    import mediapipe

    with mediapipe.solutions.face_mesh.FaceMesh(max_num_faces=max_faces, refine_landmarks=True) as mesh:
        mesh.process(demo_frames()[0].image)
        start = time.perf_counter()
        for frame in demo_frames():
            mesh.process(cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB))
        return FRAMES / (time.perf_counter() - start)


def whole_pipeline(max_faces: int, recogniser: Recogniser) -> tuple[float, list[float]]:
    """Frames per second of the pipeline, and the seconds of each frame."""
    pipeline = Pipeline(recogniser, PipelineConfig(max_faces=max_faces))
    pipeline.push(demo_frames()[0])
    seconds = []
    for frame in demo_frames()[1:]:
        start = time.perf_counter()
        pipeline.push(frame)
        seconds.append(time.perf_counter() - start)
    pipeline.finish()
    return len(seconds) / sum(seconds), seconds


def throughput() -> list[Row]:
    """Both in turns, several rounds; the median ratio is what counts on a noisy machine."""
    recogniser = Recogniser(ASTANN_ONNX)
    rows: list[Row] = []
    for max_faces in (1, 4):
        mesh, ours, seconds = [], [], []
        for _ in range(ROUNDS):
            mesh.append(bare_mesh(max_faces))
            rate, each = whole_pipeline(max_faces, recogniser)
            ours.append(rate)
            seconds += each
        rows.append(
            {
                "max faces": max_faces,
                "FaceMesh fps": float(np.median(mesh)),
                "pipeline fps": float(np.median(ours)),
                "ratio": float(np.median(np.array(ours) / np.array(mesh))),
                "frame median ms": 1e3 * float(np.median(seconds)),
                "frame p95 ms": 1e3 * float(np.percentile(seconds, 95)),
                "frame p99 ms": 1e3 * float(np.percentile(seconds, 99)),
            }
        )
    return rows


def faces() -> list[Row]:
    """What each further face costs: the same face side by side."""
    recogniser = Recogniser(ASTANN_ONNX)
    rows: list[Row] = []
    alone = 0.0
    for count in (1, 2, 3, 4):
        frames = []
        for frame in demo_frames()[: FRAMES // 3]:
            half = cv2.resize(frame.image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
            grid = np.full((480, 640, 3), 128, np.uint8)
            for i in range(count):
                y, x = i // 2 * 240, i % 2 * 320
                grid[y : y + 240, x : x + 320] = half
            frames.append(Frame(frame.index, frame.time, grid))
        pipeline = Pipeline(recogniser, PipelineConfig(max_faces=4))
        milliseconds = []
        followed = 0
        for frame in frames:
            start = time.perf_counter()
            pipeline.push(frame)
            milliseconds.append(1e3 * (time.perf_counter() - start))
            followed = max(followed, len(pipeline.faces))
        pipeline.finish()
        median = float(np.median(milliseconds))
        alone = alone or median
        rows.append({"faces": followed, "frame median ms": median, "more than one face, ms": median - alone})
    return rows


def _timed(call: Callable[[], object], count: int = 200) -> tuple[float, float]:
    call()
    seconds = []
    for _ in range(count):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return 1e3 * float(np.median(seconds)), 1e3 * float(np.percentile(seconds, 95))


def profile() -> list[Row]:
    """Where a frame's time goes, stage by stage on the demo's frames (one face, up to one followed)."""
    cv2.setNumThreads(1)  # as in the pipeline
    stages: dict[str, list[float]] = {"face mesh": [], "motion": [], "spotting": []}
    tracker, meter, spotter = FaceTracker(1), MotionMeter(), Spotter()
    for frame in demo_frames():
        t0 = time.perf_counter()
        (face,) = tracker.track(frame)
        t1 = time.perf_counter()
        sample = meter.measure(frame, face, meter.look(frame))
        t2 = time.perf_counter()
        spotter.push(sample)
        t3 = time.perf_counter()
        for name, spent in zip(stages, (t1 - t0, t2 - t1, t3 - t2), strict=True):
            stages[name].append(1e3 * spent)
    tracker.close()
    rows: list[Row] = [
        {"stage": name, "median ms": float(np.median(ms)), "p95 ms": float(np.percentile(ms, 95))}
        for name, ms in stages.items()
    ]
    image = demo_frames()[0].image
    transform = crop_transform(face.landmarks)
    grey = cv2.cvtColor(warp_to_crop(image, transform), cv2.COLOR_BGR2GRAY)
    other = cv2.cvtColor(warp_to_crop(demo_frames()[5].image, transform), cv2.COLOR_BGR2GRAY)
    estimator = FlowEstimator()
    flow = estimator.between(grey, other)
    for name, call in (
        ("of motion: crop", lambda: warp_to_crop(image, transform)),
        ("of motion: DIS flow", lambda: estimator.between(grey, other)),
        ("of motion: head motion", lambda: rigid_motion(flow)),
        ("once an event: representation", lambda: represent(KeyCrops(grey, other, grey, other), estimator)),
    ):
        median, p95 = _timed(call)
        rows.append({"stage": name, "median ms": median, "p95 ms": p95})
    return rows


def recognition() -> list[Row]:
    """One clip through the network on one thread and on two."""
    grey = np.random.default_rng(0).integers(0, 255, (128, 128)).astype(np.uint8)
    representation = represent(KeyCrops(grey, grey, grey, grey), FlowEstimator())
    rows: list[Row] = []
    for threads in (1, 2):
        recogniser = Recogniser(ASTANN_ONNX, threads)
        median, p95 = _timed(lambda known=recogniser: known.recognise(representation), 500)
        rows.append({"threads, one clip by ONNX": threads, "median ms": median, "p95 ms": p95})
    return rows
