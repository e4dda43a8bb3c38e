"""What a video codec does to a sequence of pictures."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from fractions import Fraction

import av
import numpy as np

from model.frame import Image


def through_h264(pictures: Iterable[Image], fps: float, crf: int) -> Iterator[Image]:
    """Encodes and decodes pictures as a webcam or a meeting program would: H.264, chroma at half the size.

    Args:
        pictures: ``uint8 [h, w, 3]`` each, of one size; the first becomes a key frame, the others are predicted.
        fps: Frames per second told to the encoder.
        crf: Constant rate factor, 0-51: about 20 is a good webcam, 35 a poor connection.

    Yields:
        As many pictures of the same size, as soon as the codec lets go of them.
    """
    pictures = iter(pictures)
    first = next(pictures, None)
    if first is None:
        return
    height, width = first.shape[:2]
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
        for index, picture in enumerate(itertools.chain([first], pictures)):
            padded = np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
            frame = av.VideoFrame.from_ndarray(padded, "bgr24")
            frame.pts = index
            for packet in encoder.encode(frame):
                yield from decoder.decode(packet)
        for packet in encoder.encode(None):
            yield from decoder.decode(packet)
        yield from decoder.decode(None)

    for frame in decoded():
        yield np.asarray(frame.to_ndarray(format="bgr24")[:height, :width], dtype=np.uint8)
