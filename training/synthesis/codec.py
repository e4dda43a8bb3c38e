"""What a video codec does to a sequence of pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import av
import numpy as np

from model.frame import Image


def through_h264(pictures: Sequence[Image], fps: float, crf: int) -> list[Image]:
    """Encodes and decodes pictures as a webcam or a meeting program would: H.264, chroma at half the size.

    Args:
        pictures: ``uint8 [h, w, 3]`` each, of one size; the first becomes a key frame, the others are predicted.
        fps: Frames per second told to the encoder.
        crf: Constant rate factor, 0-51: about 20 is a good webcam, 35 a poor connection.

    Returns:
        As many pictures of the same size.
    """
    height, width = pictures[0].shape[:2]
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    # The codec wants even sides.
    encoder.width, encoder.height, encoder.pix_fmt = width + width % 2, height + height % 2, "yuv420p"
    encoder.framerate = Fraction(fps).limit_denominator(1001)
    encoder.time_base = 1 / encoder.framerate
    encoder.options = {"crf": str(crf), "preset": "veryfast", "tune": "zerolatency", "threads": "1"}
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)

    def decoded() -> Iterator[av.VideoFrame]:
        for index, picture in enumerate(pictures):
            padded = np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
            frame = av.VideoFrame.from_ndarray(padded, "bgr24")
            frame.pts = index
            for packet in encoder.encode(frame):
                yield from decoder.decode(packet)
        for packet in encoder.encode(None):
            yield from decoder.decode(packet)
        yield from decoder.decode(None)

    return [np.asarray(frame.to_ndarray(format="bgr24")[:height, :width], dtype=np.uint8) for frame in decoded()]
