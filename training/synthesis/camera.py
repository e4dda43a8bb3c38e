"""What a webcam does to a picture: gain, blur and sensor noise."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from model.frame import Image


@dataclass(frozen=True, slots=True)
class Light:
    """The light of one moment.

    Attributes:
        gain: Overall brightness.
        gradient: Change of brightness from the picture's middle to its right and lower edge.
    """

    gain: float = 1.0
    gradient: tuple[float, float] = (0.0, 0.0)

    def over(self, shape: tuple[int, ...]) -> npt.NDArray[np.float32] | np.float32:
        """Brightness of each pixel, broadcastable to ``[h, w, 3]``."""
        if self.gradient == (0.0, 0.0):
            return np.float32(self.gain)
        across = np.linspace(-self.gradient[0], self.gradient[0], shape[1], dtype=np.float32)[None, :, None]
        down = np.linspace(-self.gradient[1], self.gradient[1], shape[0], dtype=np.float32)[:, None, None]
        return np.asarray(np.float32(self.gain) * np.clip(1 + across + down, 0.1, None), dtype=np.float32)


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

    def expose(
        self,
        picture: npt.NDArray[np.float32],
        rng: np.random.Generator,
        light: Light | None = None,
        defocus: float = 0.0,
    ) -> Image:
        """Turns a rendered picture ``float32 [h, w, 3]`` (0-255) into what the camera delivers.

        Args:
            picture: What stands before the lens.
            rng: Source of the noise.
            light: The light of this moment.
            defocus: Blur in pixels that is added while the autofocus hunts.
        """
        blur = float(np.hypot(self.blur, defocus))
        if blur > 0.0:
            picture = cv2.GaussianBlur(picture, (0, 0), blur).astype(np.float32)
        noise = rng.standard_normal(picture.shape, dtype=np.float32) * np.float32(self.noise)
        lit = picture if light is None else picture * light.over(picture.shape)
        image = np.clip(lit + noise + 0.5, 0, 255).astype(np.uint8)
        if self.quality is not None:
            _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, self.quality])
            image = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), dtype=np.uint8)
        return image
