"""The live window."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QByteArray, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QIcon, QShowEvent
from PySide6.QtWidgets import QFileDialog, QInputDialog, QLabel, QMainWindow

from app.errors import FleetingError
from app.live.engine import Engine
from app.live.views import Counters
from app.settings import Settings, save_settings
from app.sources.base import LOW_RATE_FPS
from app.ui.camera_finder import CameraFinder
from app.ui.choices import Choice, camera_choice, demo_choice, recording_choice
from app.ui.consent import ConsentDialog
from app.ui.controls import Controls
from app.ui.live_page import LivePage
from app.ui.snapshot import save_snapshot
from app.ui.theme import apply_theme
from assets import ICON

if TYPE_CHECKING:
    from app.sources.camera import CameraInfo
    from app.ui.review.window import ReviewWindow
    from model.pipeline import Pipeline

log = logging.getLogger(__name__)

# The curve and the status bar are redrawn this often (milliseconds): often enough for the eye, cheap on two cores.
_SLOW_TICK_MS: Final = 80
# The measured rate is judged once this many frames were captured.
_RATE_NEEDS_FRAMES: Final = 60
# How long the status bar tells where something was saved (milliseconds).
_MESSAGE_MS: Final = 6000
# How long a face is watched at rest, seconds: long enough for its sway, short enough to keep still.
_REST_S: Final = 3.0
_IDLE: Final = "Choose a source and press Start (F5)."
_VIDEO_FILTER: Final = "Video (*.mp4 *.mov *.mkv *.avi *.webm *.m4v *.mpg *.mpeg *.wmv *.mts);;All files (*)"


def make_pipeline(model: str = "") -> Pipeline:
    """The pipeline with a network (empty: the one that ships); imported late, so that the window appears first."""
    from app.models import chosen_model
    from model.pipeline import Pipeline
    from model.recognition import Recogniser

    return Pipeline(Recogniser(chosen_model(model)))


class _Bridge(QObject):
    """Carries a worker's 'there is something new' into the window's thread."""

    changed = Signal()


class MainWindow(QMainWindow):
    """Video, label, key frames, curve and events of the running source.

    Args:
        settings: The person's choices; changed in place and saved on closing.
        build_pipeline: Builds the analysis with the network of the settings; replaced in tests.
        save: Stores the settings.
    """

    def __init__(
        self,
        settings: Settings,
        build_pipeline: Callable[[str], Pipeline] = make_pipeline,
        save: Callable[[Settings], None] = save_settings,
    ) -> None:
        super().__init__()
        self.settings = settings
        self._build_pipeline, self._save = build_pipeline, save
        self.engine: Engine | None = None
        self.review: ReviewWindow | None = None
        self._reported_slow = False
        self._bridge = _Bridge()
        self._bridge.changed.connect(self._take_news, Qt.ConnectionType.QueuedConnection)
        self.cameras = CameraFinder(self)
        apply_theme(settings.theme)  # before there are widgets to repaint
        self.setWindowTitle("Fleeting")
        self.setWindowIcon(QIcon(str(ICON)))
        self._build()
        self._connect()
        self._apply_settings()
        self._slow = QTimer(self)
        self._slow.setInterval(_SLOW_TICK_MS)
        self._slow.timeout.connect(self._tick)
        self.resize(1280, 800)
        if settings.geometry:
            self.restoreGeometry(QByteArray.fromBase64(settings.geometry.encode()))

    # What the window is made of

    def _build(self) -> None:
        self.controls = Controls(self.settings)
        self.controls.set_choices([demo_choice()])
        self.addToolBar(self.controls)
        self.page = LivePage(self.settings)
        self.page.video.show_message(_IDLE)
        self.setCentralWidget(self.page)
        self.state_text = QLabel("stopped")
        self.counter_text = QLabel()
        self.counter_text.setToolTip("Frames delivered by the source, analysed, painted, and lost on the way")
        self.statusBar().addWidget(self.state_text, 1)
        self.statusBar().addPermanentWidget(self.counter_text)

    def _connect(self) -> None:
        controls = self.controls
        controls.run_toggled.connect(self.toggle)
        controls.sources.opened.connect(self.cameras.look)
        self.cameras.found.connect(self._offer_cameras)
        controls.source_chosen.connect(self._source_chosen)
        controls.open_file.connect(self._ask_file)
        controls.open_folder.connect(self._ask_folder)
        controls.snapshot.connect(self._save_snapshot)
        controls.rest.connect(self._mark_rest)
        controls.choose_model.connect(self._choose_model)
        controls.review.connect(self.open_review)
        controls.settings_changed.connect(self._apply_settings)

    # Starting and stopping

    @property
    def running(self) -> bool:
        return self.engine is not None

    def toggle(self) -> None:
        """Starts the selected source, or stops the running one."""
        if self.running:
            self.stop()
            self.state_text.setText("stopped")
        elif self.controls.choice is not None:
            self.start(self.controls.choice)

    def start(self, choice: Choice) -> None:
        """Starts a source; a camera asks for consent the first time."""
        if choice.is_camera and not self._has_consent():
            return
        self.stop()
        self._reported_slow = False
        self.page.reset(f"Opening {choice.title} …")
        self.state_text.setText(f"opening {choice.title}")
        build = functools.partial(self._build_pipeline, self.settings.model)
        self.engine = Engine(choice.open, build, self._bridge.changed.emit)
        self.engine.start()
        self.controls.show_running(True)
        self._slow.start()

    def stop(self) -> None:
        """Ends the running source; what it showed last stays on screen."""
        engine, self.engine = self.engine, None
        if engine is None:
            return
        engine.stop()
        self._take_results(engine)
        self._slow.stop()
        self._show_counters(engine.counters)
        self.controls.show_running(False)
        if self.page.video.displayed == 0:
            self.page.video.show_message(_IDLE)

    def _offer_cameras(self, cameras: list[CameraInfo]) -> None:
        self.controls.set_cameras([camera_choice(camera) for camera in cameras])

    def _has_consent(self) -> bool:
        if not self.settings.consent:
            dialog = ConsentDialog(self)
            accepted = dialog.exec() == ConsentDialog.DialogCode.Accepted
            dialog.deleteLater()
            self.settings.consent = accepted
            self._keep_settings()
        return self.settings.consent

    def _source_chosen(self, choice: Choice) -> None:
        if self.running:
            self.start(choice)

    def _ask_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Open recording", self.settings.last_folder, _VIDEO_FILTER)
        if path:
            self.open_recording(Path(path))

    def _ask_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self, "Open folder of pictures", self.settings.last_folder)
        if not path:
            return
        question = "Frames per second at which the pictures were taken:"
        fps, agreed = QInputDialog.getDouble(self, "Frame rate", question, 30.0, 1.0, 1000.0)
        if agreed:
            self.open_recording(Path(path), fps)

    def open_recording(self, path: Path, image_fps: float = 30.0) -> None:
        """Adds a recording (or a folder of pictures with its rate) to the selector and starts it."""
        self.settings.last_folder = str(path.parent)
        self.open_choice(recording_choice(path, image_fps))

    def open_choice(self, choice: Choice) -> None:
        """Adds a source to the selector and starts it."""
        self.controls.add_choice(choice)
        self.start(choice)

    # News from the workers

    def _take_news(self) -> None:
        engine = self.engine
        if engine is None:
            return
        self._take_results(engine)
        if engine.finished and self.engine is engine:
            source = engine.source
            self.stop()
            if source is not None:
                found = f"{self.page.micro_count} micro-expression{'' if self.page.micro_count == 1 else 's'}"
                self.state_text.setText(f"{source.name}: finished, {found}")
            else:
                self.state_text.setText("stopped")

    def _take_results(self, engine: Engine) -> None:
        for notice in engine.take_notices():
            self.page.banner.say(notice)
        for event in engine.take_events():
            self.page.add_event(event)
        view = engine.take_view()
        if view is not None:
            if self.page.video.displayed == 0:
                self.page.video.show_message("")
                self.controls.snapshot_action.setEnabled(True)
                self.state_text.setText(engine.source.name if engine.source else "")
            self.page.show_view(view)
        elif self.page.video.displayed == 0 and engine.preparation:
            self.page.video.show_message(engine.preparation)

    def _tick(self) -> None:
        if self.engine is None:
            return
        self.page.scroll_curve(self.engine.take_curve())
        counters = self.engine.counters
        self._show_counters(counters)
        source = self.engine.source
        if source is not None and source.live and not self._reported_slow and counters.captured > _RATE_NEEDS_FRAMES:
            self._reported_slow = 0 < counters.fps < LOW_RATE_FPS
            if self._reported_slow:
                self.page.banner.say(
                    f"{source.name} delivers only {counters.fps:.0f} frames per second: short movements will be "
                    "missed. More light often helps."
                )

    def _show_counters(self, counters: Counters) -> None:
        dropped = counters.dropped_analysis
        self.counter_text.setText(
            f"{counters.fps:5.1f} fps   captured {counters.captured}   analysed {counters.analysed}   "
            f"displayed {self.page.video.displayed}   dropped {dropped} (not shown {counters.dropped_display})"
        )

    # What the person switches

    def _apply_settings(self) -> None:
        apply_theme(self.settings.theme)
        self.page.apply(self.settings)

    def _save_snapshot(self) -> None:
        try:
            path = save_snapshot(self)
        except FleetingError as error:
            self.page.banner.say(str(error))
        else:
            self.statusBar().showMessage(f"Saved {path}", _MESSAGE_MS)

    def _mark_rest(self) -> None:
        if self.engine is not None:
            self.engine.mark_rest(_REST_S)
            self.statusBar().showMessage(f"Look neutral for {_REST_S:g} seconds …", int(1000 * _REST_S))

    def open_review(self) -> None:
        """Opens the review in a window of its own; there is one at a time."""
        from app.ui.review.window import ReviewWindow

        if self.review is None:
            self.review = ReviewWindow(self.settings, self._save)
        self.review.show()
        self.review.raise_()
        self.review.activateWindow()

    def _choose_model(self) -> None:
        from app.ui.model_dialog import ModelDialog

        dialog = ModelDialog(self.settings.model, self)
        if dialog.exec() == ModelDialog.DialogCode.Accepted and dialog.chosen != self.settings.model:
            self.settings.model = dialog.chosen
            self._keep_settings()
            if self.running and self.controls.choice is not None:
                self.start(self.controls.choice)
        dialog.deleteLater()

    def _keep_settings(self) -> None:
        try:
            self._save(self.settings)
        except (FleetingError, OSError) as error:
            self.page.banner.say(str(error))

    # Qt's own

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.page.curve.update_colours()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.stop()
        if self.review is not None:
            self.review.close()
        self.settings.geometry = bytes(self.saveGeometry().toBase64().data()).decode()
        self._keep_settings()
        super().closeEvent(event)
