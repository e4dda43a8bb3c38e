"""The review of a two-hour recording in a project of forty: opening, seeking, the timeline, memory."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import psutil

from app.session.records import Analysis, Found
from app.session.session import Session
from tests.bench import screen
from tests.bench.pipeline import Row, demo_frames

HOURS = 2.0
FPS = 30
RECORDINGS = 40
EVENTS = 900
SEEKS = 120
# Key frames lie two seconds apart, as webcams and phones write them.
GOP = 60
PAINTS = 90


def review() -> list[Row]:
    """Opens a project of forty recordings, the first one of two hours at 720p, and uses it as a rater does."""
    screen.prepare()
    from app.settings import Settings
    from app.ui.start import make_application

    application = make_application()
    from app.ui.review.window import ReviewWindow

    process = psutil.Process()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.fleeting"
        # In a process of its own: what it takes to make the recording is not the review's memory.
        maker = multiprocessing.get_context("spawn").Process(target=_project, args=(path, HOURS, RECORDINGS))
        maker.start()
        maker.join()
        window = ReviewWindow(Settings(), lambda _s: None)
        window.resize(1360, 860)
        window.show()
        application.processEvents()

        def until_shown() -> None:
            while not window.view.has_picture:
                application.processEvents()
                time.sleep(0.001)

        start = time.perf_counter()
        window.open_project(path)
        until_shown()
        application.processEvents()
        opened = time.perf_counter() - start
        seeks, steps = [], []
        rng = np.random.default_rng(0)
        count = len(window.viewing.analysis.times)
        for place in rng.integers(0, count, SEEKS):
            for index, seconds in ((int(place), seeks), (min(int(place) + 1, count - 1), steps)):
                window.view.show_message("")  # forgets the picture, so that the next one is noticed
                start = time.perf_counter()
                window.viewing.show_frame(index)
                until_shown()
                seconds.append(1000 * (time.perf_counter() - start))
        frames = {}
        for name, width in (("whole", HOURS * 3600), ("ten minutes", 600.0), ("ten seconds", 10.0)):
            start = time.perf_counter()
            for n in range(PAINTS):
                left = (HOURS * 3600 - width) * n / PAINTS
                window.timeline._curves.setXRange(left, left + width * (1 - 0.001 * (n % 7)), padding=0)
                window.timeline.grab()
            frames[name] = PAINTS / (time.perf_counter() - start)
        memory = process.memory_info().rss / 2**20
        window.close()
        window.deleteLater()
    return [
        {
            "what": f"project of {RECORDINGS} recordings, {HOURS:g} h at 1280x720, {EVENTS} events: opened after s",
            "value": opened,
        },
        {"what": f"a frame anywhere (key frames every {GOP / FPS:g} s), median ms", "value": float(np.median(seeks))},
        {"what": "the same, 95th percentile", "value": float(np.percentile(seeks, 95))},
        {"what": "the next frame, 95th percentile ms", "value": float(np.percentile(steps, 95))},
        *(
            {"what": f"timeline panned and zoomed, {name}: pictures a second", "value": fps}
            for name, fps in frames.items()
        ),
        {"what": "memory, MB", "value": memory},
    ]


def _project(project: Path, hours_of_long: float, recordings: int) -> None:
    folder = project.parent
    long = folder / "long.mkv"
    _write_long(long, hours_of_long)
    rng = np.random.default_rng(1)
    with Session(project, create=True) as session:
        for number in range(recordings):
            path = long if number == 0 else folder / f"{number:02d}.mkv"
            if number:
                path.write_bytes(f"recording {number}".encode() * 1000)
            hours = hours_of_long if number == 0 else 0.5
            count = round(hours * 3600 * FPS)
            times = np.arange(count) / FPS
            motion = np.abs(rng.normal(0.3, 0.3, (count, 3))).astype(np.float32)
            events = []
            for n, onset in enumerate(np.sort(rng.uniform(1, hours * 3600 - 2, EVENTS if number == 0 else 100))):
                kind = "micro" if n % 3 else "blink"
                label = ("negative", "positive", "surprise")[n % 3] if kind == "micro" else ""
                events.append(Found(0, 0, n + 1, kind, label, 0.9, onset, onset + 0.1, onset + 0.3))
            recorded = session.add_recording(path)
            session.store_analysis(recorded.id, Analysis({}, times, motion, tuple(events)))


def _write_long(path: Path, hours: float) -> None:
    """A minute of the demo at 720p, encoded once and put behind itself again and again."""
    minute = path.with_name("minute.mkv")
    with av.open(str(minute), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(FPS))
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 1280, 720, "yuv420p", GOP
        stream.options = {"crf": "23", "preset": "veryfast", "bf": "0", "sc_threshold": "0"}
        frames = demo_frames()
        for n in range(60 * FPS):
            frame = frames[n % len(frames)]
            wide = cv2.copyMakeBorder(cv2.resize(frame.image, (960, 720)), 0, 0, 160, 160, cv2.BORDER_REPLICATE)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(wide, "bgr24")))
        container.mux(stream.encode(None))
    with av.open(str(path), "w") as out, av.open(str(minute)) as template:
        stream = out.add_stream_from_template(template.streams.video[0])
        for repeat in range(round(hours * 60)):
            with av.open(str(minute)) as source:
                own = source.streams.video[0]
                shift = round(repeat * 60 / own.time_base)
                for packet in source.demux(own):
                    if packet.dts is None:
                        continue
                    packet.pts += shift
                    packet.dts += shift
                    packet.stream = stream
                    out.mux(packet)
    minute.unlink()
