"""The project that is open in the review window: its session, and the queue that analyses its recordings."""

from __future__ import annotations

from collections.abc import Callable
from operator import methodcaller
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.batch import CONFIG
from app.errors import FleetingError
from app.models import chosen_model
from app.session.queue import AnalysisQueue
from app.session.records import Recorded
from app.session.session import Session
from app.settings import Settings

# The queue is asked for news this often (milliseconds).
_QUEUE_TICK_MS: Final = 250


class OpenProject(QObject):
    """A project while it is open; none is at first.

    Args:
        settings: Names the network that analyses.
        parent: Its owner.

    Attributes:
        closing: A project is about to be closed.
        ended: Recordings whose analysis has ended (their numbers).
        advanced: Recordings or the state of their analyses changed.
        refused: Something could not be done, and why.
    """

    closing = Signal()
    ended = Signal(list)
    advanced = Signal()
    refused = Signal(str)

    def __init__(self, settings: Settings, parent: QObject) -> None:
        super().__init__(parent)
        self.session: Session | None = None
        self.queue: AnalysisQueue | None = None
        self._settings = settings
        self._ticker = QTimer(self)
        self._ticker.setInterval(_QUEUE_TICK_MS)
        self._ticker.timeout.connect(self.poll)

    def open(self, path: Path, *, create: bool = False) -> Session | None:
        """Opens a project in place of the one that is open; None, and that one stays, if that cannot be done."""
        try:
            session = Session(path, create=create)
        except FleetingError as error:
            self.refused.emit(str(error))
            return None
        self.close()
        self.session = session
        self.queue = AnalysisQueue(session, chosen_model(self._settings.model), CONFIG)
        self._ticker.start()
        self.poll()
        return session

    def close(self) -> None:
        """Closes the project; analyses that are under way begin again next time."""
        self.closing.emit()
        self._ticker.stop()
        if self.queue is not None:
            self.queue.close()
        self.tried(Session.close)
        self.session = self.queue = None

    def tried(self, change: Callable[[Session], Any]) -> Any:  # noqa: ANN401 - whatever the change returns
        """Makes a change; if it cannot be kept, that is said and nothing is different."""
        if self.session is None:
            return None
        try:
            return change(self.session)
        except FleetingError as error:
            self.refused.emit(str(error))
            return None

    def add(self, paths: list[Path]) -> None:
        """Enters recordings and lets them be analysed."""
        for path in paths:
            self.tried(methodcaller("add_recording", path))
        self.poll()

    def forget(self, number: int) -> None:
        """Takes a recording out; its file stays."""
        if self.queue is not None and number in self.queue.progress:
            self.queue.cancel(number)
        self.tried(methodcaller("forget_recording", number))

    def find_moved(self, folder: Path) -> list[Recorded]:
        """Looks in a folder for recordings that were moved; those that were found."""
        return self.tried(methodcaller("find_moved", folder)) or []

    def pause(self, paused: bool) -> None:
        """Stops analysing after the recording that is under way, or goes on."""
        self._ask(AnalysisQueue.pause if paused else AnalysisQueue.resume)

    def cancel(self, number: int) -> None:
        """Stops the analysis of a recording."""
        self._ask(methodcaller("cancel", number))

    def again(self, number: int) -> None:
        """Lets a recording be analysed once more."""
        self._ask(methodcaller("enqueue", number))

    def done(self) -> list[int]:
        """Recordings that can be reviewed."""
        return [r.id for r in self.session.recordings() if r.status == "done"] if self.session is not None else []

    def poll(self) -> None:
        """Asks the queue for news."""
        if self.queue is None:
            return
        try:
            ended = self.queue.poll()
        except FleetingError as error:
            self.refused.emit(str(error))
            return
        if ended:
            self.ended.emit(ended)
        self.advanced.emit()

    def _ask(self, what: Callable[[AnalysisQueue], None]) -> None:
        if self.queue is not None:
            what(self.queue)
            self.poll()
