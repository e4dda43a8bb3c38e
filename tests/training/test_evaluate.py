import csv
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import f1_score

from model.astann import Astann
from model.errors import ModelError
from model.export import export_onnx
from training.evaluate import per_database, probabilities, write_predictions
from training.finetune import FinetuneError, FinetuneSettings, finetune, leave_one_subject_out
from training.flow_maps import COLUMNS, LABELS, MANIFEST, read_flow_maps
from training.metrics import score
from training.networks import load_network

QUICK = FinetuneSettings(epochs=2, batch=8)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "fresh.onnx"
    export_onnx(Astann(), path)
    return path


def test_scores_of_a_hand_made_case():
    labels, named = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 0, 2])
    s = score(labels, named, 3)
    # F1: 2*2/(3+3), 2*1/(2+2), 1; recall: 2/3, 1/2, 1
    assert s.uf1 == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)
    assert s.uar == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)
    assert s.accuracy == pytest.approx(4 / 6)
    assert s.floor == pytest.approx((2 * 3 / 9) / 3)
    assert s.confusion.tolist() == [[2, 1, 0], [1, 1, 0], [0, 0, 1]]


def test_scores_are_pooled_and_not_averaged_over_databases(maps):
    databases = tuple("a" if i < 10 else "b" for i in range(len(maps)))
    two = replace(maps, databases=databases)
    named = np.zeros(len(maps), np.int64)
    scores = per_database(two, named)
    assert set(scores) == {"a", "b", "all"}
    assert scores["all"].clips == len(maps)
    pooled = f1_score(maps.labels, named, average="macro", labels=[0, 1, 2], zero_division=0)
    assert scores["all"].uf1 == pytest.approx(pooled)
    assert scores["all"].uf1 != pytest.approx((scores["a"].uf1 + scores["b"].uf1) / 2)


def test_a_mirrored_set_gets_the_same_labels(maps):
    network = Astann().eval()
    flipped = maps.maps[..., ::-1].copy()
    flipped[:, :, 1] *= -1
    np.testing.assert_allclose(
        probabilities(network, maps),
        probabilities(network, replace(maps, maps=flipped)),
        atol=1e-3,
    )


def test_predictions_are_written_a_row_a_clip(maps, tmp_path):
    shares = probabilities(Astann().eval(), maps)
    write_predictions(tmp_path / "deep" / "p.csv", maps, shares)
    with (tmp_path / "deep" / "p.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["clip"] for row in rows] == list(maps.clips)
    assert {row["database"] for row in rows} == {"other"}
    assert all("/" not in row["subject"] for row in rows)
    for row, share in zip(rows, shares, strict=True):
        assert row["predicted"] == LABELS[int(share.argmax())]
        assert float(row["p_positive"]) == pytest.approx(share[1], abs=1e-4)


def test_fine_tuning_learns_the_labels_of_a_set(maps):
    network = Astann()
    before = score(maps.labels, probabilities(network, maps).argmax(axis=1), 3).accuracy
    finetune(network, maps, replace(QUICK, epochs=12))
    assert score(maps.labels, probabilities(network, maps).argmax(axis=1), 3).accuracy > max(before, 0.6)


def test_each_subject_is_judged_by_a_network_that_never_saw_it(map_folder, model, monkeypatch):
    import training.finetune

    seen = []

    def watched(network, maps, _settings):
        seen.append(set(maps.subjects))
        return network.eval()

    monkeypatch.setattr(training.finetune, "in_parallel", lambda work, items, *_: [work(item) for item in items])
    monkeypatch.setattr(training.finetune, "finetune", watched)
    shares = leave_one_subject_out(map_folder, model, QUICK)
    everyone = set(read_flow_maps(map_folder).subjects)
    assert [everyone - fold for fold in seen] == [{subject} for subject in sorted(everyone)]
    np.testing.assert_allclose(shares, probabilities(load_network(model), read_flow_maps(map_folder)), atol=1e-5)


def test_labels_of_the_left_out_subject_change_nothing(map_folder, model, tmp_path):
    """Poisoned labels of one subject leave the predictions for that subject as they were."""
    import shutil

    shutil.copytree(map_folder, tmp_path / "set")
    rows = list(csv.DictReader((tmp_path / "set" / MANIFEST).open()))
    poisoned = rows[0]["subject"]
    with (tmp_path / "set" / MANIFEST).open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for row in rows:
            turned = LABELS[(LABELS.index(row["label"]) + 1) % 3]
            writer.writerow({**row, "label": turned} if row["subject"] == poisoned else row)
    one, other = (leave_one_subject_out(f, model, QUICK, workers=1) for f in (map_folder, tmp_path / "set"))
    own = np.array([row["subject"] == poisoned for row in rows])
    np.testing.assert_allclose(one[own], other[own], atol=1e-5)
    assert not np.allclose(one[~own], other[~own], atol=1e-5)


def test_one_subject_cannot_be_left_out(map_folder, model, tmp_path):
    import shutil

    shutil.copytree(map_folder, tmp_path / "set")
    rows = list(csv.DictReader((tmp_path / "set" / MANIFEST).open()))
    with (tmp_path / "set" / MANIFEST).open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows({**row, "subject": "one"} for row in rows)
    with pytest.raises(FinetuneError, match="at least two"):
        leave_one_subject_out(tmp_path / "set", model, QUICK)


def test_files_that_are_no_network_are_refused_by_name(tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"nothing")
    (tmp_path / "a.ckpt").write_bytes(b"nothing")
    for name, words in (("a.onnx", "cannot be read"), ("a.ckpt", "no checkpoint"), ("gone.onnx", "does not exist")):
        with pytest.raises(ModelError, match=words) as raised:
            load_network(tmp_path / name)
        assert name in str(raised.value)
