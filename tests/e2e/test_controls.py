import itertools

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette

from app.settings import Settings
from app.ui.choices import Choice
from model.frame import Frame
from tests.helpers import FakeSource, face_picture, noisy


def endless():
    pictures = [noisy(face_picture(), i) for i in range(5)]
    return (Frame(i, i / 30, pictures[i % 5]) for i in itertools.count())


def running_window(open_window, qtbot, settings=None):
    window = open_window(settings)
    window.start(Choice("fake", lambda _tell: FakeSource(endless)))
    qtbot.waitUntil(lambda: window.page.video.displayed > 3, timeout=20000)
    return window


def test_f5_starts_and_stops(open_window, qtbot):
    window = open_window()
    window.controls._choices = [Choice("fake", lambda _tell: FakeSource(endless))]
    qtbot.keyClick(window, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: window.page.video.displayed > 2, timeout=20000)
    assert "Stop" in window.controls.run_action.text()
    qtbot.keyClick(window, Qt.Key.Key_F5)
    assert not window.running
    assert "Start" in window.controls.run_action.text()


def test_the_newest_picture_is_on_screen(open_window, qtbot):
    window = running_window(open_window, qtbot)
    window.stop()
    shot = window.page.video.grab().toImage()
    middle = shot.pixelColor(shot.width() // 2, shot.height() // 2)
    assert middle.red() > middle.blue() + 15  # skin, with red and blue in their places


def test_heatmap_outline_opacity_and_colours_are_switched_by_key_and_mouse(open_window, qtbot):
    settings = Settings()
    window = running_window(open_window, qtbot, settings)
    qtbot.keyClick(window, Qt.Key.Key_H)
    assert (settings.heatmap, window.page.video.heatmap_shown, window.page.strip.heatmap_shown) == (False, False, False)
    qtbot.keyClick(window, Qt.Key.Key_O)
    assert (settings.outline, window.page.video.outline) == (False, False)
    window.controls.opacity.setValue(25)
    assert (settings.opacity, window.page.video.opacity) == (25, 0.25)
    window.controls.colours.setCurrentText("cividis")
    assert (settings.colour_map, window.page.video.colours) == ("cividis", "cividis")


def test_light_and_dark(open_window, qtbot):
    window = open_window(Settings(theme="light"))
    light = window.palette().color(QPalette.ColorRole.Window).lightness()
    window.controls.theme.setCurrentText("dark")
    qtbot.waitUntil(lambda: window.palette().color(QPalette.ColorRole.Window).lightness() < light - 100, timeout=2000)
    # Text follows its background, wherever it stands.
    for widget in (
        window.page.card.detail,
        window.state_text,
        window.page.events,
        window.page.video,
        window.controls.opacity,
    ):
        palette = widget.palette()
        for text, ground in (("WindowText", "Window"), ("Text", "Base"), ("ButtonText", "Button")):
            light_text, light_ground = (
                palette.color(getattr(QPalette.ColorRole, n)).lightness() for n in (text, ground)
            )
            assert light_text > light_ground + 100, (widget.accessibleName(), text)
    window.controls.theme.setCurrentText("light")
    assert window.page.card.detail.palette().color(QPalette.ColorRole.WindowText).lightness() < 60


def test_every_control_is_reached_with_the_keyboard(open_window, qtbot):
    window = open_window()
    window.activateWindow()
    window.controls.sources.setFocus()
    reached = set()
    for _ in range(30):
        reached.add(window.focusWidget())
        qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
    for control in (
        window.controls.sources,
        window.controls.opacity,
        window.controls.colours,
        window.controls.theme,
        window.page.events,
    ):
        assert control in reached
    assert all(w.accessibleName() or w.text() for w in reached if hasattr(w, "text"))


def test_a_snapshot_is_saved_and_its_place_is_said(open_window, qtbot, tmp_path, monkeypatch):
    monkeypatch.setattr("platformdirs.user_pictures_path", lambda: tmp_path)
    window = running_window(open_window, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    (path,) = (tmp_path / "Fleeting").iterdir()
    assert path.stat().st_size > 10_000
    assert str(path) in window.statusBar().currentMessage()


def test_a_snapshot_that_cannot_be_saved_says_so(open_window, qtbot, tmp_path, monkeypatch):
    (tmp_path / "Fleeting").write_text("in the way")
    monkeypatch.setattr("platformdirs.user_pictures_path", lambda: tmp_path)
    window = running_window(open_window, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert "cannot be written" in window.page.banner.text.text()


def test_the_window_can_be_small_and_large(open_window, qtbot):
    window = running_window(open_window, qtbot)
    for size in ((900, 600), (1900, 1100)):
        window.resize(*size)
        qtbot.wait(50)
        assert window.page.video.width() >= 320
        assert window.page.events.height() > 60


def test_settings_and_geometry_are_kept_on_closing(qtbot, recogniser):
    from app.ui.main_window import MainWindow
    from model.pipeline import Pipeline

    saved = []
    window = MainWindow(Settings(), lambda _model: Pipeline(recogniser), saved.append)
    window.show()
    window.resize(780, 640)
    window.close()
    assert saved[0].geometry
    again = MainWindow(saved[0], lambda _model: Pipeline(recogniser), saved.append)
    assert (again.width(), again.height()) == (780, 640)
