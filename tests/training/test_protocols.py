"""Cross-database experiments on miniature twins of every database, as a lab would run them."""

import dataclasses
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from model.recognition import Recogniser
from model.representation import Representation
from training.cli import app
from training.cluster import Cluster, Failure, each
from training.databases.check import LABELS, READERS, check
from training.experiment import Contender, Material, carry_out, jobs_of, run_job
from training.experiment_report import summarise
from training.learners import METHODS
from training.prepare import load_prepared, prepare
from training.protocols import PROTOCOLS, ProtocolError, Task, Unlabelled, task
from training.twins.filming import write_twin
from training.twins.layouts import LAYOUTS

CDMER = ("SMIC-HS", "SMIC-VIS", "SMIC-NIR", "CASME II")


def run(*arguments):
    result = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def everyone(people):
    return (*people.training, *people.held_out)


@pytest.fixture(scope="module")
def twins(everyone, tmp_path_factory):
    """Every database with six clips of three persons, and the clips as they were made."""
    root = tmp_path_factory.mktemp("databases")
    made = {
        name: write_twin(name, root / re.sub(r"\W", "", name), everyone, dict.fromkeys(LABELS, 2), 3, workers=1)
        for name in LAYOUTS
    }
    return root, made


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("prepared")


@pytest.fixture(scope="module")
def material(twins, store):
    """The clips of the twelve tasks."""
    clips = [clip for name in CDMER for clip in check(twins[0], (name,))[name].clips]
    ready = prepare(clips, store, workers=1)
    assert not ready.failed
    protocol = PROTOCOLS["cdmer"]
    return Material(protocol, ready.clips, ready.places, protocol.answers(ready.clips))


@pytest.fixture
def hurried(monkeypatch):
    """Networks learn for two epochs: enough where a test is not about what they learnt."""
    for name, method in list(METHODS.items()):
        if method.adapts:
            learner = dataclasses.replace(
                method.learner, schedule=dataclasses.replace(method.learner.schedule, epochs=2)
            )
            monkeypatch.setitem(METHODS, name, dataclasses.replace(method, learner=learner))


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_twin_is_read_back_without_loss(twins, name):
    root, made = twins
    reading = check(root, (name,))[name]
    assert not reading.skipped
    assert not reading.notes
    read = sorted((clip.label, clip.onset, clip.apex, clip.offset, clip.fps) for clip in reading.clips)
    smic = name.startswith("SMIC")  # which does not tell the apex
    fps = LAYOUTS[name].film.fps
    assert read == sorted((c.label, c.onset, None if smic else c.apex, c.offset, fps) for c in made[name])
    assert len(reading.subjects) == 3
    for clip in reading.clips:
        assert len(clip.frames) == clip.offset - clip.onset + 1
        if not smic:
            (own,) = [c for c in made[name] if (c.onset, c.apex, c.offset) == (clip.onset, clip.apex, clip.offset)]
            assert {unit.number for unit in clip.action_units} <= set(own.movement.action_units)
            assert clip.action_units


def test_the_apex_that_smic_leaves_out_is_spotted(twins, store):
    root, made = twins
    reading = check(root, ("SMIC-HS",))["SMIC-HS"]
    ready = prepare(reading.clips, store, workers=1)
    errors = []
    for clip, place in zip(ready.clips, ready.places, strict=True):
        found = load_prepared(place)
        assert found.spotted
        (own,) = [c for c in made["SMIC-HS"] if (c.label, c.onset, c.offset) == (clip.label, clip.onset, clip.offset)]
        errors.append(abs(found.apex - own.apex) / clip.fps)
    assert np.median(errors) <= 0.05


def test_preparing_again_costs_nothing_and_a_changed_picture_is_noticed(twins, tmp_path):
    clips = check(twins[0], ("4DME",))["4DME"].clips[:2]
    assert prepare(clips, tmp_path, workers=1).anew == 2
    again = prepare(clips, tmp_path, workers=1)
    assert again.anew == 0
    again.places[0].write_bytes(b"half a file")  # the power failed
    assert prepare(clips, tmp_path, workers=1).anew == 1
    later = dataclasses.replace(clips[0], apex=clips[0].apex + 1)
    assert prepare([later], tmp_path, workers=1).anew == 1


