from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

# Examples are judged by what they compute, never by how long a busy machine takes.
settings.register_profile("fleeting", deadline=None)
settings.load_profile("fleeting")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


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

    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    with FileLock(str(shared / "demo.lock")):
        ensure_demo(shared / "demo")
    return shared / "demo"


@pytest.fixture(scope="session")
def recogniser():
    from assets import ASTANN_ONNX
    from model.recognition import Recogniser

    return Recogniser(ASTANN_ONNX)
