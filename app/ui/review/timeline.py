"""The timeline: curves of motion above lanes of movements, both over the same stretch of time."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPalette
from PySide6.QtWidgets import QWidget

from app.ui.review.event_table import clock
from model.labels import EMOTION_COLOURS
from model.regions import GROUPS

# Colours that colour-blind people can tell apart (Okabe and Ito).
_CURVES: Final = dict(zip(GROUPS, ("#0072B2", "#999999", "#D55E00"), strict=True))
_OTHER: Final = "#8a8a8a"
_REJECTED: Final = "#c9c9c9"
# The axis shows at least this much motion (percent), so that rest looks like rest; a turned head may exceed it.
_LEAST_RANGE: Final = 2.5
_MOST_RANGE: Final = 8.0
# The shortest stretch of time that can be zoomed to, seconds.
_SHORTEST_S: Final = 0.2
# Share of a lane's height that its bars fill; bars narrower than so many pixels are drawn so wide.
_BAR: Final = 0.72
_NARROWEST_PX: Final = 2.0
# About an event, so many seconds are shown on both sides.
_AROUND_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A movement on a lane.

    Attributes:
        start: Seconds.
        end: Seconds.
        colour: As ``#rrggbb``.
        key: Of the row behind it; None if it cannot be chosen.
        hollow: Drawn as an outline only (rejected).
    """

    start: float
    end: float
    colour: str
    key: tuple[int, int] | None = None
    hollow: bool = False


def colour_of(label: str, verdict: str = "") -> str:
    """The colour of a movement on a lane."""
    return _REJECTED if verdict == "rejected" else EMOTION_COLOURS.get(label, _OTHER)