def test_tv_l1_measures_nearly_the_same_motion(twins, tmp_path):
    clips = check(twins[0], ("MMEW",))["MMEW"].clips[:1]
    dis, tvl1 = (load_prepared(prepare(clips, tmp_path, flow, workers=1).places[0]).maps for flow in ("dis", "tvl1"))
    own, other = (maps[1, 1:3].astype(np.float64).ravel() for maps in (dis, tvl1))
    assert np.corrcoef(own, other)[0, 1] > 0.6
    assert not np.array_equal(own, other)


def test_clips_without_a_face_are_named_and_the_others_go_on(twins, tmp_path):
    clips = check(twins[0], ("4DME",))["4DME"].clips[:2]
    empty = tmp_path / "wall.jpg"
    import cv2

    cv2.imwrite(str(empty), np.full((200, 200, 3), 120, np.uint8))
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"")
    faceless = dataclasses.replace(clips[0], name="wall", frames=(empty,) * len(clips[0].frames))
    torn = dataclasses.replace(clips[0], name="torn", frames=(broken,) * len(clips[0].frames))
    ready = prepare([faceless, torn, clips[1]], tmp_path, workers=1)
    assert ready.clips == (clips[1],)
    assert "no face was found" in ready.failed[0]
    assert "cannot be read" in ready.failed[1]


def test_the_twelve_tasks_are_run_reported_and_not_run_again(twins, store, tmp_path, hurried):
    command = (
        "protocol", "cdmer", "--root", twins[0], "--out", tmp_path, "--cache", store, "--seeds", 1, "--workers", 1,
        "--method", "astann", "--method", "lbp-top", "--method", "ststnet",
    )  # fmt: skip
    run(*command)
    folder = tmp_path / "cdmer"
    report = (folder / "report.md").read_text(encoding="utf-8")
    header = next(line for line in report.splitlines() if line.startswith("| method | H→V"))
    assert header.count("→") == 12
    for words in ("LBP-TOP, linear SVM", "ASTANN, synthetic pretraining, CORAL", "floor", "not subject-independent"):
        assert words in report
    facts = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert {(m["method"], m["adaptation"]) for m in facts["methods"]} == {
        ("astann", "none"), ("astann", "coral"), ("lbp-top", "none"), ("ststnet", "none"), ("ststnet", "coral"),
    }  # fmt: skip
    assert facts["failed"] == []
    for picture in ("scores.png", "confusions.png"):
        assert (folder / picture).stat().st_size > 10_000
    finished = {path: path.stat().st_mtime_ns for path in (folder / "folds").iterdir()}
    assert len(finished) == 5 * 12
    lost = next(iter(finished))
    lost.unlink()
    run(*command)
    again = {path: path.stat().st_mtime_ns for path in (folder / "folds").iterdir()}
    assert {path for path in again if again[path] != finished[path]} == {lost}


def test_leaving_one_subject_out_pools_before_it_scores(twins, store, tmp_path):
    run(
        "protocol", "megc2019", "--root", twins[0], "--out", tmp_path, "--cache", store, "--seeds", 1, "--workers", 1,
        "--method", "ststnet", "--adaptation", "none",
    )  # fmt: skip
    facts = json.loads((tmp_path / "megc2019" / "results.json").read_text(encoding="utf-8"))
    (scores,) = facts["methods"][0]["groups"]["composite"]
    confusion = np.array(scores["confusion"])
    assert confusion.sum() == 18  # every clip once
    right, named, there = np.diag(confusion), confusion.sum(axis=0), confusion.sum(axis=1)
    assert scores["f1"] == pytest.approx(float(np.mean(2 * right / (named + there))))
    assert scores["mean_of_folds_f1"] != pytest.approx(scores["f1"], abs=0.01)
    report = (tmp_path / "megc2019" / "report.md").read_text(encoding="utf-8")
    table = report[report.index("macro F1") : report.index("## Accuracy")]
    assert f"{scores['f1']:.3f}" in table
    assert f"{scores['mean_of_folds_f1']:.3f}" not in table
    assert "is not comparable and is not used" in report


