"""Frames in, measured faces out: the part of the walk that knows nothing of movements yet."""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import Executor, wait
from dataclasses import dataclass
from typing import Final

import cv2

from model.face import MAX_FACES, Face, FaceTracker
from model.frame import Frame
from model.frame_gate import FrameGate, Verdict
from model.motion import MAX_GAP_S, Look, MotionMeter, MotionSample

# A frame's flow begins so many seconds after its mesh. Begun together, the mesh's own threads are often put behind the
# flow on the same one of two cores: measured in turns, frame by frame, a frame takes 6 % longer then.
_HEAD_START_S: Final = 0.0003 if os.name == "posix" else 0.0  # elsewhere the shortest sleep may take 16 ms
# A thread that waits for the interpreter gets it after so many seconds (Python's own 5 ms are a frame's whole time):
# between the flow's steps in numpy the mesh would wait for it. Measured likewise: 2 % of a frame.
_SWITCH_S: Final = 0.0002


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen in a frame.

    Attributes:
        time: Of the frame, seconds.
        gone: Tracks of faces that are no longer followed, in the order in which they came.
        faces: The faces of the frame and how they have moved, ordered by track.
    """

    time: float
    gone: tuple[int, ...]
    faces: tuple[tuple[Face, MotionSample], ...]


@dataclass(slots=True)
class _Followed:
    meter: MotionMeter
    last_time: float


class FaceWatch:
    """Follows and measures the faces of one source.

    Args:
        max_faces: Faces followed at once.
        beside: Threads that measure motion while the mesh looks for the faces.
    """

    def __init__(self, max_faces: int = MAX_FACES, *, beside: Executor) -> None:
        # One flow fits one core. OpenCV's own threads would fight with the face mesh for the other: measured, a frame
        # takes a third less time without them.
        cv2.setNumThreads(1)
        sys.setswitchinterval(_SWITCH_S)
        self._tracker = FaceTracker(max_faces)
        self._beside = beside
        self._gate = FrameGate()
        self._shape: tuple[int, ...] | None = None
        self._followed: dict[int, _Followed] = {}

    @property
    def ignored(self) -> dict[str, int]:
        """Frames that could not be analysed, by reason."""
        return dict(self._gate.ignored)

    def push(self, frame: Frame) -> Sight | None:
        """Looks at the next frame; None if it cannot be analysed."""
        verdict = self._gate.judge(frame)
        if verdict is Verdict.IGNORE:
            return None
        gone: list[int] = []
        if verdict is Verdict.ANEW or (self._shape is not None and frame.image.shape != self._shape):
            gone += self._followed
            self._followed.clear()
            self._tracker.forget()
        self._shape = frame.image.shape
        # The flow needs the anchors only, not this frame's landmarks: it runs on the second core meanwhile.
        looks = {n: self._beside.submit(_look, known.meter, frame) for n, known in self._followed.items()}
        faces = self._tracker.track(frame)
        seen = {face.track for face in faces}
        for number in [n for n, known in self._followed.items() if frame.time - known.last_time > MAX_GAP_S]:
            if number not in seen:
                gone.append(number)
                del self._followed[number]
        measured = []
        for face in faces:
            known = self._followed.get(face.track)
            if known is None:
                known = self._followed[face.track] = _Followed(MotionMeter(), frame.time)
            look = looks[face.track].result() if face.track in looks else None
            measured.append((face, known.meter.measure(frame, face, look)))
            known.last_time = frame.time
        wait(looks.values())
        return Sight(frame.time, tuple(gone), tuple(measured))

    def finish(self) -> None:
        """Ends the source; another one can follow."""
        self._tracker.close()
        self._gate.restart()
        self._followed.clear()
        self._shape = None


def _look(meter: MotionMeter, frame: Frame) -> Look | None:
    time.sleep(_HEAD_START_S)
    return meter.look(frame)