class _Lanes(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph ships no types
    """Bars on lanes; only what is in view is drawn, so that hours cost no more than minutes."""

    def __init__(self) -> None:
        super().__init__()
        self._lanes: list[list[Bar]] = []
        self._starts: list[list[float]] = []
        self._longest: list[float] = []
        self._end = 1.0
        self.selected: tuple[int, int] | None = None

    def set_lanes(self, lanes: Sequence[Sequence[Bar]], end: float) -> None:
        self.prepareGeometryChange()
        self._lanes = [sorted(lane, key=lambda bar: bar.start) for lane in lanes]
        self._starts = [[bar.start for bar in lane] for lane in self._lanes]
        self._longest = [max((bar.end - bar.start for bar in lane), default=0.0) for lane in self._lanes]
        self._end = max(end, 1e-3)
        self.update()

    def bar_at(self, time: float, height: float) -> Bar | None:
        """The bar under a place, with some tolerance for narrow ones."""
        lane = int(height)
        if not 0 <= lane < len(self._lanes):
            return None
        tolerance = _NARROWEST_PX * self._pixel()
        near = [bar for bar in self._within(lane, time, time) if bar.start - tolerance <= time <= bar.end + tolerance]
        return min(near, key=lambda bar: abs((bar.start + bar.end) / 2 - time), default=None)

    def boundingRect(self) -> QRectF:
        return QRectF(0.0, 0.0, self._end, max(1, len(self._lanes)))

    def paint(self, painter: QPainter, *_: object) -> None:
        view = self.viewRect()
        narrowest = _NARROWEST_PX * self._pixel()
        for lane in range(len(self._lanes)):
            top = lane + (1 - _BAR) / 2
            for bar in self._within(lane, view.left(), view.right()):
                width = max(bar.end - bar.start, narrowest)
                box = QRectF(bar.start - (width - (bar.end - bar.start)) / 2, top, width, _BAR)
                colour = QColor(bar.colour)
                chosen = bar.key is not None and bar.key == self.selected
                painter.setPen(pg.mkPen("#e69f00" if chosen else colour, width=3 if chosen else 1))
                painter.setBrush(Qt.BrushStyle.NoBrush if bar.hollow else colour)
                painter.drawRect(box)

    def _within(self, lane: int, left: float, right: float) -> list[Bar]:
        starts = self._starts[lane]
        margin = _NARROWEST_PX * self._pixel()
        first = bisect.bisect_left(starts, left - self._longest[lane] - margin)
        last = bisect.bisect_right(starts, right + margin)
        return self._lanes[lane][first:last]

    def _pixel(self) -> float:
        """Seconds that a pixel is wide."""
        vector = self.pixelVectors()[0]
        return abs(float(vector.x())) if vector is not None else 0.0


class Timeline(pg.GraphicsLayoutWidget):  # type: ignore[misc]  # pyqtgraph ships no types
    """Curves and lanes over a recording; the wheel zooms, dragging moves, a click goes there."""

    sought = Signal(float)
    """Seconds that were clicked."""
    chosen = Signal(object)
    """Key of the movement that was clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Timeline")
        self.setToolTip(
            "Motion of brows, eyelids and lower face in percent of the distance of the eyes; movements below"
        )
        self.setMinimumHeight(190)
        self._curves = self.addPlot(row=0, col=0)
        self._lane_plot = self.addPlot(row=1, col=0)
        self._lane_plot.setXLink(self._curves)
        self.ci.layout.setRowStretchFactor(0, 3)
        self.ci.layout.setRowStretchFactor(1, 2)
        self.ci.setContentsMargins(0, 0, 0, 0)
        self.ci.setSpacing(0)
        for plot in (self._curves, self._lane_plot):
            plot.setMenuEnabled(False)
            plot.hideButtons()
            plot.setMouseEnabled(x=True, y=False)
            plot.getAxis("left").setWidth(84)
        self._curves.setLabel("left", "motion, %")
        self._curves.getAxis("bottom").setStyle(showValues=False)
        self._curves.showGrid(x=True, y=True, alpha=0.15)
        self._curves.setDownsampling(auto=True, mode="peak")
        self._curves.setClipToView(True)
        self._legend = self._curves.addLegend(offset=(-8, 4), horSpacing=14, colCount=3)
        self._lines = {
            name: self._curves.plot(pen=pg.mkPen(colour, width=1), name=name, connect="finite")
            for name, colour in _CURVES.items()
        }
        self._lanes = _Lanes()
        self._lane_plot.addItem(self._lanes)
        self._lane_plot.getAxis("bottom").tickStrings = lambda values, _scale, _spacing: [clock(v) for v in values]
        self._cursors = [pg.InfiniteLine(0.0, angle=90, pen=pg.mkPen("#e69f00", width=1)) for _ in range(2)]
        self._keys = [
            pg.InfiniteLine(0.0, angle=90, pen=pg.mkPen("#009E73", style=Qt.PenStyle.DashLine)) for _ in range(3)
        ]
        for line in self._keys:
            line.hide()
            self._curves.addItem(line, ignoreBounds=True)
        for plot, cursor in zip((self._curves, self._lane_plot), self._cursors, strict=True):
            plot.addItem(cursor, ignoreBounds=True)
        self._end = 1.0
        self.scene().sigMouseClicked.connect(self._clicked)
        self.update_colours()

    def set_motion(self, times: npt.NDArray[np.float64], motion: npt.NDArray[np.float32]) -> None:
        """Shows a recording's curves.

        Args:
            times: ``[n]`` seconds.
            motion: ``[n, 3]`` percent, NaN without a face.
        """
        self._end = float(times[-1]) if len(times) else 1.0
        for column, line in enumerate(self._lines.values()):
            line.setData(times, motion[:, column] if len(times) else [])
        # Most of the time decides, not the largest turn of the head.
        finite = motion[np.isfinite(motion)]
        top = float(np.percentile(finite, 99.5)) if len(finite) else 0.0
        self._curves.setYRange(0.0, min(_MOST_RANGE, max(_LEAST_RANGE, 1.2 * top)), padding=0)
        for plot in (self._curves, self._lane_plot):
            plot.setLimits(xMin=0.0, xMax=max(self._end, _SHORTEST_S), minXRange=_SHORTEST_S)
        self.show_all()

    def set_lanes(self, lanes: Sequence[tuple[str, Sequence[Bar]]]) -> None:
        """Shows lanes, the first one on top."""
        self._lanes.set_lanes([bars for _, bars in lanes], self._end)
        self._lane_plot.setYRange(0, max(1, len(lanes)), padding=0)
        self._lane_plot.invertY(True)
        ticks = [(n + 0.5, name if len(name) <= 11 else f"{name[:10]}…") for n, (name, _) in enumerate(lanes)]
        self._lane_plot.getAxis("left").setTicks([ticks])

    def set_cursor(self, time: float) -> None:
        """Marks the moment that is on screen, and keeps it in view."""
        for cursor in self._cursors:
            cursor.setValue(time)
        left, right = self.span
        if not left <= time <= right:
            width = right - left
            self._curves.setXRange(max(0.0, time - 0.1 * width), max(0.0, time - 0.1 * width) + width, padding=0)

    def set_key_frames(self, times: Sequence[float] | None) -> None:
        """Marks onset, apex and offset of the chosen movement."""
        for n, line in enumerate(self._keys):
            line.setVisible(times is not None)
            if times is not None:
                line.setValue(times[n])

    def select(self, key: tuple[int, int] | None) -> None:
        """Marks the chosen movement's bars."""
        self._lanes.selected = key
        self._lanes.update()

    @property
    def span(self) -> tuple[float, float]:
        """Seconds in view, from and to."""
        left, right = self._curves.viewRange()[0]
        return float(left), float(right)

    def show_all(self) -> None:
        self._curves.setXRange(0.0, max(self._end, _SHORTEST_S), padding=0)

    def show_around(self, start: float, end: float) -> None:
        """Zooms to a stretch with its surroundings."""
        self._curves.setXRange(max(0.0, start - _AROUND_S), min(self._end, end + _AROUND_S), padding=0)

    def update_colours(self) -> None:
        """Takes the window's colours."""
        palette = self.palette()
        self.setBackground(palette.color(QPalette.ColorRole.Base))
        text = palette.color(QPalette.ColorRole.WindowText)
        for plot in (self._curves, self._lane_plot):
            for side in ("left", "bottom"):
                plot.getAxis(side).setPen(text)
                plot.getAxis(side).setTextPen(text)
        self._legend.setLabelTextColor(text)

    def _clicked(self, event: Any) -> None:  # noqa: ANN401 - pyqtgraph ships no types
        if event.button() != Qt.MouseButton.LeftButton:
            return
        position: QPointF = event.scenePos()
        for plot in (self._curves, self._lane_plot):
            if plot.sceneBoundingRect().contains(position):
                place = plot.vb.mapSceneToView(position)
                bar = self._lanes.bar_at(place.x(), place.y()) if plot is self._lane_plot else None
                if bar is not None and bar.key is not None:
                    self.chosen.emit(bar.key)
                else:
                    self.sought.emit(float(min(max(0.0, place.x()), self._end)))
