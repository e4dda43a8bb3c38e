"""The picture with what the program sees in it."""

from __future__ import annotations

import time
from collections import deque
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPaintEvent, QPen, QPolygonF, QTransform
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.live.views import View
from app.session.overlay import FACE_OVAL
from app.ui.pictures import heatmap, to_qimage
from model.crop import crop_transform
from model.labels import EMOTION_COLOURS
from model.pipeline import FaceState
from model.recognition import Recognition

# Paint delays kept for the bench and the status bar: two minutes at 30 fps.
_DELAYS: Final = 3600


class VideoView(QWidget):
    """Shows the newest frame with outlines, labels and the attention heatmap."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Video")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 240)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.message = ""
        self.outline = True
        self.heatmap_shown = True
        self.opacity = 0.6
        self.colours = "viridis"
        self.displayed = 0
        self.delays: deque[float] = deque(maxlen=_DELAYS)
        """Seconds from capture to paint of the newest frames."""
        self._view: View | None = None
        self._image: QImage | None = None
        self._labels: dict[int, Recognition] = {}
        self._heat: dict[int, tuple[int, str, float, QImage]] = {}

    def sizeHint(self) -> QSize:
        return QSize(800, 600)

    def show_view(self, view: View, labels: dict[int, Recognition]) -> None:
        """Shows a frame.

        Args:
            view: The frame and its faces.
            labels: Face track to the recognition to show on it.
        """
        self._view = view
        self._image = to_qimage(view.frame.image)
        self._labels = labels
        self.displayed += 1
        self.update()

    def show_message(self, message: str) -> None:
        """Shows a sentence instead of a picture, or under the last one."""
        self.message = message
        self.update()

    def clear(self) -> None:
        self._view = self._image = None
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor("#16181c"))
        if self._image is not None and self._view is not None:
            target = self._target(self._image)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(target, self._image)
            self._paint_faces(painter, target, self._view)
            if self._view.captured_at:
                self.delays.append(time.monotonic() - self._view.captured_at)
                self._view = View(self._view.frame, self._view.faces, 0.0)
        if self.message:
            self._paint_message(painter)

    def _target(self, image: QImage) -> QRectF:
        scale = min(self.width() / image.width(), self.height() / image.height())
        width, height = image.width() * scale, image.height() * scale
        return QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)

    def _paint_faces(self, painter: QPainter, target: QRectF, view: View) -> None:
        assert self._image is not None
        scale = target.width() / self._image.width()
        to_widget = QTransform(scale, 0, 0, scale, target.x(), target.y())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for state in view.faces:
            guess = self._labels.get(state.face.track)
            if guess is not None and self.heatmap_shown:
                self._paint_heat(painter, to_widget, state, guess)
            colour = QColor(EMOTION_COLOURS[guess.label if guess else "none"])
            if self.outline:
                points = [to_widget.map(QPointF(x, y)) for x, y in state.face.landmarks[list(FACE_OVAL)].tolist()]
                painter.setPen(QPen(colour if guess else QColor(255, 255, 255, 170), 2.5 if guess else 1.2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawPolygon(QPolygonF(points))
            if guess is not None:
                top = to_widget.map(QPointF(*state.face.landmarks.min(axis=0).tolist()))
                self._paint_label(painter, top, f"{guess.label} {guess.percent}%", colour)

    def _paint_heat(self, painter: QPainter, to_widget: QTransform, state: FaceState, guess: Recognition) -> None:
        crop = crop_transform(state.face.landmarks)
        matrix = QTransform(crop[0, 0], crop[1, 0], crop[0, 1], crop[1, 1], crop[0, 2], crop[1, 2])
        inverse, invertible = matrix.inverted()
        if not invertible:
            return
        track = state.face.track
        kept = self._heat.get(track)
        if kept is None or kept[:3] != (id(guess), self.colours, self.opacity):
            apex = guess.spatial[1]
            kept = (id(guess), self.colours, self.opacity, heatmap(apex, self.colours, self.opacity))
            self._heat = {n: h for n, h in self._heat.items() if n in self._labels} | {track: kept}
        painter.save()
        painter.setTransform(inverse * to_widget)
        painter.drawImage(QPointF(0, 0), kept[3])
        painter.restore()

    def _paint_label(self, painter: QPainter, at: QPointF, text: str, colour: QColor) -> None:
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 1.3)
        font.setBold(True)
        painter.setFont(font)
        box = painter.fontMetrics().boundingRect(text).adjusted(-6, -3, 6, 3)
        box.moveBottomLeft(QPointF(max(4.0, at.x()), max(box.height() + 4.0, at.y() - 6)).toPoint())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 190))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(colour.lighter(130))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_message(self, painter: QPainter) -> None:
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 1.2)
        painter.setFont(font)
        room = self.rect().adjusted(24, 24, -24, -24)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        if self._image is not None:
            flags = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
        box = painter.boundingRect(room, flags, self.message).adjusted(-12, -8, 12, 8)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 170))
        painter.drawRoundedRect(box, 6, 6)
        painter.setPen(QColor("#f2f2f2"))
        painter.drawText(room, flags, self.message)
