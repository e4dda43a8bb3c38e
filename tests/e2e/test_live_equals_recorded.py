import json
import time

from typer.testing import CliRunner

from app.cli import app
from app.live.engine import Engine
from app.session.tables import event_record
from app.sources.video import VideoSource
from model.pipeline import Pipeline


def test_a_causal_analysis_finds_exactly_what_the_live_view_showed(recogniser, demo_folder, tmp_path):
    source = VideoSource(demo_folder / "demo.mkv")
    engine = Engine(lambda _tell: source, lambda: Pipeline(recogniser), lambda: None, paced=False)
    engine.start()
    end = time.monotonic() + 120
    while not engine.finished and time.monotonic() < end:
        time.sleep(0.02)
    engine.stop()
    live = [event_record(event) for event in engine.take_events()]
    result = CliRunner().invoke(
        app, ["analyse", str(demo_folder / "demo.mkv"), "--out", str(tmp_path), "--all-kinds", "--causal"]
    )
    assert result.exit_code == 0
    recorded = json.loads((tmp_path / "demo" / "events.json").read_text())
    assert len(live) > 6
    assert recorded == json.loads(json.dumps(live))
    settings = json.loads((tmp_path / "demo" / "metadata.json").read_text())["settings"]
    assert settings["spotter"]["look_ahead"] == 0.0
