"""Ways of spotting micro-expressions behind one interface: the product's, and two published ideas beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from assets import ASTANN_ONNX
from model.crop import Points, Transform, apply_transform, crop_transform, grey_crop
from model.frame import Frame
from model.pipeline import Pipeline, PipelineConfig
from model.recognition import Recogniser
from model.regions import region_centres
from model.spot import SpotterConfig
from model.watching import Sight
from training.spotting.directional import above, directional_difference
from training.spotting.region_flow import peaks, region_flow
from training.spotting.scores import Found

# Landmarks jitter; the references cut faces with transforms smoothed over so many seconds.
_SMOOTHING_S: Final = 0.1
FLEETING: Final = "Fleeting, live"
RECORDED: Final = "Fleeting, recordings"
PRODUCT: Final = (FLEETING, RECORDED)
DIRECTIONAL: Final = "main directional difference"
REGION_FLOW: Final = "region flow"

# Settings that the references may choose from, on recordings that nothing is judged by: seconds to the frames compared
# with and share of the way to the maximum; prominence in fractions of the inter-ocular distance.
_SPANS_AND_SHARES: Final = {
    f"{span:g} s, {share:g} of the way": (span, share)
    for span in (0.2, 0.4)
    for share in (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
}
_PROMINENCES: Final = {f"{100 * p:g} %": p for p in (0.003, 0.0045, 0.006, 0.008, 0.010, 0.013, 0.017)}

Reports = Mapping[str, Mapping[str, Sequence[Found]]]
"""Method's name to its setting to what it found."""


class Method(Protocol):
    """A way of spotting, fed frame by frame. All are told where the same face mesh sees the face."""

    def push(self, frame: Frame, sight: Sight) -> None:
        """Takes the next frame and what was seen in it."""

    def finish(self) -> dict[str, dict[str, list[Found]]]:
        """Ends the recording; what was found in it, by method and setting."""


class Product:
    """The product's pipeline.

    Args:
        look_ahead: Seconds that it looks ahead, as for recordings; 0 as it runs live.
    """

    def __init__(self, look_ahead: float = 0.0) -> None:
        config = PipelineConfig(max_faces=1, provisional=False, spotter=SpotterConfig(look_ahead=look_ahead))
        self._pipeline = Pipeline(Recogniser(ASTANN_ONNX), config)
        self._live = not look_ahead
        self._found: list[Found] = []

    def push(self, frame: Frame, sight: Sight) -> None:
        for event in self._pipeline.judge(sight):
            if event.kind == "micro":
                spot = event.spot
                self._found.append(Found(spot.onset, spot.apex, spot.offset, frame.time if self._live else None))

    def finish(self) -> dict[str, dict[str, list[Found]]]:
        spots = [event.spot for event in self._pipeline.finish() if event.kind == "micro"]
        # What ends with the recording was not waited for: it tells nothing about latency.
        self._found += [Found(spot.onset, spot.apex, spot.offset) for spot in spots]
        return {FLEETING if self._live else RECORDED: {"as shipped": self._found}}


class References:
    """Both reference methods, which look at the same aligned faces and need the whole recording.

    Args:
        chosen: The setting of each method; default all that there are to choose from.
    """

    def __init__(self, chosen: Mapping[str, str] | None = None) -> None:
        self._chosen = chosen
        self._transform: Transform | None = None
        self._centres: Points | None = None
        self._crops: list[npt.NDArray[np.uint8]] = []
        self._times: list[float] = []

    def push(self, frame: Frame, sight: Sight) -> None:
        if not sight.faces:
            return
        face, _ = sight.faces[0]
        own = crop_transform(face.landmarks)
        if self._transform is None or self._centres is None:
            self._transform = own
            self._centres = region_centres(apply_transform(own, face.landmarks))
        else:
            share = 1.0 - np.exp(-(frame.time - self._times[-1]) / _SMOOTHING_S)
            self._transform = np.asarray(self._transform + share * (own - self._transform), dtype=own.dtype)
        self._crops.append(grey_crop(frame.image, self._transform))
        self._times.append(frame.time)

    def finish(self) -> dict[str, dict[str, list[Found]]]:
        if self._centres is None:
            return {DIRECTIONAL: {}, REGION_FLOW: {}}
        crops, times = np.stack(self._crops), np.array(self._times)
        settings = {name: _SPANS_AND_SHARES[name] for name in self._settings(DIRECTIONAL, _SPANS_AND_SHARES)}
        curves = {span: directional_difference(crops, times, span) for span in {span for span, _ in settings.values()}}
        windows = region_flow(crops, times, self._centres)
        return {
            DIRECTIONAL: {name: above(curves[span], times, share) for name, (span, share) in settings.items()},
            REGION_FLOW: {
                name: peaks(windows, _PROMINENCES[name]) for name in self._settings(REGION_FLOW, _PROMINENCES)
            },
        }

    def _settings(self, method: str, every: Iterable[str]) -> Iterable[str]:
        return every if self._chosen is None else [self._chosen[method]]