def test_action_units_are_judged_across_databases(twins, store, tmp_path, hurried):
    run(
        "protocol", "cd6me", "--root", twins[0], "--out", tmp_path, "--cache", store, "--seeds", 1, "--workers", 1,
        "--method", "astann", "--method", "lbp-top", "--adaptation", "none",
    )  # fmt: skip
    report = (tmp_path / "cd6me" / "report.md").read_text(encoding="utf-8")
    assert "mean F1 of the action units" in report
    assert "→ SAMM" in report
    assert "SMIC" not in report  # it has no action units


@pytest.mark.parametrize(
    "contender",
    [
        Contender("astann", "none"), Contender("astann", "coral"), Contender("ststnet", "mmd"),
        Contender("off-apexnet", "dann"), Contender("lbp-top"), Contender("resnet18", "none"),
    ],
    ids=lambda c: f"{c.method}-{c.adaptation}",
)  # fmt: skip
def test_poisoned_target_labels_change_no_prediction(material, contender, hurried):
    (job,) = [job for job in jobs_of(material, [contender], 1) if job.fold.name == "C→H"]
    honest = run_job(job, material)
    poisoned = material.answers.copy()
    poisoned[job.fold.test] = poisoned[job.fold.test][:, [1, 2, 0]]
    assert np.array_equal(run_job(job, dataclasses.replace(material, answers=poisoned)).shares, honest.shares)
    # The test can fail: labels that are learnt from do change what is said.
    poisoned = material.answers.copy()
    poisoned[job.fold.train] = poisoned[job.fold.train][:, [1, 2, 0]]
    assert not np.array_equal(run_job(job, dataclasses.replace(material, answers=poisoned)).shares, honest.shares)


def test_a_learner_is_handed_no_label_of_the_clips_it_is_judged_on():
    assert {f.name: f.type for f in dataclasses.fields(Task)} == {"train": "Labelled", "target": "Unlabelled"}
    assert {f.name for f in dataclasses.fields(Unlabelled)} == {"maps", "present", "sequences"}


def test_two_workers_give_the_same_scores_as_one(material, tmp_path):
    contenders = [Contender("ststnet", "none"), Contender("ststnet", "coral")]
    jobs = [job for job in jobs_of(material, contenders, 2) if job.fold.name in ("C→H", "H→C")]
    serial, failed = carry_out(material, jobs, tmp_path / "serial", Cluster(1))
    parallel, also_failed = carry_out(material, jobs, tmp_path / "parallel", Cluster(2))
    assert failed == also_failed == []
    for own, other in zip(serial, parallel, strict=True):
        assert (own.fold, own.contender, own.seed) == (other.fold, other.contender, other.seed)
        assert np.array_equal(own.shares, other.shares)


@dataclasses.dataclass(frozen=True)
class DiesOnce:
    marker: Path

    def __call__(self, item: int) -> int:
        if item == 1 and not self.marker.exists():
            self.marker.touch()
            os._exit(1)  # as if the machine ran out of memory
        if item == 2:
            raise ValueError("this one never works")
        return 10 * item


def test_a_worker_that_dies_is_replaced_and_a_failure_stops_nobody(tmp_path):
    found = dict(each(DiesOnce(tmp_path / "died"), {n: n for n in range(5)}, Cluster(2)))
    assert (tmp_path / "died").exists()
    assert {key: value for key, value in found.items() if key != 2} == {0: 0, 1: 10, 3: 30, 4: 40}
    assert isinstance(found[2], Failure)
    assert "never works" in found[2].reason


