"""The review window: recordings, picture, timeline, events, and what a rater says of them."""

from __future__ import annotations

from collections.abc import Callable
from operator import methodcaller
from pathlib import Path
from typing import Any, Final

import numpy as np
from PySide6.QtCore import QByteArray, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QIcon, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QFileDialog,
    QInputDialog,
    QLabel,
    QMainWindow,
    QMessageBox,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.batch import CONFIG, VIDEOS
from app.errors import FleetingError
from app.live.looking import Look
from app.live.player import Player
from app.models import chosen_model
from app.session.project_file import SUFFIX
from app.session.queue import AnalysisQueue
from app.session.records import Analysis, Mark, Note, Verdict
from app.session.review import ReviewRow, review_rows
from app.session.session import Session
from app.settings import Settings, save_settings
from app.sources.random_access import open_frames
from app.ui.banner import Banner
from app.ui.review.actions import COMMANDS, HELD
from app.ui.review.agreement_dialog import AgreementDialog
from app.ui.review.editor import MarkEditor
from app.ui.review.event_table import EventTable, clock
from app.ui.review.export_dialog import ExportDialog
from app.ui.review.frame_view import FrameView
from app.ui.review.lanes import lanes
from app.ui.review.note_list import NoteList
from app.ui.review.recordings import RecordingList
from app.ui.review.sheet import ShortcutSheet
from app.ui.review.start_page import StartPage
from app.ui.review.timeline import Timeline
from app.ui.review.toolbar import ReviewBar
from app.ui.theme import apply_theme
from assets import ICON

# The queue is asked for news this often (milliseconds).
_QUEUE_TICK_MS: Final = 250
# Flickering shows each key frame for so long (milliseconds): fast enough that the eye sees the change as motion.
_FLICKER_MS: Final = 300
_SPEEDS: Final = (0.1, 0.25, 0.5, 1.0, 2.0)
_FACTORS: Final = (1.0, 2.0, 4.0, 8.0, 12.0, 20.0)
# Looping, so many seconds are shown about an event.
_LOOP_MARGIN_S: Final = 0.4
# An event that is added lasts so long until its key frames are moved, seconds.
_NEW_EVENT_S: Final = (0.12, 0.16)
_COMPARED: Final = {getattr(Qt.Key, f"Key_{command.keys}"): command.name for command in HELD}


class _Bridge(QObject):
    """Carries the player's 'there is something new' into the window's thread."""

    changed = Signal()


