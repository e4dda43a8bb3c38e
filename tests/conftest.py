from __future__ import annotations

import os
import pickle
import threading
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from filelock import FileLock
from hypothesis import settings

if TYPE_CHECKING:
    from app.session.records import Analysis

# Examples are judged by what they compute, never by how long a busy machine takes.
settings.register_profile("fleeting", deadline=None)
settings.load_profile("fleeting")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Two test processes share two cores: threads of torch and of numpy's algebra that wait for each other only spin.
for _pool in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_pool, "1")


@pytest.fixture(autouse=True)
def _no_leaked_threads():
    """A worker that outlives its test is a worker that outlives its window."""
    before = set(threading.enumerate())
    yield
    left = [t.name for t in threading.enumerate() if t not in before and t.name.startswith("fleeting")]
    assert not left, f"threads left behind: {left}"


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo recording, rendered once for all test processes."""
    from app.sources.demo import ensure_demo

    shared = _shared(tmp_path_factory)
    with FileLock(str(shared / "demo.lock")):
        ensure_demo(shared / "demo")
    return shared / "demo"


@pytest.fixture(scope="session")
def short_recording(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's first eleven seconds, in which there are three micro-expressions."""
    import av

    path = _shared(tmp_path_factory) / "short.mkv"
    with FileLock(str(path.with_suffix(".lock"))):
        if not path.is_file():
            half = path.with_suffix(".half.mkv")
            with av.open(str(demo_folder / "demo.mkv")) as whole, av.open(str(half), "w") as short:
                stream = short.add_stream_from_template(whole.streams.video[0])
                for packet in whole.demux(video=0):
                    if packet.pts is None:
                        continue  # the empty one at the end
                    # By the time of decoding, so that no frame lacks one that it refers to; the first ones name none.
                    if packet.dts is None or packet.dts * packet.time_base < 11.0:
                        packet.stream = stream
                        short.mux(packet)
            half.rename(path)
    return path


@pytest.fixture(scope="session")
def demo_analysis(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    """The demo as a project analyses it, computed once for all test processes."""
    from app.session.analysing import analyse_recording
    from assets import ASTANN_ONNX
    from model.pipeline import PipelineConfig

    kept = _shared(tmp_path_factory) / "demo-analysis.pickle"
    with FileLock(str(kept.with_suffix(".lock"))):
        if not kept.is_file():
            analysis = analyse_recording(demo_folder / "demo.mkv", ASTANN_ONNX, PipelineConfig(provisional=False))
            kept.write_bytes(pickle.dumps(analysis))
    return cast("Analysis", pickle.loads(kept.read_bytes()))


def _shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of this run that all its processes see."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own


@pytest.fixture(scope="session")
def recogniser():
    from assets import ASTANN_ONNX
    from model.recognition import Recogniser

    return Recogniser(ASTANN_ONNX)
