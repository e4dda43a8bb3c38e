import json

import pytest

from app.errors import OutputError
from app.session.files import CsvSink, make_folder, write_json


class FullDisk:
    """A file on a disk that takes ``room`` bytes more."""

    def __init__(self, file, room):
        self._file, self._room = file, room

    def write(self, content):
        taken = content[: self._room]
        self._room -= len(taken)
        self._file.write(taken)
        if len(taken) < len(content):
            raise OSError(28, "No space left on device")
        return len(content)

    def __getattr__(self, name):
        return getattr(self._file, name)


def test_rows_can_be_read_while_the_file_grows(tmp_path):
    path = tmp_path / "rows.csv"
    with CsvSink(path, ["a", "b"]) as sink:
        sink.append([["1", "2"]])
        assert path.read_text() == "a,b\n1,2\n"
        sink.append([["3", "four, five"]])
        assert path.read_text() == 'a,b\n1,2\n3,"four, five"\n'


def test_a_full_disk_is_told_and_leaves_whole_rows(tmp_path):
    path = tmp_path / "rows.csv"
    sink = CsvSink(path, ["a", "b"])
    sink._file = FullDisk(sink._file, 6)
    sink.append([["1", "2"]])
    with pytest.raises(OutputError, match="No space left"):
        sink.append([["3", "4"]])
    sink.close()
    assert path.read_text() == "a,b\n1,2\n"


def test_json_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "facts.json"
    write_json(path, {"a": 1})
    with pytest.raises(TypeError):
        write_json(path, {"a": object()})
    assert json.loads(path.read_text()) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(OutputError, match="taken"):
        make_folder(tmp_path / "taken" / "results")


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    def refuse(*_args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.write_bytes", refuse)
    with pytest.raises(OutputError, match="Permission denied"):
        make_folder(tmp_path / "results")
