"""Image files: read back by other libraries, the same pixels, one channel where all pixels are grey."""

from __future__ import annotations

import hashlib
import io
import struct
import subprocess
import sys

import cv2
import numpy as np
import pytest
from PIL import Image

from papertrace.encoding import SUFFIXES, decode_image, encode_image, encode_jpeg, encode_png, in_one_channel

NOISE = np.random.default_rng(0).integers(0, 256, (130, 67, 3), np.uint8)
SMOOTH = cv2.GaussianBlur(NOISE, (0, 0), 5)
GREY = cv2.merge([NOISE[..., 0]] * 3)


def decoded(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


@pytest.mark.parametrize("image", [NOISE, SMOOTH, GREY, NOISE[:1, :1], NOISE[3:, 5:][::2]])
def test_png_is_read_back_by_two_libraries(image):
    data = encode_image(image, "png", 90)
    assert np.array_equal(decoded(data), image)
    with Image.open(io.BytesIO(data)) as picture:
        assert np.array_equal(np.asarray(picture.convert("RGB"))[..., ::-1], image)


def test_grey_pixels_are_stored_in_one_channel():
    modes = {}
    for form in SUFFIXES:
        with Image.open(io.BytesIO(encode_image(GREY, form, 90))) as picture:
            modes[form] = (picture.format, picture.mode)
        assert decoded(encode_image(GREY, form, 90)).shape == GREY.shape
    assert modes == {"png": ("PNG", "L"), "jpeg": ("JPEG", "L"), "webp": ("WEBP", "RGB")}  # WebP knows no grey
    assert len(encode_png(in_one_channel(GREY))) < 0.5 * len(encode_png(GREY))


@pytest.mark.parametrize("row", [0, 1, 60, 61, 129])
def test_one_coloured_pixel_keeps_the_colour(row):
    image = GREY.copy()
    image[row, 9] = (1, 2, 3)
    assert in_one_channel(image) is image
    assert np.array_equal(decoded(encode_image(image, "png", 90)), image)


@pytest.mark.parametrize(("form", "worst", "best"), [("jpeg", 30, 95), ("webp", 30, 95)])
def test_a_higher_quality_is_nearer_to_the_image_and_larger(form, worst, best):
    files = [encode_image(SMOOTH, form, quality) for quality in (worst, best)]
    errors = [float(np.abs(decoded(data).astype(int) - SMOOTH).mean()) for data in files]
    assert errors[0] > errors[1] and len(files[0]) < len(files[1])
    assert files[1] == encode_image(SMOOTH, form, best)


def test_an_image_without_pixels_is_refused():
    with pytest.raises((ValueError, cv2.error)):
        encode_image(np.zeros((0, 5), np.uint8), "jpeg", 90)


def test_jpeg_files_keep_the_colour_of_single_pixels():
    """A red line a pixel wide on white, its brightness and colour: half the colour's resolution would halve it."""
    image = np.full((64, 64, 3), 255, np.uint8)
    image[:, 31] = (60, 60, 230)
    colour = [decoded(data)[:, 31].astype(int) for data in (encode_image(image, "jpeg", 95), encode_jpeg(image, 95))]
    whole, half = (np.abs(pixels - image[:, 31]).max() for pixels in colour)
    assert whole <= 12 and half > 40


def test_png_bytes_are_those_of_the_pinned_library():
    """A manifest counts on it: another library, or another version of it, changes the bytes of every dataset."""
    ramp = (np.arange(300)[:, None] * np.arange(500) // 7 % 256).astype(np.uint8)
    page = cv2.merge([ramp, ramp[::-1].copy(), 255 - ramp])
    page[::25] = (180, 170, 250)
    sums = {hashlib.sha256(encode_png(page)).hexdigest() for _ in range(20)}
    assert sums == {"02b6cfea41ff9ebd4d3382cf4295310967b630f7afb5dcbfe6f9f46be1e5f59b"}


def others_png(image: np.ndarray, mode: str, **how) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image[..., ::-1]).convert(mode).save(file, "PNG", **how)
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        *(encode_image(image, form, 90) for image in (NOISE, GREY, NOISE[:1, :1]) for form in SUFFIXES),
        *(others_png(NOISE, mode, **how) for mode in ("RGB", "L", "P", "RGBA", "I;16") for how in ({}, {"bits": 8})),
        encode_png(GREY[..., 0])[:-1],
        encode_png(NOISE)[:-30],
        encode_png(NOISE)[:20],
        b"",
        b"no image",
    ],
)
def test_any_image_file_is_read_as_opencv_does(data):
    wanted, found = decoded(data) if data else None, decode_image(data)
    assert (found is None and wanted is None) or np.array_equal(found, wanted)


def test_a_header_cannot_ask_for_more_memory_than_the_data_can_fill():
    """An IHDR of 60,000 x 60,000 pixels (10.8 GB) before the data of a small image."""
    data = encode_png(GREY[..., 0])
    large = data[:16] + struct.pack(">II", 60_000, 60_000) + data[24:]
    code = "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))\n"
    code += "from papertrace.encoding import _decode_own_png; print(_decode_own_png(sys.stdin.buffer.read()))"
    done = subprocess.run([sys.executable, "-c", code], input=large, capture_output=True, check=False)
    assert (done.stdout.strip(), done.returncode) == (b"None", 0), done.stderr.decode()


def test_own_png_files_are_read_without_opencv(monkeypatch):
    monkeypatch.setattr(cv2, "imdecode", None)
    for image in (NOISE, GREY):
        assert np.array_equal(decode_image(encode_image(image, "png", 90)), image)
