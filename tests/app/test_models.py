import hashlib
import shutil

import onnx
import pytest

from app.errors import OutputError
from app.models import ModelFile, add_model, examine_model, known_models
from assets import ASTANN_CARD, ASTANN_ONNX
from model.errors import ModelError


def copied(folder, change=None, card=None):
    """The network that ships, elsewhere and perhaps changed, with a card that speaks of it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "mine.onnx"
    if change is None:
        shutil.copyfile(ASTANN_ONNX, path)
    else:
        model = onnx.load(str(ASTANN_ONNX))
        change(model)
        onnx.save(model, str(path))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_suffix(".md").write_text(card or f"# Mine\n\nsha256 `{digest}`\n", encoding="utf-8")
    return path


def renamed(model):
    for fact in model.metadata_props:
        if fact.key == "fleeting.version":
            fact.value = "my fold / seed 1"


def test_the_network_that_ships_fits_its_card():
    found = examine_model(ASTANN_ONNX)
    assert found.ships
    assert found.card == ASTANN_CARD.read_text(encoding="utf-8")


def test_an_added_network_is_kept_with_its_card_even_when_the_original_goes(tmp_path):
    original = copied(tmp_path / "original", renamed)
    added = add_model(original, tmp_path / "kept")
    assert add_model(original, tmp_path / "kept").path == added.path  # twice is once
    shutil.rmtree(original.parent)
    shipped, own = known_models(tmp_path / "kept")
    assert shipped.ships
    assert isinstance(own, ModelFile)
    assert (own.version, own.ships) == ("my fold / seed 1", False)
    assert "# Mine" in own.card
    assert [p.name for p in (tmp_path / "kept").iterdir()] == [added.path.parent.name]


def rewired(model, before, after):
    for value in (*model.graph.input, *model.graph.output):
        value.name = after if value.name == before else value.name
    for node in model.graph.node:
        node.input[:] = [after if name == before else name for name in node.input]
        node.output[:] = [after if name == before else name for name in node.output]


def other_input(model):
    rewired(model, "maps", "pictures")


def other_output(model):
    rewired(model, "spatial", "somewhere")


def no_labels(model):
    del model.metadata_props[:]


@pytest.mark.parametrize(
    ("change", "words"),
    [(other_input, "inputs are"), (other_output, "outputs are"), (no_labels, "not exported by Fleeting's training")],
)
def test_a_network_made_for_something_else_is_refused_with_the_reason(tmp_path, change, words):
    with pytest.raises(ModelError, match=f"does not fit this program: .*{words}"):
        examine_model(copied(tmp_path, change))


def test_a_card_of_another_file_a_missing_card_and_a_torn_file_are_refused(tmp_path):
    path = copied(tmp_path, card=f"# Not mine\n\nsha256 `{'0' * 64}`\n")
    with pytest.raises(ModelError, match="do not belong together"):
        add_model(path, tmp_path / "kept")
    path.with_suffix(".md").write_text("# A card without a number")
    with pytest.raises(ModelError, match="names no file"):
        add_model(path, tmp_path / "kept")
    path.with_suffix(".md").unlink()
    with pytest.raises(ModelError, match="no readable card"):
        add_model(path, tmp_path / "kept")
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(ModelError, match="damaged"):
        add_model(path, tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_a_network_that_was_spoilt_later_stays_in_the_list_with_the_reason(tmp_path):
    added = add_model(copied(tmp_path / "original", renamed), tmp_path / "kept")
    added.path.write_bytes(b"gone")
    _, spoilt = known_models(tmp_path / "kept")
    assert isinstance(spoilt, ModelError)
    assert str(added.path) in str(spoilt)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "kept").write_text("in the way")
    with pytest.raises(OutputError, match="kept"):
        add_model(copied(tmp_path / "original"), tmp_path / "kept")
