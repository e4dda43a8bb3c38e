"""The review window: recordings, picture, timeline, events, and what a rater says of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from PySide6.QtCore import QByteArray
from PySide6.QtGui import QAction, QCloseEvent, QIcon, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLabel, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from app.errors import FleetingError
from app.models import chosen_model
from app.session.review import ReviewRow, review_rows
from app.session.session import Session
from app.settings import Settings, save_settings
from app.ui.banner import Banner
from app.ui.review.actions import COMMANDS
from app.ui.review.agreement_dialog import AgreementDialog
from app.ui.review.asking import ask_moved, ask_new_project, ask_project, ask_recordings, may_remove
from app.ui.review.editor import MarkEditor
from app.ui.review.event_table import EventTable
from app.ui.review.export_dialog import ExportDialog
from app.ui.review.frame_view import FrameView
from app.ui.review.judging import Judging
from app.ui.review.lanes import lanes
from app.ui.review.layout import arrange, stacked
from app.ui.review.note_list import NoteList
from app.ui.review.project import OpenProject
from app.ui.review.recordings import RecordingList
from app.ui.review.sheet import ShortcutSheet
from app.ui.review.start_page import StartPage
from app.ui.review.timeline import Timeline
from app.ui.review.toolbar import ReviewBar
from app.ui.review.viewing import Viewing
from app.ui.theme import apply_theme
from assets import ICON

# What was done stays in the status bar for so long (milliseconds).
_TOLD_MS: Final = 4000


class ReviewWindow(QMainWindow):
    """Reviews the recordings of a project.

    Args:
        settings: The person's choices; changed in place and saved on closing.
        save: Stores the settings.
    """

    def __init__(self, settings: Settings, save: Callable[[Settings], None] = save_settings) -> None:
        super().__init__()
        self.settings, self._save = settings, save
        self.project = OpenProject(settings, self)
        self.all_kinds = False
        self._verdicts: dict[int, tuple[int, int]] = {}
        apply_theme(settings.theme)
        self.setWindowTitle("Fleeting: review")
        self.setWindowIcon(QIcon(str(ICON)))
        self._build()
        self._connect()
        self.resize(1360, 860)
        if settings.review_geometry:
            self.restoreGeometry(QByteArray.fromBase64(settings.review_geometry.encode()))
        if settings.review_layout:
            for splitter, state in zip(self._splitters, settings.review_layout.split(), strict=False):
                splitter.restoreState(QByteArray.fromBase64(state.encode()))

    @property
    def session(self) -> Session | None:
        """Of the project that is open; None if none is."""
        return self.project.session

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
        self.viewing = Viewing(self.view, lambda: self.table.current, self)
        self.judging = Judging(self.table, self.viewing, self.settings, self.project.tried, self)
        middle, right = stacked(self.view, self.place), stacked(self.table, self.editor, self.notes)
        upper, whole = arrange(self.recordings, middle, right, self.timeline)
        self._splitters = (upper, whole)
        self.pages = QStackedWidget()
        self.start = StartPage(self.settings.last_project)
        self.pages.addWidget(self.start)
        self.pages.addWidget(whole)
        ground = QWidget()
        column = QVBoxLayout(ground)
        column.setContentsMargins(8, 4, 8, 4)
        column.addWidget(self.banner)
        column.addWidget(self.pages, 1)
        self.setCentralWidget(ground)
        bar = ReviewBar(self.command, self)
        self.addToolBar(bar)
        self.buttons, self.rater_box = bar.buttons, bar.rater
        self.rater_box.setText(self.settings.rater)
        actions = {}
        for command in COMMANDS:
            action = actions[command.name] = QAction(command.text, self)
            action.setShortcut(QKeySequence(command.keys))
            action.triggered.connect(self.command(command.name))
            self.addAction(action)
        self.recordings.project_menu.addActions([actions["new_project"], actions["other_project"]])

    def _connect(self) -> None:
        self.rater_box.editingFinished.connect(self._rater_changed)
        self.start.new.connect(self.new_project)
        self.start.open.connect(self.other_project)
        self.start.last.connect(lambda path: self.open_project(Path(path)))
        self.project.closing.connect(self._close_recording)
        self.project.ended.connect(self._ended)
        self.project.advanced.connect(self._show_recordings)
        self.project.refused.connect(self.banner.say)
        self.recordings.chosen.connect(self.open_recording)
        self.recordings.add.connect(self._ask_recordings)
        self.recordings.find_moved.connect(self._ask_moved)
        self.recordings.pause.connect(self.project.pause)
        self.recordings.cancel.connect(self.project.cancel)
        self.recordings.again.connect(self.project.again)
        self.recordings.remove.connect(self._ask_remove)
        self.timeline.sought.connect(self.viewing.seek)
        self.timeline.chosen.connect(self._choose_key)
        self.table.chosen.connect(self._chosen)
        self.viewing.moved.connect(self._show_place)
        self.viewing.switched.connect(self._show_switches)
        self.viewing.failed.connect(self._frame_failed)
        self.judging.changed.connect(self._refresh)
        self.judging.added.connect(lambda key: self._choose_key(key, move=False))
        self.judging.refused.connect(self.banner.say)
        self.judging.told.connect(self._tell)
        self.editor.verdict.connect(self.judging.judge)
        self.editor.label.connect(self.judging.label)
        self.editor.here.connect(self.judging.move_here)
        self.editor.note.connect(self.judging.note)
        self.editor.participant.connect(self.judging.name_face)
        self.notes.sought.connect(self.viewing.seek)
        self.notes.rewrite.connect(self.judging.ask_note)

    def command(self, name: str) -> Callable[[], None]:
        """What a command's name stands for: the window's own, or that of one of its parts."""
        owner = next(part for part in (self, self.viewing, self.judging) if hasattr(part, name))
        found: Callable[[], None] = getattr(owner, name)
        return found

    # Projects and recordings

    def open_project(self, path: Path, *, create: bool = False) -> None:
        """Opens a project; the one that is open is closed, or stays if it is the same."""
        if self.session is not None and not create and path.absolute() == self.session.path.absolute():
            return
        session = self.project.open(path, create=create)
        if session is None:
            return
        if session.recovered:
            self.banner.say(session.recovered)
        self.settings.last_project = str(path)
        self.setWindowTitle(f"{path.stem}: Fleeting")
        self.recordings.show_project(path)
        self.pages.setCurrentIndex(1)
        done = self.project.done()
        if done:
            self.recordings.select(done[0])
        else:
            self.view.show_message(
                "Add recordings: they are analysed one after another, and you can review each as soon as it is done."
            )
        self._refresh()

    def open_recording(self, number: int) -> None:
        """Shows a recording that was analysed."""
        if self.session is None:
            return
        self._close_recording()
        recording, analysis = self.session.recording(number), self.session.analysis(number)
        if analysis is None:
            self.view.show_message(recording.problem or "This recording is not analysed yet.")
        else:
            self.view.show_message(f"Opening {recording.name} …")
            self.timeline.set_motion(analysis.times, analysis.motion)
        self.viewing.open(number, analysis, recording.path, chosen_model(self.settings.model))
        self._refresh()
        if self.table.shown:
            self.table.step(0)

    def _close_recording(self) -> None:
        self.viewing.close()
        # On a busy machine the next one's first frame takes seconds: nobody shall take this one's for it meanwhile.
        self.view.show_message("")
        self.timeline.set_motion(np.zeros(0), np.zeros((0, 3), np.float32))
        self.timeline.set_lanes([])
        self.table.set_rows([], {})

    def find_recording(self, folder: Path) -> None:
        """Looks in a folder for recordings that were moved."""
        found = self.project.find_moved(folder)
        self.banner.dismiss()
        self.banner.say(f"Found: {', '.join(r.name for r in found)}." if found else f"None of them lies in {folder}.")
        self.recordings.find_button.setVisible(not found)
        if self.viewing.number is not None and self.viewing.number in {r.id for r in found}:
            self.open_recording(self.viewing.number)

    # Moving

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
        self._tell("Every listed event has a verdict.")

    def _tell(self, what: str) -> None:
        self.statusBar().showMessage(what, _TOLD_MS)

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

    # Other windows

    def show_agreement(self) -> None:
        """How far raters and the model agree."""
        if self.session is None or self.viewing.blind:
            return
        dialog = AgreementDialog(self.session, self.viewing.number, self)
        dialog.chosen.connect(self._visit)
        dialog.show()

    def show_export(self) -> None:
        """Writes files for other programs."""
        if self.session is None:
            return
        dialog = ExportDialog(
            self.session, self.viewing.number, self.settings.last_folder, chosen_model(self.settings.model), self
        )
        if dialog.exec() == ExportDialog.DialogCode.Accepted:
            self.settings.last_folder = str(dialog.folder)
            self.banner.say(dialog.said)
        dialog.deleteLater()

    def _visit(self, number: int, time: float) -> None:
        if number != self.viewing.number:
            self.recordings.select(number)
        self.viewing.seek(time)
        self.timeline.show_around(time, time)

    # News

    def _ended(self, numbers: list[int]) -> None:
        for number in numbers:
            if self.viewing.number in (number, None):
                self.open_recording(number)
        self._count_verdicts()

    def _frame_failed(self, reason: str) -> None:
        """Says why a frame cannot be shown; a recording that is gone can be looked for."""
        self.banner.say(reason)
        number = self.viewing.number
        recording = self.session.recording(number) if self.session and number is not None else None
        if recording is not None and not recording.path.exists():
            self.view.show_message(
                f"{recording.name} is not at its place any more. What you said of it is safe.\n"
                "Choose 'Find moved recordings …' and name the folder where it lies now."
            )
            self.recordings.find_button.show()
        elif not self.view.has_picture:
            self.view.show_message(reason)

    # Showing

    def toggle_blind(self) -> None:
        """Hides the model's opinion, or shows it again."""
        self.viewing.toggle_blind()
        for name in ("toggle_kinds", "show_attention", "show_agreement"):
            self.buttons[name].setEnabled(not self.viewing.blind)
        self._refresh()

    def toggle_kinds(self) -> None:
        self.all_kinds = not self.all_kinds and not self.viewing.blind
        self.buttons["toggle_kinds"].setChecked(self.all_kinds)
        self._refresh()

    def _refresh(self) -> None:
        """Shows what the project holds now."""
        self._count_verdicts()
        self._show_recordings()
        number, analysis, blind = self.viewing.number, self.viewing.analysis, self.viewing.blind
        if self.session is None or number is None or analysis is None:
            self.editor.show_row(None, {}, "")
            self.notes.show_notes([], {})
            return
        own = self.judging.rater(self.session)
        rows = review_rows(analysis.events, self.session.marks(number, own), all_kinds=self.all_kinds, blind=blind)
        self.table.set_rows(rows, self.session.face_codes(number))
        self.notes.show_notes(
            [note for note in self.session.notes(number) if not blind or note.rater == own],
            {rater.id: rater.code for rater in self.session.raters()},
        )
        self.timeline.set_lanes(lanes(self.session, number, analysis, rows, self.settings.rater, blind))
        self._show_row(self.table.current)

    def _show_recordings(self) -> None:
        session, queue = self.project.session, self.project.queue
        if session is not None and queue is not None:
            self.recordings.show_recordings(session.recordings(), queue.progress, self._verdicts, queue.paused)

    def _count_verdicts(self) -> None:
        if self.session is not None:
            rater = self.judging.rater(self.session)
            self._verdicts = {number: self.session.judged(number, rater) for number in self.project.done()}

    def _chosen(self, row: ReviewRow) -> None:
        self._show_row(row)
        self.viewing.go_apex()
        self.viewing.look_again()

    def _choose_key(self, key: tuple[int, int], move: bool = True) -> None:
        blocked = self.table.blockSignals(not move)
        found = self.table.select(key)
        self.table.blockSignals(blocked)
        if found:
            self._show_row(self.table.current)

    def _show_row(self, row: ReviewRow | None) -> None:
        names = () if row is None else ("onset", "apex", "offset")
        frames = {name: self.viewing.frame_at(getattr(row, name)) for name in names}
        code = "" if row is None else self.table.model.codes.get(row.face, "")
        self.editor.show_row(row, frames, code)
        self.timeline.select(None if row is None else row.key)
        self.timeline.set_key_frames(None if row is None else (row.onset, row.apex, row.offset))

    def _show_place(self) -> None:
        self.place.setText(self.viewing.place)
        self.timeline.set_cursor(self.viewing.now)

    def _show_switches(self) -> None:
        viewing = self.viewing
        self.buttons["toggle_play"].setText("■ Stop" if viewing.playing else "▶ Play")
        for name, on in (
            ("toggle_blind", viewing.blind),
            ("toggle_loop", viewing.looping),
            ("flicker", viewing.flickers),
            ("zoom_face", self.view.zoomed),
            ("show_flow", viewing.flow),
            ("show_attention", viewing.attention),
        ):
            self.buttons[name].setChecked(on)

    # Help

    def _rater_changed(self) -> None:
        code = self.rater_box.text().strip()
        if not code:
            self.rater_box.setText(self.settings.rater)
        elif code != self.settings.rater:
            self.settings.rater = code
            self._refresh()
        self.setFocus()

    def _ask_remove(self, number: int) -> None:
        assert self.session is not None
        if may_remove(self, self.session.recording(number).name):
            self.remove_recording(number)

    def remove_recording(self, number: int) -> None:
        """Forgets a recording; its file stays."""
        if number == self.viewing.number:
            self._close_recording()
        self.project.forget(number)
        self._refresh()

    def new_project(self) -> None:
        """Asks where a new project shall lie, and opens it."""
        path = ask_new_project(self, self.settings.last_folder)
        if path is not None:
            self.open_project(path, create=True)

    def other_project(self) -> None:
        """Asks for a project, and opens it."""
        path = ask_project(self, self.settings.last_folder)
        if path is not None:
            self.open_project(path)

    def _ask_recordings(self) -> None:
        paths = ask_recordings(self, self.settings.last_folder)
        if paths:
            self.settings.last_folder = str(paths[0].parent)
            self.project.add(paths)

    def _ask_moved(self) -> None:
        folder = ask_moved(self, self.settings.last_folder)
        if folder is not None:
            self.find_recording(folder)

    # Qt's own

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.viewing.press(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not self.viewing.release(event):
            super().keyReleaseEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.project.close()
        self.settings.review_geometry = bytes(self.saveGeometry().toBase64().data()).decode()
        states = [bytes(splitter.saveState().toBase64().data()).decode() for splitter in self._splitters]
        self.settings.review_layout = " ".join(states)
        try:
            self._save(self.settings)
        except (FleetingError, OSError) as error:
            self.banner.say(str(error))
        super().closeEvent(event)
