"""The live window."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QByteArray, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QIcon, QShowEvent
from PySide6.QtWidgets import QFileDialog, QLabel, QMainWindow, QSplitter, QVBoxLayout, QWidget

from app.errors import FleetingError
from app.live.engine import Engine
from app.live.views import Counters
from app.settings import Settings, save_settings
from app.sources.base import LOW_RATE_FPS
from app.ui.banner import Banner
from app.ui.camera_finder import CameraFinder
from app.ui.choices import Choice, camera_choice, demo_choice, recording_choice
from app.ui.consent import ConsentDialog
from app.ui.controls import Controls
from app.ui.curve import MotionCurve
from app.ui.event_list import EventList
from app.ui.label_card import LabelCard
from app.ui.snapshot import save_snapshot
from app.ui.strip import Strip
from app.ui.texts import MEANING
from app.ui.theme import apply_theme
from app.ui.video_view import VideoView
from assets import ASTANN_ONNX, ICON

if TYPE_CHECKING:
    from app.sources.camera import CameraInfo
    from model.events import Event
    from model.pipeline import FaceState, Pipeline
    from model.recognition import Recognition

log = logging.getLogger(__name__)

# The curve and the status bar are redrawn this often (milliseconds): often enough for the eye, cheap on two cores.
_SLOW_TICK_MS: Final = 80
# Seconds of stream time for which a label stays on the face after its movement.
_LABEL_STAYS_S: Final = 2.0
# The measured rate is judged once this many frames were captured.
_RATE_NEEDS_FRAMES: Final = 60
# How long the status bar tells where something was saved (milliseconds).
_MESSAGE_MS: Final = 6000
_VIDEO_FILTER: Final = "Video (*.mp4 *.mov *.mkv *.avi *.webm *.m4v *.mpg *.mpeg *.wmv *.mts);;All files (*)"


def make_pipeline() -> Pipeline:
    """The pipeline with the network that ships; imported late, so that the window appears first."""
    from model.pipeline import Pipeline
    from model.recognition import Recogniser

    return Pipeline(Recogniser(ASTANN_ONNX))


class _Bridge(QObject):
    """Carries a worker's 'there is something new' into the window's thread."""

    changed = Signal()


class MainWindow(QMainWindow):
    """Video, label, key frames, curve and events of the running source.

    Args:
        settings: The person's choices; changed in place and saved on closing.
        build_pipeline: Builds the analysis; replaced in tests.
        save: Stores the settings.
    """

    def __init__(
        self,
        settings: Settings,
        build_pipeline: Callable[[], Pipeline] = make_pipeline,
        save: Callable[[Settings], None] = save_settings,
    ) -> None:
        super().__init__()
        self.settings = settings
        self._build_pipeline, self._save = build_pipeline, save
        self.engine: Engine | None = None
        self._labels: dict[int, tuple[float, Recognition]] = {}
        self._micro_count = 0
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
        self.banner = Banner()
        self.video = VideoView()
        self.video.show_message("Choose a source and press Start (F5).")
        self.curve = MotionCurve()
        self.card = LabelCard()
        self.strip = Strip()
        self.events = EventList(self.settings.all_kinds)
        left = QSplitter(Qt.Orientation.Vertical)
        left.addWidget(self.video)
        left.addWidget(self.curve)
        left.setStretchFactor(0, 4)
        left.setStretchFactor(1, 1)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(4, 0, 0, 0)
        column.addWidget(self.card)
        column.addWidget(self.strip)
        column.addWidget(self.events, 1)
        note = QLabel(MEANING)
        note.setWordWrap(True)
        note.setObjectName("note")
        column.addWidget(note)
        columns = QSplitter(Qt.Orientation.Horizontal)
        columns.addWidget(left)
        columns.addWidget(right)
        columns.setStretchFactor(0, 2)
        columns.setStretchFactor(1, 1)
        columns.setSizes([840, 420])
        columns.setChildrenCollapsible(False)
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(8, 8, 8, 4)
        layout.addWidget(self.banner)
        layout.addWidget(columns, 1)
        self.setCentralWidget(centre)
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
        controls.settings_changed.connect(self._apply_settings)
        self.events.chosen.connect(self._show_again)

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
        self.banner.dismiss()
        self.events.events.clear()
        self.strip.clear()
        self.curve.clear_curve()
        self.card.show_nothing()
        self.video.clear()
        self.video.displayed = 0
        self._labels.clear()
        self._micro_count = 0
        self._reported_slow = False
        self.video.show_message(f"Opening {choice.title} …")
        self.state_text.setText(f"opening {choice.title}")
        self.engine = Engine(choice.open, self._build_pipeline, self._bridge.changed.emit)
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
        if self.video.displayed == 0:
            self.video.show_message("Choose a source and press Start (F5).")

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
        if path:
            self.open_recording(Path(path))

    def open_recording(self, path: Path) -> None:
        """Adds a recording to the selector and starts it."""
        self.settings.last_folder = str(path.parent)
        self.open_choice(recording_choice(path))

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
                found = f"{self._micro_count} micro-expression{'' if self._micro_count == 1 else 's'}"
                self.state_text.setText(f"{source.name}: finished, {found}")
            else:
                self.state_text.setText("stopped")

    def _take_results(self, engine: Engine) -> None:
        for notice in engine.take_notices():
            self.banner.say(notice)
        for event in engine.take_events():
            self._add_event(event)
        view = engine.take_view()
        if view is not None:
            if self.video.displayed == 0:
                self.video.show_message("")
                self.controls.snapshot_action.setEnabled(True)
                self.state_text.setText(engine.source.name if engine.source else "")
            self.video.show_view(view, self._labels_at(view.frame.time, view.faces))
        elif self.video.displayed == 0 and engine.preparation:
            self.video.show_message(engine.preparation)

    def _add_event(self, event: Event) -> None:
        self.events.append(event)
        self.curve.mark(event)
        if not event.is_micro or event.recognition is None:
            return
        self._micro_count += 1
        self._labels[event.face] = (event.spot.offset + _LABEL_STAYS_S, event.recognition)
        if not self.events.selectionModel().hasSelection():
            self.card.show_recognition(event.recognition, f"at {event.spot.apex:.2f} s")
            self.strip.show_event(event)

    def _labels_at(self, time: float, faces: tuple[FaceState, ...]) -> dict[int, Recognition]:
        """What to show on each face: the movement under way, else the last one for a moment."""
        labels = {face: guess for face, (until, guess) in self._labels.items() if time <= until}
        for state in faces:
            guess = state.provisional
            if guess is not None and guess.emotion != "none":
                labels[state.face.track] = guess
        return labels

    def _show_again(self, event: Event) -> None:
        self.strip.show_event(event)
        if event.recognition is not None:
            self.card.show_recognition(event.recognition, f"at {event.spot.apex:.2f} s")
        else:
            self.card.show_nothing(f"{event.kind} at {event.spot.apex:.2f} s, {', '.join(event.spot.regions[:3])}")

    def _tick(self) -> None:
        if self.engine is None:
            return
        self.curve.append(self.engine.take_curve())
        self.curve.refresh()
        counters = self.engine.counters
        self._show_counters(counters)
        source = self.engine.source
        if source is not None and source.live and not self._reported_slow and counters.captured > _RATE_NEEDS_FRAMES:
            self._reported_slow = 0 < counters.fps < LOW_RATE_FPS
            if self._reported_slow:
                self.banner.say(
                    f"{source.name} delivers only {counters.fps:.0f} frames per second: short movements will be "
                    "missed. More light often helps."
                )

    def _show_counters(self, counters: Counters) -> None:
        dropped = counters.dropped_analysis
        self.counter_text.setText(
            f"{counters.fps:5.1f} fps   captured {counters.captured}   analysed {counters.analysed}   "
            f"displayed {self.video.displayed}   dropped {dropped} (not shown {counters.dropped_display})"
        )

    # What the person switches

    def _apply_settings(self) -> None:
        settings = self.settings
        apply_theme(settings.theme)
        for widget in (self.video, self.strip):
            widget.heatmap_shown = settings.heatmap
            widget.opacity = settings.opacity / 100
            widget.colours = settings.colour_map
        self.video.outline = settings.outline
        self.video.update()
        self.strip.refresh()
        self.curve.update_colours()
        self.events.events.show_all_kinds(settings.all_kinds)

    def _save_snapshot(self) -> None:
        try:
            path = save_snapshot(self)
        except FleetingError as error:
            self.banner.say(str(error))
        else:
            self.statusBar().showMessage(f"Saved {path}", _MESSAGE_MS)

    def _keep_settings(self) -> None:
        try:
            self._save(self.settings)
        except (FleetingError, OSError) as error:
            self.banner.say(str(error))

    # Qt's own

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.curve.update_colours()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.stop()
        self.settings.geometry = bytes(self.saveGeometry().toBase64().data()).decode()
        self._keep_settings()
        super().closeEvent(event)
