"""The picture of the review: whole, or close to the face, with a clear mark on what is not as it was filmed."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.live.looking import Box
from app.ui.pictures import to_qimage
from model.frame import Image

# How much of the surroundings the zoom leaves about the face, as a share of the crop's side.
_MARGIN: Final = 0.15
_GROUND: Final = "#16181c"
_MARK: Final = "#8a5a00"


class FrameView(QWidget):
    """Shows one picture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Picture")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 220)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.message = ""
        self.mark = ""
        """What is not as it was filmed, for instance ``motion x 8``."""
        self.zoomed = False
        self._image: QImage | None = None
        self._face: Box | None = None

    def sizeHint(self) -> QSize:
        return QSize(720, 480)

    @property
    def has_picture(self) -> bool:
        return self._image is not None

    def show_picture(self, image: Image, face: Box | None) -> None:
        """Shows a picture; ``face`` is where the zoom goes."""
        self._image = to_qimage(image)
        self._face = face or self._face
        self.message = ""
        self.update()

    def show_message(self, message: str) -> None:
        """Shows a sentence instead of a picture."""
        self._image = self._face = None
        self.message = message
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(_GROUND))
        if self._image is not None:
            source = self._source(self._image)
            scale = min(self.width() / source.width(), self.height() / source.height())
            width, height = source.width() * scale, source.height() * scale
            target = QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(target, self._image, source)
        if self.mark and self._image is not None:
            self._paint_box(painter, self.mark, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, _MARK)
        if self.message:
            self._paint_box(painter, self.message, Qt.AlignmentFlag.AlignCenter, "#000000")

    def _source(self, image: QImage) -> QRectF:
        whole = QRectF(image.rect())
        if not self.zoomed or self._face is None:
            return whole
        left, top, width, height = self._face
        room = QRectF(left, top, width, height)
        return room.adjusted(-_MARGIN * width, -_MARGIN * height, _MARGIN * width, _MARGIN * height) & whole

    def _paint_box(self, painter: QPainter, text: str, where: Qt.AlignmentFlag, ground: str) -> None:
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 1.15)
        painter.setFont(font)
        room = self.rect().adjusted(22, 18, -22, -18)
        flags = where | Qt.TextFlag.TextWordWrap
        box = painter.boundingRect(room, flags, text).adjusted(-10, -6, 10, 6)
        colour = QColor(ground)
        colour.setAlpha(200)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(box, 5, 5)
        painter.setPen(QColor("#ffffff"))
        painter.drawText(room, flags, text)
