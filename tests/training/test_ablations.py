import shutil

import pytest

import training.ablations
from training.ablations import run_ablations


def silent(_name):
    return lambda _done, _total: None


def test_a_stopped_table_goes_on_where_it_was(people, fields, map_folder, tmp_path, monkeypatch):
    shutil.copytree(map_folder, tmp_path / f"ablation-maps-version-{training.ablations.GENERATOR_VERSION}")
    trained = []

    def run(row, seed, *_args):
        if len(trained) == 5:
            raise KeyboardInterrupt
        trained.append((row.name, seed))
        return 0.5 + 0.1 * seed, 0.4, 0.3

    monkeypatch.setattr(training.ablations, "_run", run)
    monkeypatch.setattr(training.ablations, "make_clips", lambda batches, *_: [fields] * len(batches))
    out = tmp_path / "table.md"
    with pytest.raises(KeyboardInterrupt):
        run_ablations(people, tmp_path, out, 2, silent)
    first = list(trained)
    assert out.read_text().count("±") == 2 * 3 + 1  # two whole rows, and the sentence above them
    while True:
        del trained[:]
        try:
            run_ablations(people, tmp_path, out, 2, silent)
            break
        except KeyboardInterrupt:
            assert not set(trained) & set(first)
            first += trained
    rows = [line for line in out.read_text().splitlines() if line.startswith("| w") or "only" in line]
    assert "| whole network, half filmed clips, half flow fields | 0.550 ± 0.071 | 0.400 ± 0.000 |" in rows[0]
    assert len({name for name, _ in first + trained}) == 10
