import sys

import pytest

from app.doctor import examine, has_display


def test_everything_that_can_work_without_a_camera_works_here():
    findings = {f.topic: f for f in examine()}
    assert [f for f in findings.values() if f.ok is False] == []
    assert "sha256" in findings["network"].text
    assert "offscreen" in findings["window"].text
    assert "cameras" in findings


def test_a_broken_network_is_reported_and_not_thrown(monkeypatch, tmp_path):
    monkeypatch.setattr("app.doctor.ASTANN_ONNX", tmp_path / "none.onnx")
    (network,) = [f for f in examine() if f.topic == "network"]
    assert network.ok is False
    assert "missing" in network.text


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, False),
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, False),
        ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "xcb"}, True),
    ],
)
def test_a_display_is_where_somebody_can_see_the_window(monkeypatch, variables, expected):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert has_display() is expected
