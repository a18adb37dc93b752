"""Image files out, the same bytes on every run: PNG, JPEG, WebP; in one channel where all pixels are grey. And back."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from functools import partial

import cv2
import deflate
import numpy as np

SUFFIXES: dict[str, str] = {"png": ".png", "jpeg": ".jpg", "webp": ".webp"}

_PROBE = 61  # of so many rows one is looked at first: almost every colour image shows there
_PNG_EFFORT = 1  # of libdeflate's 12: the others take longer for little
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = ">IIBBBBB"  # width, height, bits, kind of colour, compression, filters, interlace
_GREY, _RGB = 0, 2
_MOST_DEFLATED = 1032  # times as many bytes as there are can come out: a header cannot ask for more memory than that


def encode_image(image: np.ndarray, form: str, quality: int) -> bytes:
    """Return the bytes of an image file.

    Parameters
    ----------
    image : ndarray, uint8, shape (h, w) or (h, w, 3)
        Grey, or blue, green, red.
    form : str
        ``png``, ``jpeg`` or ``webp``.
    quality : int
        Of JPEG and WebP; PNG loses nothing.
    """
    writers: dict[str, Callable[[np.ndarray], bytes]] = {
        "png": encode_png,
        "jpeg": partial(encode_jpeg, quality=quality, whole_chroma=True),
        "webp": partial(encode_webp, quality=quality),
    }
    return writers[form](in_one_channel(image))


def in_one_channel(image: np.ndarray) -> np.ndarray:
    """Return a colour image whose pixels are all grey as shape (h, w); any other as it is."""
    if image.ndim == 2:
        return image
    probe = image[::_PROBE]
    if (probe[..., :1] != probe[..., 1:]).any():
        return image
    blue, green, red = cv2.split(image)
    return blue if np.array_equal(blue, green) and np.array_equal(blue, red) else image


def encode_png(image: np.ndarray) -> bytes:
    """Return the PNG bytes (ISO/IEC 15948) of an image, uint8, shape (h, w) or (h, w, 3) in blue, green, red.

    Rows are stored unfiltered. A page's grid repeats from row to row, which deflate finds by itself, and noise is
    no smaller for any filter. libdeflate takes half of zlib's time for fewer bytes, and the same ones on every run;
    ISA-L, which is faster still, gave one page in thousands other bytes now and then.
    """
    height, width = image.shape[:2]
    rows = np.zeros((height, 1 + image[0].size), np.uint8)  # each begins with the number of its filter
    if image.ndim == 2:
        rows[:, 1:] = image
    else:
        cv2.cvtColor(image, cv2.COLOR_BGR2RGB, dst=rows[:, 1:].reshape(image.shape))
    header = struct.pack(_HEADER, width, height, 8, _GREY if image.ndim == 2 else _RGB, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", deflate.zlib_compress(rows, _PNG_EFFORT)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in parts)


def encode_jpeg(image: np.ndarray, quality: int, *, whole_chroma: bool = False) -> bytes:
    """Return the bytes of a baseline JPEG file, its colour at half the resolution (4:2:0), as cameras write it.

    Ink and grid differ by colour: `whole_chroma` (4:4:4) keeps the edges between them, for half as many bytes again.
    """
    sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444 if whole_chroma else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
    return _encode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(quality), cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling])


def encode_webp(image: np.ndarray, quality: int) -> bytes:
    """Return the bytes of a lossy WebP file."""
    return _encode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, int(quality)])


def decode_image(data: bytes) -> np.ndarray | None:
    """Return the pixels of an image file, uint8, shape (h, w, 3) in blue, green, red; None where it is none."""
    if not data:
        return None
    image = _decode_own_png(data)
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if image is None else image


def _decode_own_png(data: bytes) -> np.ndarray | None:
    """Return the pixels of what `encode_png` wrote, in a third of OpenCV's time; None of any other file."""
    start = len(_SIGNATURE)
    if not data.startswith(_SIGNATURE) or len(data) < start + 33:
        return None
    header, kind = data[start : start + 25], data[start + 29 : start + 33]
    (size,) = struct.unpack(">I", data[start + 25 : start + 29])
    if header[:8] != struct.pack(">I", 13) + b"IHDR" or kind != b"IDAT" or len(data) != start + size + 49:
        return None
    width, height, bits, colour, *how = struct.unpack(_HEADER, header[8:21])
    line = 1 + width * (1 if colour == _GREY else 3)
    if bits != 8 or colour not in (_GREY, _RGB) or any(how) or not 0 < height * line <= _MOST_DEFLATED * size:
        return None
    try:
        pixels = deflate.zlib_decompress(memoryview(data)[start + 33 : start + 33 + size], height * line)
    except deflate.DeflateError:
        return None
    rows = np.frombuffer(pixels, np.uint8).reshape(height, line)
    if rows[:, 0].any():
        return None
    values = rows[:, 1:]
    if colour == _GREY:
        return cv2.cvtColor(values, cv2.COLOR_GRAY2BGR)
    return cv2.cvtColor(values.reshape(height, width, 3), cv2.COLOR_RGB2BGR)


def _encode(suffix: str, image: np.ndarray, parameters: list[int]) -> bytes:
    done, data = cv2.imencode(suffix, image, parameters)
    if not done:
        raise ValueError(f"an image of shape {image.shape} cannot be written as {suffix}")
    return data.tobytes()


def _chunk(kind: bytes, data: bytes | bytearray) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))