class ReviewWindow(QMainWindow):
    """Reviews the recordings of a project.

    Args:
        settings: The person's choices; changed in place and saved on closing.
        save: Stores the settings.
    """

    def __init__(self, settings: Settings, save: Callable[[Settings], None] = save_settings) -> None:
        super().__init__()
        self.settings, self._save = settings, save
        self.session: Session | None = None
        self.queue: AnalysisQueue | None = None
        self.player: Player | None = None
        self.number: int | None = None
        self.analysis: Analysis | None = None
        self.index = 0
        self.playing = self.looping = False
        self.speed, self.factor = 1.0, 1.0
        self.flow = self.attention = self.blind = self.all_kinds = False
        self._bridge = _Bridge()
        self._bridge.changed.connect(self._take_frame, Qt.ConnectionType.QueuedConnection)
        apply_theme(settings.theme)
        self.setWindowTitle("Fleeting: review")
        self.setWindowIcon(QIcon(str(ICON)))
        self._build()
        self._flickering = ("onset", "apex")
        self._held: tuple[int, int] | None = None
        self._verdicts: dict[int, tuple[int, int]] = {}
        self._flicker = QTimer(self)
        self._flicker.setInterval(_FLICKER_MS)
        self._flicker.timeout.connect(self._flick)
        self._ticker = QTimer(self)
        self._ticker.setInterval(_QUEUE_TICK_MS)
        self._ticker.timeout.connect(self._tick)
        self.resize(1360, 860)
        if settings.review_geometry:
            self.restoreGeometry(QByteArray.fromBase64(settings.review_geometry.encode()))
        if settings.review_layout:
            for splitter, state in zip(self._splitters, settings.review_layout.split(), strict=False):
                splitter.restoreState(QByteArray.fromBase64(state.encode()))

    # What it is made of

    def _build(self) -> None:
        self.banner = Banner()
        self.recordings = RecordingList()
        self.view = FrameView()
        self.place = QLabel()
        self.timeline = Timeline()
        self.table = EventTable()
        self.editor = MarkEditor()
        self.notes = NoteList()
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.view, 1)
        column.addWidget(self.place)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table, 1)
        column.addWidget(self.editor)
        column.addWidget(self.notes)
        upper, whole = QSplitter(Qt.Orientation.Horizontal), QSplitter(Qt.Orientation.Vertical)
        for part, size in ((self.recordings, 210), (middle, 700), (right, 450)):
            upper.addWidget(part)
            upper.setStretchFactor(upper.count() - 1, size)
        whole.addWidget(upper)
        whole.addWidget(self.timeline)
        whole.setStretchFactor(0, 3)
        whole.setStretchFactor(1, 1)
        upper.setSizes([210, 700, 450])
        whole.setSizes([600, 230])
        self._splitters = (upper, whole)
        self.pages = QStackedWidget()
        start = StartPage(self.settings.last_project)
        self.pages.addWidget(start)
        self.pages.addWidget(whole)
        ground = QWidget()
        column = QVBoxLayout(ground)
        column.setContentsMargins(8, 4, 8, 4)
        column.addWidget(self.banner)
        column.addWidget(self.pages, 1)
        self.setCentralWidget(ground)
        bar = ReviewBar(self)
        self.addToolBar(bar)
        self.buttons, self.rater_box = bar.buttons, bar.rater
        self.rater_box.setText(self.settings.rater)
        self.rater_box.editingFinished.connect(self._rater_changed)
        start.new.connect(self._ask_new)
        start.open.connect(self._ask_open)
        start.last.connect(lambda path: self.open_project(Path(path)))
        for command in COMMANDS:
            action = QAction(command.text, self)
            action.setShortcut(QKeySequence(command.keys))
            action.triggered.connect(getattr(self, command.name))
            self.addAction(action)
        self.recordings.chosen.connect(self.open_recording)
        self.recordings.add.connect(self._ask_recordings)
        self.recordings.find_moved.connect(self._ask_moved)
        self.recordings.pause.connect(self._pause)
        self.recordings.cancel.connect(self._cancel)
        self.recordings.again.connect(self._again)
        self.recordings.remove.connect(self._ask_remove)
        self.timeline.sought.connect(lambda time: self.show_frame(self._frame_at(time)))
        self.timeline.chosen.connect(self._choose_key)
        self.table.chosen.connect(self._chosen)
        self.editor.verdict.connect(lambda verdict: self._judge(verdict))
        self.editor.label.connect(self._label)
        self.editor.here.connect(self._move_here)
        self.editor.note.connect(self._note)
        self.editor.participant.connect(self._name_face)
        self.notes.sought.connect(lambda time: self.show_frame(self._frame_at(time)))
        self.notes.rewrite.connect(self._rewrite)

    # Projects and recordings

    def open_project(self, path: Path, *, create: bool = False) -> None:
        """Opens a project; the one that is open is closed, or stays if it is the same."""
        if self.session is not None and not create and path.absolute() == self.session.path.absolute():
            return
        try:
            session = Session(path, create=create)
        except FleetingError as error:
            self.banner.say(str(error))
            return
        self.close_project()
        self.session = session
        if session.recovered:
            self.banner.say(session.recovered)
        self.queue = AnalysisQueue(session, chosen_model(self.settings.model), CONFIG)
        self.settings.last_project = str(path)
        self.setWindowTitle(f"{path.stem}: Fleeting")
        self.pages.setCurrentIndex(1)
        self._ticker.start()
        self._tick()
        done = [recording.id for recording in session.recordings() if recording.status == "done"]
        if done:
            self.recordings.select(done[0])
        else:
            self.view.show_message(
                "Add recordings: they are analysed one after another, and you can review each as soon as it is done."
            )
        self._refresh()

    def close_project(self) -> None:
        """Closes the project; analyses that are under way begin again next time."""
        self._close_recording()
        self._ticker.stop()
        if self.queue is not None:
            self.queue.close()
        if self.session is not None:
            try:
                self.session.close()
            except FleetingError as error:
                self.banner.say(str(error))
        self.session = self.queue = None

    def add_recordings(self, paths: list[Path]) -> None:
        """Enters recordings and lets them be analysed."""
        if self.session is None:
            return
        for path in paths:
            self._tried(methodcaller("add_recording", path))
        self._tick()

    def open_recording(self, number: int) -> None:
        """Shows a recording that was analysed."""
        if self.session is None:
            return
        self._close_recording()
        self.number = number
        recording = self.session.recording(number)
        self.analysis = self.session.analysis(number)
        if self.analysis is None:
            self.view.show_message(recording.problem or "This recording is not analysed yet.")
        else:
            times, path = self.analysis.times, recording.path
            self.timeline.set_motion(times, self.analysis.motion)
            model = chosen_model(self.settings.model)
            self.player = Player(lambda: open_frames(path, times), times, self._bridge.changed.emit, model)
            self.show_frame(0)
        self._refresh()
        if self.table.shown:
            self.table.step(0)

    def _close_recording(self) -> None:
        self._flicker.stop()
        self.buttons["flicker"].setChecked(False)
        self._stop_playing()
        if self.player is not None:
            self.player.close()
        self.player = self.analysis = self.number = None
        self.index = 0
        self.timeline.set_motion(np.zeros(0), np.zeros((0, 3), np.float32))
        self.timeline.set_lanes([])
        self.table.set_rows([], {})

    def find_recording(self, folder: Path) -> None:
        """Looks in a folder for recordings that were moved."""
        found = self._tried(lambda session: session.find_moved(folder)) or []
        self.banner.dismiss()
        self.banner.say(f"Found: {', '.join(r.name for r in found)}." if found else f"None of them lies in {folder}.")
        self.recordings.find_button.setVisible(not found)
        if self.number is not None and self.number in {r.id for r in found}:
            self.open_recording(self.number)

    # Moving

    def show_frame(self, index: int) -> None:
        """Shows a frame and stops playing."""
        if self.player is None or self.analysis is None:
            return
        self._stop_playing()
        self.index = int(np.clip(index, 0, len(self.analysis.times) - 1))
        self.player.show(self.index)
        self._show_place()

    def frame_back(self) -> None:
        self.show_frame(self.index - 1)

    def frame_on(self) -> None:
        self.show_frame(self.index + 1)

    def second_back(self) -> None:
        self.show_frame(self._frame_at(self._now - 1.0))

    def second_on(self) -> None:
        self.show_frame(self._frame_at(self._now + 1.0))

    def event_back(self) -> None:
        self.table.step(-1)

    def event_on(self) -> None:
        self.table.step(1)

    def next_open(self) -> None:
        """The next event that the rater has not judged."""
        rows = self.table.shown
        current = self.table.current
        start = rows.index(current) + 1 if current in rows else 0
        for row in (*rows[start:], *rows[:start]):
            if not row.verdict:
                self.table.select(row.key)
                return
        self.statusBar().showMessage("Every listed event has a verdict.", 4000)

    def go_onset(self) -> None:
        self._go("onset")

    def go_apex(self) -> None:
        self._go("apex")

    def go_offset(self) -> None:
        self._go("offset")

    def _go(self, name: str) -> None:
        row = self.table.current
        if row is not None:
            self.show_frame(self._frame_at(getattr(row, name)))

    # Playing

    def toggle_play(self) -> None:
        """Plays from the shown frame on, or stops."""
        if self.player is None or self.analysis is None:
            return
        if self.playing:
            self.show_frame(self.index)
            return
        self._flicker.stop()
        row, loop = self.table.current, None
        if self.looping and row is not None:
            loop = self._frame_at(row.onset - _LOOP_MARGIN_S), self._frame_at(row.offset + _LOOP_MARGIN_S)
        at_end = self.index >= len(self.analysis.times) - 1
        self.playing = True
        self.player.play(0 if at_end else self.index, self.speed, loop)
        self.buttons["toggle_play"].setText("■ Stop")

    def toggle_loop(self) -> None:
        self.looping = not self.looping
        self.buttons["toggle_loop"].setChecked(self.looping)
        if self.playing:
            self._stop_playing()
        if self.looping:
            self.toggle_play()

    def slower(self) -> None:
        self._set_speed(-1)

    def faster(self) -> None:
        self._set_speed(1)

    def _set_speed(self, by: int) -> None:
        place = min(len(_SPEEDS) - 1, max(0, _SPEEDS.index(self.speed) + by))
        self.speed = _SPEEDS[place]
        if self.playing:
            self._stop_playing()
            self.toggle_play()
        self._show_place()

    def _stop_playing(self) -> None:
        self.playing = False
        self.buttons["toggle_play"].setText("▶ Play")

    def flicker(self) -> None:
        """Shows onset and apex in turn, so that the eye sees what moved."""
        self._flicker_between("onset", "apex")

    def flicker_back(self) -> None:
        """Shows apex and offset in turn."""
        self._flicker_between("apex", "offset")

    def _flicker_between(self, one: str, two: str) -> None:
        again = self._flicker.isActive() and self._flickering == (one, two)
        self._flickering = one, two
        if again or self.table.current is None:
            self._flicker.stop()
        else:
            self._stop_playing()
            self._flicker.start()
        self.buttons["flicker"].setChecked(self._flicker.isActive())
        self._show_mark()

    def _flick(self) -> None:
        row = self.table.current
        if row is None or self.player is None:
            self._flicker.stop()
            return
        one, two = (self._frame_at(getattr(row, name)) for name in self._flickering)
        self.show_frame(one if self.index == two else two)

    # Seeing

    def zoom_face(self) -> None:
        self.view.zoomed = not self.view.zoomed
        self.buttons["zoom_face"].setChecked(self.view.zoomed)
        self._look_changed()

    def amplify_more(self) -> None:
        self._amplify(1)

    def amplify_less(self) -> None:
        self._amplify(-1)

    def _amplify(self, by: int) -> None:
        self.factor = _FACTORS[min(len(_FACTORS) - 1, max(0, _FACTORS.index(self.factor) + by))]
        self._look_changed()

    def show_flow(self) -> None:
        self.flow = not self.flow
        self.buttons["show_flow"].setChecked(self.flow)
        self._look_changed()

    def show_attention(self) -> None:
        self.attention = not self.attention and not self.blind
        self.buttons["show_attention"].setChecked(self.attention)
        self._look_changed()

    def _look_changed(self) -> None:
        row = self.table.current
        keys = (
            None if row is None else (self._frame_at(row.onset), self._frame_at(row.apex), self._frame_at(row.offset))
        )
        if self.player is not None:
            self.player.look = Look(keys, self.factor, self.flow, self.attention, self.view.zoomed)
            if not self.playing:
                self.player.show(self.index)
        self._show_mark()

    def toggle_blind(self) -> None:
        """Hides the model's opinion, or shows it again."""
        self.blind = not self.blind
        self.buttons["toggle_blind"].setChecked(self.blind)
        for name in ("toggle_kinds", "show_attention"):
            self.buttons[name].setEnabled(not self.blind)
        if self.blind and self.attention:  # where the network looked is its opinion, too
            self.attention = False
            self.buttons["show_attention"].setChecked(False)
            self._look_changed()
        self.buttons["show_agreement"].setEnabled(not self.blind)
        self._refresh()

    def toggle_kinds(self) -> None:
        self.all_kinds = not self.all_kinds and not self.blind
        self.buttons["toggle_kinds"].setChecked(self.all_kinds)
        self._refresh()

    def show_all(self) -> None:
        self.timeline.show_all()

    def show_event(self) -> None:
        row = self.table.current
        if row is not None:
            self.timeline.show_around(row.onset, row.offset)

    def sheet(self) -> None:
        dialog = ShortcutSheet(self)
        dialog.exec()
        dialog.deleteLater()

    # Judging

    def accept(self) -> None:
        self._judge("accepted")

    def reject(self) -> None:
        self._judge("rejected")

    def label_negative(self) -> None:
        self._label("negative")

    def label_positive(self) -> None:
        self._label("positive")

    def label_surprise(self) -> None:
        self._label("surprise")

    def label_unsure(self) -> None:
        self._label("unsure")

    def onset_here(self) -> None:
        self._move_here("onset")

    def apex_here(self) -> None:
        self._move_here("apex")

    def offset_here(self) -> None:
        self._move_here("offset")

    def add_here(self) -> None:
        """Adds an event whose apex is the shown frame."""
        if self.session is None or self.number is None or self.analysis is None:
            return
        now, end = self._now, float(self.analysis.times[-1])
        onset, offset = max(0.0, now - _NEW_EVENT_S[0]), min(end, now + _NEW_EVENT_S[1])
        row = self.table.current
        face = row.face if row is not None else 0
        number = self.number
        mark = self._tried(lambda session: session.add_mark(self._rater, number, face, "", onset, now, offset))
        if isinstance(mark, Mark):
            self._refresh()
            self._choose_key((0, mark.id), move=False)

    def take_back(self) -> None:
        """Removes what the rater said of the chosen event."""
        row = self.table.current
        if row is not None and row.mark is not None:
            mark = row.mark.id
            self._tried(lambda session: session.remove_mark(mark))
            self._refresh()

    def note_here(self) -> None:
        """A note on the shown moment."""
        if self.session is None or self.number is None:
            return
        text, agreed = QInputDialog.getText(self, "Note", f"Note at {clock(self._now)}:")
        if agreed and text.strip():
            self.add_note(text.strip())

    def add_note(self, text: str) -> None:
        """Enters a note on the shown moment."""
        number, now = self.number, self._now
        if number is not None:
            self._tried(lambda session: session.add_note(self._rater, number, now, text))
            self._refresh()

    def rewrite_note(self, note: Note, text: str) -> None:
        """Changes a note; an empty text removes it."""
        self._tried(lambda session: session.change_note(note.id, text.strip()))
        self._refresh()

    def _rewrite(self, note: Note) -> None:
        text, agreed = QInputDialog.getText(self, "Note", f"Note at {clock(note.time)}:", text=note.text)
        if agreed:
            self.rewrite_note(note, text)

    def _name_face(self, code: str) -> None:
        row, number = self.table.current, self.number
        if row is not None and number is not None:
            self._tried(lambda session: session.name_face(number, row.face, code))
            self._refresh()

    def undo(self) -> None:
        self._step("undo", "undone")

    def redo(self) -> None:
        self._step("redo", "done again")

    def _step(self, name: str, word: str) -> None:
        title = self._tried(methodcaller(name))
        self.statusBar().showMessage(f"{title}: {word}" if title else f"There is nothing to {name}.", 4000)
        self._refresh()

    def _judge(self, verdict: Verdict) -> None:
        self._say(verdict=verdict)

    def _label(self, label: str) -> None:
        self._say(label=label)

    def _note(self, text: str) -> None:
        self._say(note=text)

    def _move_here(self, name: str) -> None:
        row = self.table.current
        if row is None or self.analysis is None:
            return
        times = {"onset": row.onset, "apex": row.apex, "offset": row.offset, name: self._now}
        if not times["onset"] <= times["apex"] <= times["offset"]:
            self.banner.say(
                f"The {name} cannot be at {clock(self._now)}: onset, apex and offset come in this order. "
                "Move the others first."
            )
            return
        self._say(**{name: self._now})

    def _say(self, **values: Any) -> None:  # noqa: ANN401 - columns of one table, each with its type
        """Keeps what the rater says of the chosen event; whatever it is, it accepts an event that had no verdict."""
        row, number = self.table.current, self.number
        if row is None or number is None:
            return
        if row.mark is not None:
            mark = row.mark.id
            if row.event is None:
                values.pop("verdict", None)  # what somebody added needs no verdict of their own
            if values:
                self._tried(lambda session: session.change_mark(mark, **values))
        else:
            event = row.event
            assert event is not None
            if self.blind:
                values = {"label": "", **values}  # the model's must not slip in
            self._tried(lambda session: session.judge(self._rater, number, event, **values))
        self._refresh()

    # Other windows

    def show_agreement(self) -> None:
        """How far raters and the model agree."""
        if self.session is None or self.blind:
            return
        dialog = AgreementDialog(self.session, self.number, self)
        dialog.chosen.connect(self._visit)
        dialog.show()

    def show_export(self) -> None:
        """Writes files for other programs."""
        if self.session is None:
            return
        dialog = ExportDialog(
            self.session, self.number, self.settings.last_folder, chosen_model(self.settings.model), self
        )
        if dialog.exec() == ExportDialog.DialogCode.Accepted:
            self.settings.last_folder = str(dialog.folder)
            self.banner.say(dialog.said)
        dialog.deleteLater()

    def _visit(self, number: int, time: float) -> None:
        if number != self.number:
            self.recordings.select(number)
        self.show_frame(self._frame_at(time))
        self.timeline.show_around(time, time)

    # News

    def _tick(self) -> None:
        if self.session is None or self.queue is None:
            return
        try:
            ended = self.queue.poll()
        except FleetingError as error:
            self.banner.say(str(error))
            return
        for number in ended:
            if number == self.number or self.number is None:
                self.open_recording(number)
        if ended:
            self._count_verdicts()
        self._show_recordings()

    def _take_frame(self) -> None:
        player = self.player
        if player is None:
            return
        problem = player.take_problem()
        if problem is not None:
            self._stop_playing()
            self.banner.say(problem)
            self._offer_search()
        shown = player.take()
        if shown is None:
            return
        if self.playing:
            self.index = shown.index
            self._show_place()
            if self.analysis is not None and shown.index >= len(self.analysis.times) - 1 and not self.looping:
                self._stop_playing()
        self.view.show_picture(shown.image, shown.face)

    def _offer_search(self) -> None:
        recording = self.session.recording(self.number) if self.session and self.number is not None else None
        if recording is not None and not recording.path.exists():
            self.view.show_message(
                f"{recording.name} is not at its place any more. What you said of it is safe.\n"
                "Choose 'Find moved recordings …' and name the folder where it lies now."
            )
            self.recordings.find_button.show()

    # Showing

    def _refresh(self) -> None:
        """Shows what the project holds now."""
        self._count_verdicts()
        self._show_recordings()
        if self.session is None or self.number is None or self.analysis is None:
            self.editor.show_row(None, {}, "")
            self.notes.show_notes([], {})
            return
        rows = review_rows(
            self.analysis.events,
            self.session.marks(self.number, self._rater),
            all_kinds=self.all_kinds,
            blind=self.blind,
        )
        self.table.set_rows(rows, self.session.face_codes(self.number))
        own = self._rater
        self.notes.show_notes(
            [note for note in self.session.notes(self.number) if not self.blind or note.rater == own],
            {rater.id: rater.code for rater in self.session.raters()},
        )
        self.timeline.set_lanes(lanes(self.session, self.number, self.analysis, rows, self.settings.rater, self.blind))
        self._show_row(self.table.current)

    def _show_recordings(self) -> None:
        if self.session is None or self.queue is None:
            return
        self.recordings.show_recordings(
            self.session.recordings(), self.queue.progress, self._verdicts, self.queue.paused
        )

    def _count_verdicts(self) -> None:
        if self.session is not None:
            rater = self._rater
            done = [recording.id for recording in self.session.recordings() if recording.status == "done"]
            self._verdicts = {number: self.session.judged(number, rater) for number in done}

    def _chosen(self, row: ReviewRow) -> None:
        self._show_row(row)
        self.show_frame(self._frame_at(row.apex))
        self._look_changed()

    def _choose_key(self, key: tuple[int, int], move: bool = True) -> None:
        blocked = self.table.blockSignals(not move)
        found = self.table.select(key)
        self.table.blockSignals(blocked)
        if found:
            self._show_row(self.table.current)

    def _show_row(self, row: ReviewRow | None) -> None:
        frames = (
            {} if row is None else {name: self._frame_at(getattr(row, name)) for name in ("onset", "apex", "offset")}
        )
        code = "" if row is None else self.table.model.codes.get(row.face, "")
        self.editor.show_row(row, frames, code)
        self.timeline.select(None if row is None else row.key)
        self.timeline.set_key_frames(None if row is None else (row.onset, row.apex, row.offset))

    def _show_place(self) -> None:
        if self.analysis is None:
            self.place.setText("")
            return
        self.timeline.set_cursor(self._now)
        self.place.setText(
            f"{clock(self._now)}   frame {self.index} of {len(self.analysis.times) - 1}   speed {self.speed:g} x   "
            f"motion x {self.factor:g}"
        )

    def _show_mark(self) -> None:
        marks = []
        if self.factor > 1.0:
            marks.append(f"motion amplified x {self.factor:g}: not as it was filmed")
        if self.flow:
            marks.append("colours: direction of the motion since the onset")
        if self.attention:
            marks.append("colours: where the network looked")
        if self._flicker.isActive():
            marks.append(f"{' and '.join(self._flickering)} in turn")
        self.view.mark = "\n".join(marks)
        self.view.update()
        self._show_place()

    # Help

    @property
    def _now(self) -> float:
        return 0.0 if self.analysis is None else float(self.analysis.times[self.index])

    @property
    def _rater(self) -> int:
        assert self.session is not None
        return self.session.rater(self.settings.rater).id

    def _frame_at(self, time: float) -> int:
        return 0 if self.analysis is None else self.analysis.frame_at(time)

    def _tried(self, change: Callable[[Session], Any]) -> Any:  # noqa: ANN401 - whatever the change returns
        """Makes a change; if it cannot be kept, that is said and nothing is different."""
        if self.session is None:
            return None
        try:
            return change(self.session)
        except FleetingError as error:
            self.banner.say(str(error))
            return None

    def _rater_changed(self) -> None:
        code = self.rater_box.text().strip()
        if not code:
            self.rater_box.setText(self.settings.rater)
        elif code != self.settings.rater:
            self.settings.rater = code
            self._refresh()
        self.setFocus()

    def _pause(self, paused: bool) -> None:
        if self.queue is not None:
            (self.queue.pause if paused else self.queue.resume)()
            self._tick()

    def _cancel(self, number: int) -> None:
        if self.queue is not None:
            self.queue.cancel(number)
            self._tick()

    def _again(self, number: int) -> None:
        if self.queue is not None:
            self.queue.enqueue(number)
            self._tick()

    def _ask_remove(self, number: int) -> None:
        assert self.session is not None
        name = self.session.recording(number).name
        answer = QMessageBox.question(
            self,
            "Remove from the project",
            f"Remove {name}, all that was found in it and all that was said of it from the project? The recording "
            "itself stays where it is. This cannot be undone, nor can anything done before it.",
        )
        if answer == QMessageBox.StandardButton.Yes:
            self.remove_recording(number)

    def remove_recording(self, number: int) -> None:
        """Forgets a recording; its file stays."""
        if self.queue is not None and number in self.queue.progress:
            self.queue.cancel(number)
        if number == self.number:
            self._close_recording()
            self.view.show_message("")
        self._tried(lambda session: session.forget_recording(number))
        self._refresh()

    def _ask_new(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "New project", self.settings.last_folder, f"Project (*{SUFFIX})")
        if path:
            chosen = Path(path)
            self.open_project(
                chosen if chosen.suffix == SUFFIX else chosen.with_name(chosen.name + SUFFIX), create=True
            )

    def _ask_open(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Open a project", self.settings.last_folder, f"Project (*{SUFFIX})")
        if path:
            self.open_project(Path(path))

    def _ask_recordings(self) -> None:
        pattern = " ".join(f"*{suffix}" for suffix in sorted(VIDEOS))
        paths, _ = QFileDialog.getOpenFileNames(
            self, "Add recordings", self.settings.last_folder, f"Video ({pattern});;All files (*)"
        )
        if paths:
            self.settings.last_folder = str(Path(paths[0]).parent)
            self.add_recordings([Path(path) for path in paths])

    def _ask_moved(self) -> None:
        path = QFileDialog.getExistingDirectory(self, "Find moved recordings", self.settings.last_folder)
        if path:
            self.find_recording(Path(path))

    # Qt's own

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A key that compares shows its key frame as long as it is held."""
        name = _COMPARED.get(event.key())
        row = self.table.current
        if name is None or row is None or event.modifiers():
            super().keyPressEvent(event)
        elif self._held is None and not event.isAutoRepeat():
            self._held = event.key(), self.index
            self._go(name)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if self._held is None or event.isAutoRepeat() or event.key() != self._held[0]:
            super().keyReleaseEvent(event)
            return
        before, self._held = self._held[1], None
        self.show_frame(before)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.close_project()
        self.settings.review_geometry = bytes(self.saveGeometry().toBase64().data()).decode()
        states = [bytes(splitter.saveState().toBase64().data()).decode() for splitter in self._splitters]
        self.settings.review_layout = " ".join(states)
        try:
            self._save(self.settings)
        except (FleetingError, OSError) as error:
            self.banner.say(str(error))
        super().closeEvent(event)
