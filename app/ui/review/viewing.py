"""What the picture shows of the open recording, and how: which frame, playing, flicker, amplification, overlays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent

from app.live.looking import Look
from app.live.player import Player
from app.session.records import Analysis
from app.session.review import ReviewRow
from app.sources.random_access import open_frames
from app.ui.review.actions import HELD
from app.ui.review.event_table import clock
from app.ui.review.frame_view import FrameView

# Flickering shows each key frame for so long (milliseconds): fast enough that the eye sees the change as motion.
_FLICKER_MS: Final = 300
_SPEEDS: Final = (0.1, 0.25, 0.5, 1.0, 2.0)
_FACTORS: Final = (1.0, 2.0, 4.0, 8.0, 12.0, 20.0)
# Looping, so many seconds are shown about an event.
_LOOP_MARGIN_S: Final = 0.4
_COMPARED: Final = {getattr(Qt.Key, f"Key_{command.keys}"): command.name for command in HELD}


class _Bridge(QObject):
    """Carries the player's 'there is something new' into the window's thread."""

    changed = Signal()


class Viewing(QObject):
    """Moves through a recording and looks at its frames. Commands call its methods by their names.

    Args:
        view: Where the picture appears.
        chosen: Tells the chosen event.
        parent: Owner.
    """

    moved = Signal()
    """Another frame is shown, or frames at another speed."""
    switched = Signal()
    """Something was switched on or off."""
    failed = Signal(str)
    """A frame cannot be shown; with the reason."""

    def __init__(self, view: FrameView, chosen: Callable[[], ReviewRow | None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view, self._chosen = view, chosen
        self.number: int | None = None
        """Of the open recording, analysed or not."""
        self.analysis: Analysis | None = None
        """Of the open recording; none before it was analysed."""
        self.index = 0
        """Of the shown frame."""
        self.playing = self.looping = False
        self.speed, self.factor = 1.0, 1.0
        self.flow = self.attention = False
        self.blind = False
        """Whether the model's opinion is hidden."""
        self._player: Player | None = None
        self._held: tuple[int, int] | None = None
        self._flickering = ("onset", "apex")
        self._flicker = QTimer(self)
        self._flicker.setInterval(_FLICKER_MS)
        self._flicker.timeout.connect(self._flick)
        self._bridge = _Bridge()
        self._bridge.changed.connect(self._take_frame, Qt.ConnectionType.QueuedConnection)

    def open(self, number: int, analysis: Analysis | None, path: Path, model: Path) -> None:
        """Shows a recording from its first frame on.

        Args:
            number: Of the recording.
            analysis: What was found in it; without one there is nothing to show yet.
            path: The recording.
            model: The network whose attention may be shown.
        """
        self.close()
        self.number, self.analysis = number, analysis
        if analysis is not None:
            times = analysis.times
            self._player = Player(lambda: open_frames(path, times), times, self._bridge.changed.emit, model)
            self.show_frame(0)

    def close(self) -> None:
        """Shows no recording any more."""
        self._flicker.stop()
        self._stop_playing()
        if self._player is not None:
            self._player.close()
        self._player = self.analysis = self.number = None
        self.index = 0

    @property
    def now(self) -> float:
        """Seconds of the shown frame."""
        return 0.0 if self.analysis is None else float(self.analysis.times[self.index])

    @property
    def flickers(self) -> bool:
        """Whether two key frames are shown in turn."""
        return self._flicker.isActive()

    @property
    def place(self) -> str:
        """Time and number of the shown frame, and how it is shown."""
        if self.analysis is None:
            return ""
        return (
            f"{clock(self.now)}   frame {self.index} of {len(self.analysis.times) - 1}   speed {self.speed:g} x   "
            f"motion x {self.factor:g}"
        )

    def frame_at(self, time: float) -> int:
        """Index of the frame that is shown at a time in seconds."""
        return 0 if self.analysis is None else self.analysis.frame_at(time)

    # Moving

    def show_frame(self, index: int) -> None:
        """Shows a frame and stops playing."""
        if self._player is None or self.analysis is None:
            return
        self._stop_playing()
        self.index = int(np.clip(index, 0, len(self.analysis.times) - 1))
        self._player.show(self.index)
        self.moved.emit()

    def seek(self, time: float) -> None:
        """Shows the frame of a time in seconds."""
        self.show_frame(self.frame_at(time))

    def frame_back(self) -> None:
        self.show_frame(self.index - 1)

    def frame_on(self) -> None:
        self.show_frame(self.index + 1)

    def second_back(self) -> None:
        self.seek(self.now - 1.0)

    def second_on(self) -> None:
        self.seek(self.now + 1.0)

    def go_onset(self) -> None:
        self._go("onset")

    def go_apex(self) -> None:
        self._go("apex")

    def go_offset(self) -> None:
        self._go("offset")

    def _go(self, name: str) -> None:
        row = self._chosen()
        if row is not None:
            self.seek(getattr(row, name))

    def press(self, event: QKeyEvent) -> bool:
        """Shows a key frame as long as its key is held; False if the key is another's business."""
        name = _COMPARED.get(event.key())
        if name is None or self._chosen() is None or event.modifiers():
            return False
        if self._held is None and not event.isAutoRepeat():
            self._held = event.key(), self.index
            self._go(name)
        return True

    def release(self, event: QKeyEvent) -> bool:
        """Goes back to where a held key came from; False if the key is another's business."""
        if self._held is None or event.isAutoRepeat() or event.key() != self._held[0]:
            return False
        before, self._held = self._held[1], None
        self.show_frame(before)
        return True

    # Playing

    def toggle_play(self) -> None:
        """Plays from the shown frame on, or stops."""
        if self._player is None or self.analysis is None:
            return
        if self.playing:
            self.show_frame(self.index)
            return
        self._flicker.stop()
        row, loop = self._chosen(), None
        if self.looping and row is not None:
            loop = self.frame_at(row.onset - _LOOP_MARGIN_S), self.frame_at(row.offset + _LOOP_MARGIN_S)
        at_end = self.index >= len(self.analysis.times) - 1
        self.playing = True
        self._player.play(0 if at_end else self.index, self.speed, loop)
        self._show_marks()

    def toggle_loop(self) -> None:
        self.looping = not self.looping
        self.show_frame(self.index)
        if self.looping:
            self.toggle_play()

    def slower(self) -> None:
        self._set_speed(-1)

    def faster(self) -> None:
        self._set_speed(1)

    def _set_speed(self, by: int) -> None:
        self.speed = _beside(_SPEEDS, self.speed, by)
        if self.playing:
            self._stop_playing()
            self.toggle_play()
        self.moved.emit()

    def _stop_playing(self) -> None:
        self.playing = False
        self.switched.emit()

    def flicker(self) -> None:
        """Shows onset and apex in turn, so that the eye sees what moved."""
        self._flicker_between("onset", "apex")

    def flicker_back(self) -> None:
        """Shows apex and offset in turn."""
        self._flicker_between("apex", "offset")

    def _flicker_between(self, one: str, two: str) -> None:
        again = self.flickers and self._flickering == (one, two)
        self._flickering = one, two
        if again or self._chosen() is None:
            self._flicker.stop()
        else:
            self._stop_playing()
            self._flicker.start()
        self._show_marks()

    def _flick(self) -> None:
        row = self._chosen()
        if row is None or self._player is None:
            self._flicker.stop()
            self._show_marks()
            return
        one, two = (self.frame_at(getattr(row, name)) for name in self._flickering)
        self.show_frame(one if self.index == two else two)

    # Seeing

    def zoom_face(self) -> None:
        self._view.zoomed = not self._view.zoomed
        self.look_again()

    def amplify_more(self) -> None:
        self._amplify(1)

    def amplify_less(self) -> None:
        self._amplify(-1)

    def _amplify(self, by: int) -> None:
        self.factor = _beside(_FACTORS, self.factor, by)
        self.look_again()

    def show_flow(self) -> None:
        self.flow = not self.flow
        self.look_again()

    def show_attention(self) -> None:
        self.attention = not self.attention and not self.blind
        self.look_again()

    def toggle_blind(self) -> None:
        """Hides the model's opinion, or shows it again; where the network looked is its opinion, too."""
        self.blind = not self.blind
        self.attention = self.attention and not self.blind
        self.look_again()

    def look_again(self) -> None:
        """Shows the frame as it is to be seen now, since the chosen event or a wish has changed."""
        row = self._chosen()
        keys = None if row is None else (self.frame_at(row.onset), self.frame_at(row.apex), self.frame_at(row.offset))
        if self._player is not None:
            self._player.look = Look(keys, self.factor, self.flow, self.attention, self._view.zoomed)
            if not self.playing:
                self._player.show(self.index)
        self._show_marks()

    def _show_marks(self) -> None:
        marks = []
        if self.factor > 1.0:
            marks.append(f"motion amplified x {self.factor:g}: not as it was filmed")
        if self.flow:
            marks.append("colours: direction of the motion since the onset")
        if self.attention:
            marks.append("colours: where the network looked")
        if self.flickers:
            marks.append(f"{' and '.join(self._flickering)} in turn")
        self._view.mark = "\n".join(marks)
        self._view.update()
        self.switched.emit()
        self.moved.emit()

    def _take_frame(self) -> None:
        player = self._player
        if player is None:
            return
        problem = player.take_problem()
        if problem is not None:
            self._stop_playing()
            self.failed.emit(problem)
        shown = player.take()
        if shown is None:
            return
        if self.playing:
            self.index = shown.index
            if self.analysis is not None and shown.index >= len(self.analysis.times) - 1 and not self.looping:
                self._stop_playing()
            self.moved.emit()
        self._view.show_picture(shown.image, shown.face)


def _beside(steps: tuple[float, ...], value: float, by: int) -> float:
    """The step so many further, or the last one."""
    return steps[min(len(steps) - 1, max(0, steps.index(value) + by))]
