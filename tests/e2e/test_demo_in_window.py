from PySide6.QtCore import Qt

from app.sources.video import VideoSource
from app.ui.choices import Choice
from model.labels import EMOTIONS


def demo_choice(folder):
    return Choice("Demo recording", lambda _tell: VideoSource(folder / "demo.mkv", "Demo recording"))


def test_the_demo_plays_and_a_person_sees_label_strip_curve_and_events(open_window, demo_folder, qtbot):
    window = open_window()
    window.start(demo_choice(demo_folder))
    qtbot.waitUntil(lambda: window.page.events.events.rowCount() >= 1, timeout=20000)
    assert window.page.card.headline.text() == "surprise"
    assert 0 < window.page.card.confidence.value() <= 100
    assert all(tile._crop is not None and tile._heat is not None for tile in window.page.strip.tiles)
    assert abs(sum(tile.weight for tile in window.page.strip.tiles) - 1.0) < 1e-4
    qtbot.waitUntil(lambda: "captured" in window.counter_text.text(), timeout=5000)
    assert len(window.page.curve._points) > 30
    # The heatmap and the outline lie on the face: the picture is not the bare frame.
    assert window.page.video._labels
    window.stop()
    assert not window.running
    assert window.page.events.events.rowCount() >= 1


def test_all_six_events_reach_the_list_and_can_be_seen_again(open_window, demo_folder, qtbot):
    window = open_window()
    window.start(demo_choice(demo_folder))
    qtbot.waitUntil(lambda: not window.running, timeout=60000)
    model = window.page.events.events
    assert model.rowCount() == 6
    labels = [model.data(model.index(row, 1)) for row in range(6)]
    assert set(labels) <= {*EMOTIONS, "unsure"}
    assert "finished, 6 micro-expressions" in window.state_text.text()
    first = model.event_at(0)
    rect = window.page.events.visualRect(model.index(0, 0))
    qtbot.mouseClick(window.page.events.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert window.page.strip.event_shown.spot == first.spot
    qtbot.keyClick(window.page.events, Qt.Key.Key_Down)
    assert window.page.strip.event_shown.spot == model.event_at(1).spot
    assert f"{model.event_at(1).spot.apex:.2f} s" in window.page.card.detail.text()


def test_other_kinds_of_movement_are_listed_on_demand(open_window, demo_folder, qtbot):
    window = open_window()
    window.start(demo_choice(demo_folder))
    qtbot.waitUntil(lambda: window.page.events.events.rowCount() >= 1, timeout=20000)
    window.stop()
    shown = window.page.events.events.rowCount()
    window.controls.kinds_action.trigger()
    model = window.page.events.events
    assert model.rowCount() > shown
    kinds = {model.data(model.index(row, 1)) for row in range(model.rowCount())}
    assert "blink" in kinds


def test_an_older_event_stays_in_view_until_escape(open_window, demo_folder, qtbot):
    window = open_window()
    window.start(demo_choice(demo_folder))
    events, strip = window.page.events, window.page.strip
    qtbot.waitUntil(lambda: events.events.rowCount() == 1, timeout=20000)
    events.selectRow(0)
    first = strip.event_shown
    window.controls.opacity.setValue(33)  # a change of the overlay must not lose the choice
    qtbot.waitUntil(lambda: events.events.rowCount() == 2, timeout=20000)
    assert strip.event_shown.spot == first.spot
    events.setFocus()
    qtbot.keyClick(events, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: events.events.rowCount() == 3, timeout=20000)
    assert strip.event_shown.spot == events.events.event_at(2).spot
    window.stop()
