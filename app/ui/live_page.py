"""The window's content: video, motion curve, label, key frames and events of one source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSplitter, QVBoxLayout, QWidget

from app.live.views import MotionPoint, View
from app.settings import Settings
from app.ui.banner import Banner
from app.ui.curve import MotionCurve
from app.ui.event_list import EventList
from app.ui.label_card import LabelCard
from app.ui.strip import Strip
from app.ui.texts import MEANING
from app.ui.video_view import VideoView

if TYPE_CHECKING:
    from model.events import Event
    from model.pipeline import FaceState
    from model.recognition import Recognition

# Seconds of stream time for which a label stays on the face after its movement.
_LABEL_STAYS_S: Final = 2.0


class LivePage(QWidget):
    """Shows what the workers found; knows nothing of threads."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.banner = Banner()
        self.video = VideoView()
        self.curve = MotionCurve()
        self.card = LabelCard()
        self.strip = Strip()
        self.events = EventList(settings.all_kinds)
        self.events.chosen.connect(self._show_again)
        self.micro_count = 0
        """Micro-expressions of the running source so far."""
        self._labels: dict[int, tuple[float, Recognition]] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 4)
        layout.addWidget(self.banner)
        layout.addWidget(self._columns(), 1)

    def reset(self, message: str) -> None:
        """Forgets the source before; ``message`` stands in for the picture that is to come."""
        self.banner.dismiss()
        self.events.clear_events()
        self.strip.clear()
        self.curve.clear_curve()
        self.card.show_nothing()
        self.video.clear()
        self.video.show_message(message)
        self.micro_count = 0
        self._labels.clear()

    def apply(self, settings: Settings) -> None:
        """Takes over what the person switched."""
        for widget in (self.video, self.strip):
            widget.heatmap_shown = settings.heatmap
            widget.opacity = settings.opacity / 100
            widget.colours = settings.colour_map
        self.video.outline = settings.outline
        self.video.update()
        self.strip.refresh()
        self.curve.update_colours()
        self.events.events.show_all_kinds(settings.all_kinds)

    def show_view(self, view: View) -> None:
        """Shows a frame with the labels that hold at its time."""
        self.video.show_view(view, self._labels_at(view.frame.time, view.faces))

    def scroll_curve(self, points: list[MotionPoint]) -> None:
        """Moves the motion curve on."""
        self.curve.append(points)
        self.curve.refresh()

    def add_event(self, event: Event) -> None:
        """Lists and marks an event; a micro-expression is shown unless the person looks at another one."""
        self.events.append(event)
        self.curve.mark(event)
        if not event.is_micro or event.recognition is None:
            return
        self.micro_count += 1
        self._labels[event.face] = (event.spot.offset + _LABEL_STAYS_S, event.recognition)
        if not self.events.selectionModel().hasSelection():
            self._show_again(event)

    def _show_again(self, event: Event) -> None:
        self.strip.show_event(event)
        if event.recognition is not None:
            self.card.show_recognition(event.recognition, f"at {event.spot.apex:.2f} s")
        else:
            self.card.show_nothing(f"{event.kind} at {event.spot.apex:.2f} s, {', '.join(event.spot.regions[:3])}")

    def _labels_at(self, time: float, faces: tuple[FaceState, ...]) -> dict[int, Recognition]:
        """What to show on each face: the movement under way, else the last one for a moment."""
        labels = {face: guess for face, (until, guess) in self._labels.items() if time <= until}
        for state in faces:
            guess = state.provisional
            if guess is not None and guess.emotion != "none":
                labels[state.face.track] = guess
        return labels

    def _columns(self) -> QSplitter:
        left = QSplitter(Qt.Orientation.Vertical)
        left.addWidget(self.video)
        left.addWidget(self.curve)
        left.setStretchFactor(0, 4)
        left.setStretchFactor(1, 1)
        note = QLabel(MEANING)
        note.setWordWrap(True)
        note.setObjectName("note")
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(4, 0, 0, 0)
        column.addWidget(self.card)
        column.addWidget(self.strip)
        column.addWidget(self.events, 1)
        column.addWidget(note)
        columns = QSplitter(Qt.Orientation.Horizontal)
        columns.addWidget(left)
        columns.addWidget(right)
        columns.setStretchFactor(0, 2)
        columns.setStretchFactor(1, 1)
        columns.setSizes([840, 420])
        columns.setChildrenCollapsible(False)
        return columns