def test_the_folds_of_a_protocol_never_share_a_clip(twins):
    clips = [clip for name in READERS for clip in check(twins[0], (name,))[name].clips]
    for protocol in PROTOCOLS.values():
        own = [clip for clip in clips if protocol.usable(clip)]
        for fold in protocol.folds(own):
            assert not set(fold.train) & set(fold.test)
            judged = {own[i].database for i in fold.test}
            learnt = {own[i].database for i in fold.train}
            if protocol.name == "hold-out":
                assert not judged & learnt
                assert not (judged <= {"SMIC-VIS", "SMIC-NIR"} and learnt & {"SMIC-VIS", "SMIC-NIR"})
            if protocol.name == "megc2019":
                people = {(own[i].database, own[i].subject) for i in fold.train}
                assert not people & {(own[i].database, own[i].subject) for i in fold.test}


def test_a_protocol_names_the_database_that_is_missing(twins):
    clips = check(twins[0], ("SMIC-HS",))["SMIC-HS"].clips
    with pytest.raises(ProtocolError, match="CASME II"):
        PROTOCOLS["type-2"].folds(clips)
    with pytest.raises(ProtocolError, match="nothing to compare"):
        PROTOCOLS["hold-out"].folds(clips)


def test_a_fold_is_exported_for_the_program_with_its_card(twins, store, tmp_path, material):
    run(
        "export", "type-2", "C-H", "--root", twins[0], "--out", tmp_path, "--cache", store, "--adaptation", "coral",
    )  # fmt: skip
    recogniser = Recogniser(tmp_path / "astann.onnx")
    assert recogniser.version == "type-2 C→H, astann coral, seed 0"
    card = (tmp_path / "astann.md").read_text(encoding="utf-8")
    assert recogniser.sha256 in card
    for words in ("6 clips of CASME II", "6 clips of SMIC-HS", "whose labels it never saw", "not calibrated"):
        assert words in card
    # It is the network of the report: the same answers to the judged clips.
    (job,) = [job for job in jobs_of(material, [Contender("astann", "coral")], 1) if job.fold.name == "C→H"]
    given = task(job.fold, _loaded(material), material.answers, True)
    reported = run_job(job, material).shares.argmax(axis=1)
    guesses = [
        recogniser.recognise(Representation(maps.astype(np.float32), present)).probabilities[:3].argmax()
        for maps, present in zip(given.target.maps, given.target.present, strict=True)
    ]
    assert np.mean(np.array(guesses) == reported) >= 5 / 6  # the report also looks at the mirrored clip


def _loaded(material):
    clips = [load_prepared(place) for place in material.places]
    return Unlabelled(*(np.stack([getattr(c, name) for c in clips]) for name in ("maps", "present", "sequence")))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("protocol", "cdmmer"), "There is no protocol"),
        (("protocol", "cdmer", "--method", "vgg"), "There is no method"),
        (("protocol", "cdmer", "--adaptation", "magic"), "There is no adaptation"),
        (("prepare", "--flow", "farneback"), "There is no flow"),
    ],
)
def test_a_wrong_word_is_answered_with_those_that_would_do(twins, store, arguments, words):
    where = ("--root", twins[0], "--cache", store)
    result = CliRunner().invoke(app, [str(a) for a in (*arguments, *where)])
    assert result.exit_code != 0
    assert words in re.sub(r"\s+", " ", result.output)


def test_a_method_without_action_units_is_not_exported(twins, store, tmp_path):
    from training.learners import MethodError

    with pytest.raises(MethodError, match="Export an ASTANN"):
        run("export", "type-2", "C→H", "--root", twins[0], "--out", tmp_path, "--cache", store, "--method", "ststnet")
    assert not any(tmp_path.iterdir())


def test_unfinished_groups_are_not_scored(material):
    jobs = [job for job in jobs_of(material, [Contender("lbp-top")], 1) if job.fold.name in ("C→H", "H→C")]
    (line,) = summarise([run_job(job, material) for job in jobs], material)
    assert set(line.scores) == {"C→H", "H→C"}
