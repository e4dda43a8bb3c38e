"""MediaPipe's face mesh behind one class, with identities that stay with a face from frame to frame."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from model.crop import Points, inter_ocular_distance
from model.errors import ModelError
from model.frame import Frame, Image

MAX_FACES: Final = 4

# The mesh network sees the face at 192 px; pictures beyond this side cost time and add nothing.
_MAX_MESH_SIDE: Final = 1280
# A face is the same one as before if its centre moved less than this many inter-ocular distances per frame.
_SAME_FACE_RADIUS: Final = 1.5
# A face that was away for less than this many seconds gets its number back if it returns to the same place.
_MEMORY_S: Final = 1.0
# As long as the mesh's graph follows fewer faces than it was asked for, it searches the whole picture for more in every
# frame; that takes half as long again as following one. So it is asked for as many as have been in view at once, and
# whether there are more is looked up every so many seconds.
_LOOK_AROUND_S: Final = 0.5
# Fewer pixels between the eyes carry no measurable micro-expression: 1 % of 12 px is a tenth of a pixel.
MIN_INTER_OCULAR_PX: Final = 12.0


_Mesh = npt.NDArray[np.float32]
"""``float32 [478, 3]``: x, y, depth."""


@dataclass(frozen=True, slots=True)
class Face:
    """A face found in one frame.

    Attributes:
        track: Number that stays with this face while it is seen.
        landmarks: ``float32 [478, 2]`` mesh points in picture pixels (iris points last).
        depth: ``float32 [478]`` distance of each point behind the head's middle as the mesh guesses it, in picture
            pixels; smaller is nearer to the camera.
        confidence: Share of the mesh that lies inside the picture, 0-1. The mesh gives no score of its own.
    """

    track: int
    landmarks: Points
    depth: npt.NDArray[np.float32]
    confidence: float

    @property
    def inter_ocular(self) -> float:
        """Distance between the eyes in picture pixels."""
        return inter_ocular_distance(self.landmarks)


@dataclass(slots=True)
class _Track:
    number: int
    centre: npt.NDArray[np.float32]
    size: float
    seen: float


class FaceTracker:
    """Finds up to ``max_faces`` faces in successive frames of one source.

    Args:
        max_faces: Faces to follow at once.
    """

    def __init__(self, max_faces: int = MAX_FACES) -> None:
        self._max_faces = max_faces
        self._mesh: Any = None
        self._detector: Any = None
        self._shape: tuple[int, ...] | None = None
        self._asked_for = 0
        self._looked_around: float | None = None
        self._tracks: list[_Track] = []
        self._next_track = 0

    def __enter__(self) -> FaceTracker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def track(self, frame: Frame) -> list[Face]:
        """The faces of ``frame``, ordered by track number."""
        return sorted(self._name(self._find(frame), frame), key=lambda face: face.track)

    def forget(self) -> None:
        """Faces that come now are others than those before."""
        self._tracks = []
        self._looked_around = None

    def close(self) -> None:
        """Frees the native graphs."""
        for graph in (self._mesh, self._detector):
            if graph is not None:
                graph.close()
        self._mesh = self._detector = None
        self._asked_for, self._looked_around = 0, None

    def _find(self, frame: Frame) -> list[_Mesh]:
        image = frame.image
        height, width = image.shape[:2]
        shrink = max(height, width) / _MAX_MESH_SIDE
        if shrink > 1:
            image = np.asarray(
                cv2.resize(image, (round(width / shrink), round(height / shrink)), interpolation=cv2.INTER_LINEAR),
                dtype=np.uint8,
            )
        if image.shape != self._shape:
            # The graph carries regions of interest from frame to frame; another picture size is another source.
            self.close()
            self._shape = image.shape
        rgb = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)
        rgb.flags.writeable = False  # spares the graph a copy
        in_view = self._faces_in_view(rgb, frame.time)
        if self._mesh is None or in_view > self._asked_for:
            self._ask_for(max(1, min(in_view, self._max_faces)), image)
        meshes = self._mesh.process(rgb).multi_face_landmarks or []
        size = np.array([width, height, width], dtype=np.float32)  # depth comes in the width's scale
        return [_points(mesh) * size for mesh in meshes]

    def _faces_in_view(self, rgb: Image, time: float) -> int:
        """How many faces there are if the mesh might miss some and it was not looked up just now, or 0."""
        last = self._looked_around
        if self._max_faces in (1, self._asked_for) or (last is not None and 0.0 <= time - last < _LOOK_AROUND_S):
            return 0
        self._looked_around = time
        if self._detector is None:
            self._detector = _open("face_detection", "FaceDetection", rgb)
        return len(self._detector.process(rgb).detections or [])

    def _ask_for(self, count: int, image: Image) -> None:
        if self._mesh is not None:
            self._mesh.close()
        self._mesh = _open("face_mesh", "FaceMesh", image, max_num_faces=count, refine_landmarks=True)
        self._asked_for = count

    def _name(self, meshes: list[_Mesh], frame: Frame) -> Iterator[Face]:
        self._tracks = [track for track in self._tracks if frame.time - track.seen <= _MEMORY_S]
        measured = [(mesh, inter_ocular_distance(mesh[:, :2])) for mesh in meshes]
        large = [(mesh, size) for mesh, size in measured if size >= MIN_INTER_OCULAR_PX]
        meshes, sizes = [mesh for mesh, _ in large], [size for _, size in large]
        found = [mesh[:, :2] for mesh in meshes]
        centres = [points.mean(axis=0) for points in found]
        pairs = sorted(
            (float(np.linalg.norm(centre - track.centre)) / track.size, f, t)
            for f, centre in enumerate(centres)
            for t, track in enumerate(self._tracks)
        )
        matched: dict[int, _Track] = {}
        taken: set[int] = set()
        for distance, f, t in pairs:
            if distance <= _SAME_FACE_RADIUS and f not in matched and t not in taken:
                matched[f] = self._tracks[t]
                taken.add(t)
        # The mesh may return one face more than it was asked for; those already followed go on, then the largest.
        ranked = sorted(range(len(found)), key=lambda f: (f not in matched, -sizes[f]))
        height, width = frame.image.shape[:2]
        for f in ranked[: self._max_faces]:
            points, size = found[f], sizes[f]
            track = matched.get(f)
            if track is None:
                track = _Track(self._next_track, centres[f], size, frame.time)
                self._next_track += 1
                self._tracks.append(track)
            track.centre, track.size, track.seen = centres[f], size, frame.time
            inside = ((points >= 0) & (points < (width, height))).all(axis=1)
            yield Face(track.number, points, meshes[f][:, 2], float(inside.mean()))


def largest_face(picture: Image) -> Face | None:
    """The largest face of a single picture, looked at afresh."""
    with FaceTracker() as tracker:
        return max(tracker.track(Frame(0, 0.0, picture)), key=lambda face: face.inter_ocular, default=None)


# One landmark in protobuf's wire format: the message's tag and length, then x, y, z, each a tag and a float.
_LANDMARK: Final = np.dtype(
    [("head", "V2"), ("x_tag", "V1"), ("x", "<f4"), ("y_tag", "V1"), ("y", "<f4"), ("z_tag", "V1"), ("z", "<f4")]
)
_LANDMARK_HEAD: Final = bytes([0x0A, 15])


def _points(mesh: Any) -> _Mesh:  # noqa: ANN401 - mediapipe ships no types
    """Landmarks and their depth, ``float32 [n, 3]``, in fractions of the picture.

    Reading 478 messages one by one costs 0.15 ms, a twentieth of a frame's whole time. Their serialised form is an
    array, unless a field is missing or added somewhere.
    """
    packed = mesh.SerializeToString()
    count = len(mesh.landmark)
    if len(packed) == _LANDMARK.itemsize * count:
        table = np.frombuffer(packed, _LANDMARK)
        if table["head"].tobytes() == _LANDMARK_HEAD * count:
            return np.stack([table["x"], table["y"], table["z"]], axis=1)
    return np.array([(p.x, p.y, p.z) for p in mesh.landmark], dtype=np.float32)


def _open(module: str, name: str, picture: Image, **settings: Any) -> Any:  # noqa: ANN401 - mediapipe ships no types
    """One of mediapipe's graphs, which has seen a first picture: it chatters when it does."""
    os.environ.setdefault("GLOG_minloglevel", "2")
    try:
        with _silent_stderr():
            import mediapipe

            graph = getattr(getattr(mediapipe.solutions, module), name)(**settings)
            graph.process(picture)
    except (ImportError, OSError, RuntimeError) as error:
        raise ModelError(
            f"The face mesh of mediapipe does not start ({error}). "
            "Reinstall with 'make run', then run 'fleeting doctor'."
        ) from error
    return graph


@contextlib.contextmanager
def _silent_stderr() -> Iterator[None]:
    """Hides the start-up chatter that the native graph writes straight to file descriptor 2."""
    kept = os.dup(2)
    sink = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(sink)
