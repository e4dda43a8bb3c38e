"""The report and the figures of events."""

import base64
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from app.errors import SessionError
from app.session.exports.everything import export_all
from app.session.exports.figure import flow_picture, look_at, write_figure
from app.session.exports.material import gather
from app.session.exports.report import make_report
from app.session.session import Session
from app.sources.video import VideoSource
from assets import ASTANN_CARD, ASTANN_ONNX
from model.crop import INTER_OCULAR_PX
from tests.app.session.test_exports import session  # noqa: F401 - a fixture
from tests.helpers import noisy


class Text(HTMLParser):
    """All words of a page, and its table cells in order."""

    def __init__(self):
        super().__init__()
        self.words, self.cells, self.outside, self.open = "", [], [], []

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.outside += [
            value for name, value in attributes if name in ("src", "href") and not value.startswith("data:")
        ]

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        self.words += data
        if self.open and self.open[-1] in ("td", "th"):
            self.cells.append(data.strip())


def read(html):
    page = Text()
    page.feed(html)
    return page


def test_the_report_counts_what_a_hand_counts_and_needs_nothing_beside_it(session):  # noqa: F811 - a fixture
    report = make_report([gather(session, 1)], "A study", ASTANN_CARD.read_text(encoding="utf-8"))
    page = read(report.html)
    assert page.outside == []
    cells = page.cells

    def line(name):
        place = cells.index(name)
        return cells[place + 1 : place + 3]

    # The model: 3 micro-expressions; R1: one accepted, one added, one rejected. The recording lasts 19.98 s.
    assert line("events") == ["3", "2"]
    assert line("events a minute") == [f"{3 / (19.977 / 60):.2f}", f"{2 / (19.977 / 60):.2f}"]
    assert line("negative") == ["1", "1"]
    assert line("surprise") == ["1", "0"]
    assert line("events of the model rejected") == ["0", "1"]
    assert line("events added") == ["0", "1"]
    assert line("duration, median ms") == ["300", "275"]
    assert cells[cells.index("model and R1") + 1 :][:2] == ["1", "0.40"]  # 2 * 1 / (3 + 2)
    assert "not about what a person feels" in page.words
    assert "It says nothing certain" in page.words
    assert "looks aside <again> & again" in page.words  # what a rater wrote is text, never markup
    assert 'she said "no"' in page.words
    assert not re.search(r"\blie\b|true feeling|hidden emotion", page.words)


def test_the_card_is_shown_whole_where_it_is_the_networks_own(session):  # noqa: F811 - a fixture
    mark = gather(session, 1).analysis.facts["model"]["sha256"]
    card = f"# Card\n\n## Figures\n| seed | F1 |\n|---|---|\n| 0 | 0.93 |\n\n<script>x</script> sha256 `{mark}`\n"
    html = make_report([gather(session, 1)], "A study", card).html
    assert "<h4>Figures</h4>" in html
    assert "<td>0.93</td>" in html
    assert "<script>" not in html  # a card is text, never markup
    assert "its card lies beside its file" not in html
    other = make_report([gather(session, 1)], "A study", card.replace(mark, "another")).html
    assert "Figures" not in other
    assert "its card lies beside its file" in other


def test_a_report_of_recordings_without_events_is_whole(session, tmp_path):  # noqa: F811 - a fixture
    video = tmp_path / "empty.mkv"
    video.write_bytes(b"nothing moves")
    number = session.add_recording(video).id
    session.store_analysis(
        number, session.analysis(1).__class__({}, np.arange(30) / 30, np.zeros((30, 3), np.float32), ())
    )
    page = read(make_report([gather(session, number)], "Quiet", "no card").html)
    assert "No event was found or added." in page.words


