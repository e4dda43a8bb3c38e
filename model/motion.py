"""How far each region of one face has moved, with the head's own motion taken out.

Landmark jitter would drown a micro-expression, so it is kept out of the measurement: all crops are cut with the
transform of an *anchor* frame as long as the head stays near it, and the skin's motion is the optical flow from the
anchor's crop. When the head has moved on, the current frame becomes the anchor and the displacement reached so far is
carried over, so that the curve of a region has no jump.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from model.crop import (
    INTER_OCULAR_PX,
    Points,
    Transform,
    apply_transform,
    crop_transform,
    transform_shift,
    warp_to_crop,
)
from model.face import Face
from model.flow import FlowEstimator, FlowProbe, rigid_motion
from model.frame import Frame, Image
from model.regions import REGIONS, eye_opening, gaze, region_centres

# A region's displacement is the mean flow in a square of this many crop pixels (a fifth of the inter-ocular distance).
_REGION_BOX_PX: Final = 9
# The crops are smoothed by this much (crop pixels, standard deviation) before the flow is taken: the sensor's noise is
# as large as a weak movement in poor light, and skin has little texture finer than this. On development recordings F1
# rose from .49 to .59 in poor light and from .83 to .87 before a webcam.
_SMOOTHING_PX: Final = 1.3
# A corner of the crop may lie this far (crop pixels) from where the face's own landmarks would put it before
# the anchor is renewed: above the jitter of the landmarks (about 1 px), within what the flow follows exactly.
_ANCHOR_DRIFT_PX: Final = 4.0
# An anchor is renewed after this many seconds so that slow changes of light do not add up.
_ANCHOR_AGE_S: Final = 4.0
# A pause in the frames longer than this many seconds ends the measurement; it starts anew behind it.
MAX_GAP_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class MotionSample:
    """One frame's measurement of one face.

    Attributes:
        frame: Index of the frame.
        time: Seconds.
        displacement: ``float64 [regions, 2]`` since the measurement began, in fractions of the inter-ocular distance.
        head: Displacement of the head from the anchor as seen by the flow, in fractions of the inter-ocular distance.
        eye_opening: Height over width of the eyes' opening.
        gaze: ``float64 [2]`` shift of the irises from the middle of the eyes, fractions of the inter-ocular distance.
        light: Mean brightness of the crop, 0-255.
        centres: ``float32 [regions, 2]`` where the regions lie in the crop.
        crop: ``uint8 [128, 128, 3]`` canonical crop.
        grey: ``uint8 [128, 128]`` the same in grey.
        transform: From picture to crop pixels.
        restarted: True where the curve begins anew (first frame, after a gap).
    """

    frame: int
    time: float
    displacement: npt.NDArray[np.float64]
    head: float
    eye_opening: float
    gaze: npt.NDArray[np.float64]
    light: float
    centres: Points
    crop: Image
    grey: npt.NDArray[np.uint8]
    transform: Transform
    restarted: bool


@dataclass(slots=True)
class _Anchor:
    time: float
    transform: Transform
    grey: npt.NDArray[np.uint8]
    smooth: npt.NDArray[np.uint8]
    centres: Points
    probe: FlowProbe
    carried: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Look:
    """A frame seen from the anchor, before anybody knows where the face is in it.

    Attributes:
        crop: ``uint8 [128, 128, 3]`` cut with the anchor's transform.
        grey: The same in grey.
        skin: ``float64 [regions, 2]`` displacement of the regions from the anchor, in crop pixels, head motion removed.
        head: Length of the head's shift from the anchor in crop pixels.
    """

    crop: Image
    grey: npt.NDArray[np.uint8]
    skin: npt.NDArray[np.float64]
    head: float


class MotionMeter:
    """Measures one face track, frame by frame.

    The costly part, `look`, needs the anchor and the frame only, so that it can run beside the face mesh of the same
    frame; `measure` then adds what the landmarks say.
    """

    def __init__(self) -> None:
        self._flow = FlowEstimator()
        self._anchor: _Anchor | None = None
        self._last_time = 0.0

    def look(self, frame: Frame) -> Look | None:
        """Motion from the anchor to ``frame`` (about 1 ms); None before the first `measure`."""
        anchor = self._anchor
        if anchor is None:
            return None
        crop = warp_to_crop(frame.image, anchor.transform)
        grey = np.asarray(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
        flow = self._flow.between(anchor.smooth, _smooth(grey))
        head = rigid_motion(flow)
        skin = anchor.probe.read(flow) - anchor.probe.rigid(head)
        return Look(crop, grey, skin, float(np.hypot(head[2], head[3])))

    def measure(self, frame: Frame, face: Face, look: Look | None) -> MotionSample:
        """The displacement of every region in ``frame``.

        Args:
            frame: The frame.
            face: The face in it.
            look: What `look` said of the same frame.
        """
        own = crop_transform(face.landmarks)
        anchor = self._anchor
        gap = not 0.0 <= frame.time - self._last_time <= MAX_GAP_S
        self._last_time = frame.time
        opening, looks = eye_opening(face.landmarks), gaze(face.landmarks)
        if anchor is None or look is None or gap:
            crop = warp_to_crop(frame.image, own)
            anchor = self._set_anchor(frame, face, own, np.zeros((len(REGIONS), 2)), crop)
            return MotionSample(
                frame.index,
                frame.time,
                anchor.carried.copy(),
                0.0,
                opening,
                looks,
                float(anchor.grey.mean()),
                anchor.centres,
                crop,
                anchor.grey,
                own,
                restarted=True,
            )
        displacement = anchor.carried + look.skin / INTER_OCULAR_PX
        drifted = transform_shift(anchor.transform, own) > _ANCHOR_DRIFT_PX
        if drifted or frame.time - anchor.time > _ANCHOR_AGE_S:
            self._set_anchor(frame, face, own, displacement, warp_to_crop(frame.image, own))
        return MotionSample(
            frame.index,
            frame.time,
            displacement,
            look.head / INTER_OCULAR_PX,
            opening,
            looks,
            float(look.grey.mean()),
            anchor.centres,
            look.crop,
            look.grey,
            anchor.transform,
            restarted=False,
        )

    def _set_anchor(
        self, frame: Frame, face: Face, own: Transform, carried: npt.NDArray[np.float64], crop: Image
    ) -> _Anchor:
        grey = np.asarray(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
        centres = region_centres(apply_transform(own, face.landmarks))
        probe = FlowProbe(centres, _REGION_BOX_PX)
        self._anchor = _Anchor(frame.time, own, grey, _smooth(grey), centres, probe, carried.copy())
        return self._anchor


def _smooth(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), _SMOOTHING_PX), dtype=np.uint8)
