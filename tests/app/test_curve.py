import sys

import numpy as np

from app.live.views import MotionPoint
from app.ui.curve import MotionCurve
from model.events import Event
from model.spot import Spot


def test_redrawing_loses_no_reference_to_none(qtbot):
    """Some releases of PySide6 do, and end the program after a minute (docs/decisions/0002-pyside6-6.9.md)."""
    curve = MotionCurve()
    qtbot.addWidget(curve)
    curve.resize(500, 200)
    curve.show()
    curve.mark(Event(1, 0, Spot("macro", 0.2, 0.3, 0.8, 6, 9, 24, 0.01, ("nose",))))

    def redraw(step):
        curve.append([MotionPoint(step / 30, 1.0 + np.sin(step))])
        curve.refresh()
        qtbot.wait(1)

    for step in range(20):
        redraw(step)
    before = sys.getrefcount(None)
    for step in range(20, 120):
        redraw(step)
    assert abs(sys.getrefcount(None) - before) < 100


def test_the_curve_scrolls_and_forgets(qtbot):
    curve = MotionCurve()
    qtbot.addWidget(curve)
    curve.mark(Event(1, 0, Spot("macro", 0.2, 0.3, 0.8, 6, 9, 24, 0.01, ("nose",))))
    curve.append([MotionPoint(i / 30, None if i % 50 == 0 else 0.5) for i in range(30 * 60)])
    curve.refresh()
    assert len(curve._points) <= 301
    assert not curve._marks
    assert curve.viewRange()[0][1] >= 59
    curve.clear_curve()
    assert not curve._points
