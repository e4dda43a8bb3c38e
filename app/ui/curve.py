"""The scrolling curve of facial motion, with the events marked."""

from __future__ import annotations

from collections import deque
from typing import Any, Final

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QWidget

from app.live.views import MotionPoint
from model.events import Event
from model.labels import EMOTION_COLOURS

# Seconds of motion on screen.
_SPAN_S: Final = 10.0
# The axis shows at least this much (percent of the inter-ocular distance), so that rest looks like rest.
_LEAST_RANGE: Final = 2.5
_KIND_COLOURS: Final = {"macro": "#CC79A7", "speech": "#8a8a8a", "blink": "#b0b0b0"}
_OTHER_COLOUR: Final = "#d0d0d0"


class MotionCurve(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph ships no types
    """Motion of the strongest region over the last seconds."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Motion of the face")
        self.setToolTip(
            "Largest displacement of a region of the face from rest, in percent of the distance of the eyes"
        )
        self.setMinimumHeight(120)
        self.setMouseEnabled(x=False, y=False)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.setLabel("left", "motion, %")
        self.setLabel("bottom", "time, s")
        self.showGrid(x=True, y=True, alpha=0.15)
        self._points: deque[MotionPoint] = deque()
        self._line = self.plot(connect="finite")
        self._marks: deque[tuple[Event, Any]] = deque()
        self.update_colours()

    def append(self, points: list[MotionPoint]) -> None:
        """Adds points; call `refresh` to draw them."""
        self._points.extend(points)

    def mark(self, event: Event) -> None:
        """Marks an event's time in its colour."""
        label = event.recognition.label if event.is_micro and event.recognition else ""
        colour = QColor(EMOTION_COLOURS[label] if label else _KIND_COLOURS.get(event.kind, _OTHER_COLOUR))
        colour.setAlpha(110 if event.is_micro else 50)
        region = pg.LinearRegionItem(
            (event.spot.onset, event.spot.offset), movable=False, brush=colour, pen=pg.mkPen(colour, width=1)
        )
        region.setZValue(-10)
        self.addItem(region)
        if label:
            text = pg.InfLineLabel(region.lines[0], label, position=0.93, anchors=[(0, 0.5), (0, 0.5)])
            text.setColor(self.palette().color(QPalette.ColorRole.WindowText))
        self._marks.append((event, region))

    def refresh(self) -> None:
        """Scrolls to the newest point; meant for about 12 times a second."""
        if not self._points:
            return
        newest = self._points[-1].time
        while self._points and self._points[0].time < newest - _SPAN_S:
            self._points.popleft()
        while self._marks and self._marks[0][0].spot.offset < newest - _SPAN_S:
            self.removeItem(self._marks.popleft()[1])
        times = np.array([p.time for p in self._points])
        motion = np.array([np.nan if p.motion is None else p.motion for p in self._points])
        self._line.setData(times, motion)
        self.setXRange(max(0.0, newest - _SPAN_S), max(_SPAN_S, newest), padding=0)
        top = float(np.nanmax(motion)) if np.isfinite(motion).any() else 0.0
        self.setYRange(0.0, max(_LEAST_RANGE, min(1.15 * top, 12.0)), padding=0)

    def clear_curve(self) -> None:
        """Forgets everything, as for a new source."""
        self._points.clear()
        while self._marks:
            self.removeItem(self._marks.popleft()[1])
        self._line.setData([], [])

    def update_colours(self) -> None:
        """Takes the window's colours."""
        palette = self.palette()
        self.setBackground(palette.color(QPalette.ColorRole.Base))
        text = palette.color(QPalette.ColorRole.WindowText)
        self._line.setPen(pg.mkPen(palette.color(QPalette.ColorRole.Link), width=1))
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.setPen(text)
            axis.setTextPen(text)
