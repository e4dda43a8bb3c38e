"""What long commands say of how far they are."""

from rich.console import Console

from training import console


def test_without_a_terminal_each_tenth_of_the_way_is_a_line(capsys):
    with console.stages() as stage:
        first, second = stage("clips"), stage("networks")
        for done in range(41):
            first(done, 40)
        second(0, 0)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" after ")[0] for line in lines] == [f"clips: {done} of 40" for done in range(0, 41, 4)]


def test_a_terminal_gets_a_bar(capsys, monkeypatch):
    monkeypatch.setattr(console, "console", Console(force_terminal=True, width=100))
    with console.bar("clips") as tell:
        tell(3, 4)
    written = capsys.readouterr()
    assert "clips" in written.out
    assert "3/4" in written.out
    assert written.err == ""
