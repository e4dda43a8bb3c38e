"""What a webcam does to a picture: gain, blur and sensor noise."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from model.frame import Image


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera's picture quality.

    Attributes:
        noise: Standard deviation of the sensor's noise in grey levels (0-255).
        blur: Standard deviation of the optics' blur in pixels; 0 for none.
        quality: JPEG quality of the camera's own compression, 1-100; None for none.
    """

    noise: float = 3.0
    blur: float = 0.0
    quality: int | None = None

    def expose(self, picture: npt.NDArray[np.float32], gain: float, rng: np.random.Generator) -> Image:
        """Turns a rendered picture ``float32 [h, w, 3]`` (0-255) into what the camera delivers."""
        if self.blur > 0.0:
            picture = cv2.GaussianBlur(picture, (0, 0), self.blur).astype(np.float32)
        noise = rng.standard_normal(picture.shape, dtype=np.float32) * np.float32(self.noise)
        image = np.clip(picture * np.float32(gain) + noise + 0.5, 0, 255).astype(np.uint8)
        if self.quality is not None:
            _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, self.quality])
            image = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), dtype=np.uint8)
        return image
