"""The strip: onset, apex and offset of one movement, what the network looked at, and how much each counted."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.ui.pictures import heatmap, to_qimage
from model.events import Event
from model.labels import EMOTION_COLOURS
from model.representation import KEY_FRAMES


class KeyFrameTile(QWidget):
    """One key frame with its spatial attention and its temporal weight as a bar."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self.setAccessibleName(f"{name} frame")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumSize(96, 150)
        self._crop: QImage | None = None
        self._heat: QImage | None = None
        self.weight = 0.0
        self._time = ""
        self._colour = QColor(EMOTION_COLOURS["none"])

    def sizeHint(self) -> QSize:
        return QSize(132, 176)

    def show_key_frame(self, crop: QImage, heat: QImage | None, time: float, weight: float, colour: QColor) -> None:
        self._crop, self._heat, self.weight, self._colour = crop, heat, weight, colour
        self._time = f"{time:.3f} s"
        self.setToolTip(f"{self.name} at {self._time}: {weight:.0%} of the network's attention over time")
        self.update()

    def clear(self) -> None:
        self._crop = self._heat = None
        self._time, self.weight = "", 0.0
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        text = self.palette().color(QPalette.ColorRole.WindowText)
        line = painter.fontMetrics().height()
        side = min(self.width(), self.height() - 2 * line - 10)
        box = QRectF((self.width() - side) / 2, line + 2, side, side)
        painter.setPen(text)
        painter.drawText(QRectF(0, 0, self.width(), line), Qt.AlignmentFlag.AlignCenter, f"{self.name}  {self._time}")
        painter.fillRect(box, self.palette().color(QPalette.ColorRole.AlternateBase))
        if self._crop is None:
            return
        painter.drawImage(box, self._crop)
        if self._heat is not None:
            painter.drawImage(box, self._heat)
        bar = QRectF(box.x(), box.bottom() + 4, side, line)
        painter.fillRect(bar, self.palette().color(QPalette.ColorRole.AlternateBase))
        painter.fillRect(QRectF(bar.x(), bar.y(), bar.width() * self.weight, bar.height()), self._colour)
        painter.drawText(bar, Qt.AlignmentFlag.AlignCenter, f"{self.weight:.0%}")


class Strip(QWidget):
    """The three tiles of one event."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Key frames of the movement")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.tiles = [KeyFrameTile(name) for name in KEY_FRAMES]
        for tile in self.tiles:
            layout.addWidget(tile)
        self.event_shown: Event | None = None
        self.heatmap_shown = True
        self.opacity = 0.6
        self.colours = "viridis"

    def show_event(self, event: Event) -> None:
        """Shows an event that was recognised; others clear the strip."""
        self.event_shown = event
        self.refresh()

    def refresh(self) -> None:
        """Draws the event again, as after a change of colours."""
        event = self.event_shown
        if event is None or event.recognition is None or not event.crops:
            self.clear()
            self.event_shown = event
            return
        guess, spot = event.recognition, event.spot
        colour = QColor(EMOTION_COLOURS[guess.label])
        for k, (tile, time) in enumerate(zip(self.tiles, (spot.onset, spot.apex, spot.offset), strict=True)):
            heat = heatmap(guess.spatial[k], self.colours, self.opacity) if self.heatmap_shown else None
            tile.show_key_frame(to_qimage(event.crops[k]), heat, time, float(guess.temporal[k]), colour)

    def clear(self) -> None:
        self.event_shown = None
        for tile in self.tiles:
            tile.clear()
