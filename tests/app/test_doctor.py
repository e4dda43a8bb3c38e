from app.doctor import examine


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