def test_the_colours_of_the_flow_tell_direction_and_strength():
    motion = np.zeros((128, 128, 2), np.float32)
    motion[60:68, 60:68] = (0.015 * INTER_OCULAR_PX, 0.0)  # to the right, half of full colour
    picture = flow_picture(motion)
    assert picture[10, 10] == pytest.approx([1, 1, 1])
    assert picture[64, 64] == pytest.approx([1.0, 0.5, 0.5], abs=0.01)  # half red
    motion[60:68, 60:68] = (0.0, -0.06 * INTER_OCULAR_PX)  # up, beyond full colour
    red, green, blue = flow_picture(motion)[64, 64]
    assert blue == pytest.approx(1.0)
    assert green == pytest.approx(0.0, abs=0.01)
    assert red == pytest.approx(0.5, abs=0.01)


def test_an_event_is_drawn_as_the_program_sees_it(demo_folder, demo_analysis, recogniser, tmp_path):
    from app.sources.random_access import open_frames

    video = next(demo_folder.glob("*.mkv"))
    with Session(tmp_path / "p.fleeting", create=True) as project:
        number = project.add_recording(video).id
        project.store_analysis(number, demo_analysis)
        material = gather(project, number)
    entry = material.of("model")[0]
    reader = open_frames(video, material.analysis.times)
    seen = look_at(material, entry, reader, recogniser)
    reader.close()
    assert seen.guess.emotion == entry.label
    assert float(np.abs(seen.motion).max()) > 0.003 * INTER_OCULAR_PX
    for suffix in ("png", "svg"):
        write_figure(material, entry, seen, tmp_path / f"event.{suffix}")
    picture = cv2.imread(str(tmp_path / "event.png"))
    assert min(picture.shape[:2]) > 500
    root = ET.parse(tmp_path / "event.svg").getroot()
    assert root.tag.endswith("svg")
    first = (tmp_path / "event.svg").read_bytes()
    write_figure(material, entry, seen, tmp_path / "event.svg")
    assert (tmp_path / "event.svg").read_bytes() == first  # the same event, the same file
    told = []
    export_all(
        [material],
        tmp_path / "out",
        "p",
        ("csv",),
        ASTANN_ONNX,
        tell=lambda done, of: told.append((done, of)) or done < 3000,
    )
    assert told[-1][0] == 3000  # stopped after the recording and two events
    assert len(list((tmp_path / "out" / "demo" / "figures").glob("*.png"))) == 2
    slow = VideoSource(next((tmp_path / "out" / "demo" / "figures").glob("*.mkv")))
    frames = list(slow.frames())
    slow.close()
    assert len(frames) == pytest.approx(30 * (entry.duration + 1.2), abs=3)
    assert frames[-1].time == pytest.approx(4 * (entry.duration + 1.2), abs=0.4)  # four times slower
    sizes = {}
    for kind in ("none", "blurred", "clear"):
        report = export_all([material], tmp_path / kind, "p", ("csv",), faces=kind)
        pictures = re.findall(r"data:image/jpeg;base64,([A-Za-z0-9+/=]+)", report.html)
        assert len(pictures) == (0 if kind == "none" else len(material.entries))
        if pictures:
            face = cv2.imdecode(np.frombuffer(base64.b64decode(pictures[0]), np.uint8), cv2.IMREAD_COLOR)
            sizes[kind] = float(cv2.Laplacian(face, cv2.CV_64F).var())
    assert sizes["blurred"] < 0.02 * sizes["clear"]  # nothing fine is left
    export_all([material], tmp_path / "film", "p", ("csv",), videos=True)
    film = VideoSource(tmp_path / "film" / "demo" / "demo.labelled.mkv")
    times = np.array([frame.time for frame in film.frames()])
    film.close()
    assert times == pytest.approx(material.analysis.times, abs=0.001)  # at its own speed
    export_all([material], tmp_path / "stopped", "p", ("csv",), videos=True, tell=lambda _done, _of: False)
    assert [p.name for p in (tmp_path / "stopped" / "demo").iterdir() if p.suffix == ".mkv"] == []


def test_a_moment_without_a_face_has_no_figure(session, recogniser):  # noqa: F811 - a fixture
    class Wall:
        def frame(self, _index):
            return noisy(np.full((240, 320, 3), 120, np.uint8), 1)

        def close(self):
            pass

    material = gather(session, 1)
    with pytest.raises(SessionError, match="No face"):
        look_at(material, material.entries[0], Wall(), recogniser)
