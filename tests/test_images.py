"""Images of all kinds that people bring, and those of an earlier stage."""

from __future__ import annotations

import io
import os
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from papertrace.errors import ImageError
from papertrace.images import MAX_PIXELS, read_image, read_stage_image
from papertrace.io import sha256_bytes

BLUE_GREEN_RED = np.zeros((80, 120, 3), np.uint8)
BLUE_GREEN_RED[:, :60] = (200, 100, 50)
BLUE_GREEN_RED[:40, 60:] = (10, 220, 130)
RGB = np.ascontiguousarray(BLUE_GREEN_RED[:, :, ::-1])


def png_of_size(width: int, height: int) -> bytes:
    """Return a PNG that says it has this size, and has no more than a row of pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff", "webp"])
def test_colours_come_as_blue_green_red(tmp_path, suffix):
    path = tmp_path / f"page.{suffix}"
    Image.fromarray(RGB).save(path, **({"lossless": True} if suffix == "webp" else {}))
    np.testing.assert_array_equal(read_image(path), BLUE_GREEN_RED)


def test_palette_and_gif(tmp_path):
    picture = Image.fromarray(RGB).convert("P", palette=Image.Palette.ADAPTIVE, colors=8)
    for name in ("page.png", "page.gif"):
        picture.save(tmp_path / name)
        assert np.abs(read_image(tmp_path / name).astype(int) - BLUE_GREEN_RED).max() <= 8


def test_of_an_animation_the_first_picture_is_taken(tmp_path):
    first, second = (Image.new("RGB", (100, 90), colour) for colour in ("red", "blue"))
    first.save(tmp_path / "page.gif", save_all=True, append_images=[second])
    assert read_image(tmp_path / "page.gif")[0, 0].tolist() == [0, 0, 255]


@pytest.mark.parametrize("dtype", [np.uint16, np.uint8])
def test_grey_of_8_and_16_bits(tmp_path, dtype):
    ramp = np.linspace(0, np.iinfo(dtype).max, 120)[None].repeat(80, axis=0).astype(dtype)
    Image.fromarray(ramp).save(tmp_path / "page.png")
    image = read_image(tmp_path / "page.png")
    assert image.shape == (80, 120, 3)
    np.testing.assert_allclose(image[0, :, 1], np.linspace(0, 255, 120), atol=1)


def test_transparency_lies_on_white_paper(tmp_path):
    rgba = np.dstack([RGB, np.full(RGB.shape[:2], 255, np.uint8)])
    rgba[:40, :, 3] = 0
    Image.fromarray(rgba).save(tmp_path / "page.png")
    image = read_image(tmp_path / "page.png")
    assert (image[:40] == 255).all()
    np.testing.assert_array_equal(image[40:], BLUE_GREEN_RED[40:])


def test_cmyk(tmp_path):
    Image.new("CMYK", (100, 80), (0, 255, 255, 0)).save(tmp_path / "page.jpg", quality=95)
    blue, green, red = read_image(tmp_path / "page.jpg")[40, 50].astype(int)
    assert red > 200
    assert max(blue, green) < 60


def test_one_bit(tmp_path):
    Image.fromarray(RGB).convert("1").save(tmp_path / "page.tiff")
    assert set(np.unique(read_image(tmp_path / "page.tiff"))) == {0, 255}


@pytest.mark.parametrize(("tag", "shape"), [(3, (80, 120)), (6, (120, 80)), (8, (120, 80))])
def test_the_cameras_orientation_is_honoured(tmp_path, tag, shape):
    exif = Image.Exif()
    exif[0x0112] = tag
    Image.fromarray(RGB).save(tmp_path / "page.png", exif=exif)
    image = read_image(tmp_path / "page.png")
    turned = {3: np.rot90(BLUE_GREEN_RED, 2), 6: np.rot90(BLUE_GREEN_RED, -1), 8: np.rot90(BLUE_GREEN_RED)}[tag]
    assert image.shape[:2] == shape
    np.testing.assert_array_equal(image, turned)


def broken(tmp_path):
    """Write files that are no good images; return for each its path and what the sentence says."""
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "PNG")
    jpeg = io.BytesIO()
    Image.fromarray(noise).save(jpeg, "JPEG")
    tiny = io.BytesIO()
    Image.new("RGB", (1, 1)).save(tiny, "PNG")
    files = {
        "empty.png": (b"", "is empty"),
        "cut.png": (buffer.getvalue()[:20_000], "cut short|damaged"),
        "cut.jpg": (jpeg.getvalue()[:5_000], "cut short|damaged"),
        "document.png": (b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n", "is a PDF document"),
        "text.jpg": (b"not an image at all", "no image that can be read"),
        "one.png": (tiny.getvalue(), "only 1 x 1 pixels"),
        "huge.png": (png_of_size(30_000, 30_000), "more than 120 million"),
        "large.png": (
            png_of_size(12_000, 11_000),
            f"12000 x 11000 pixels, more than {MAX_PIXELS // 10**6} million",
        ),
        "lying.png": (png_of_size(3000, 2000), "cut short|damaged"),
    }
    for name, (data, _) in files.items():
        (tmp_path / name).write_bytes(data)
    return {name: sentence for name, (_, sentence) in files.items()}


BROKEN = (
    "empty.png",
    "cut.png",
    "cut.jpg",
    "document.png",
    "text.jpg",
    "one.png",
    "huge.png",
    "large.png",
    "lying.png",
)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_is_one_sentence(tmp_path, name):
    sentence = broken(tmp_path)[name]
    with pytest.raises(ImageError, match=sentence) as caught:
        read_image(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__cause__ is None


def test_folder_and_missing_file(tmp_path):
    with pytest.raises(ImageError, match="is a folder"):
        read_image(tmp_path)
    with pytest.raises(ImageError, match="No such file"):
        read_image(tmp_path / "none.png")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable(tmp_path):
    path = tmp_path / "page.png"
    Image.fromarray(RGB).save(path)
    path.chmod(0)
    with pytest.raises(ImageError, match="Permission denied"):
        read_image(path)


def test_stage_image(tmp_path):
    folder = tmp_path / "pages" / "shard-00000"
    folder.mkdir(parents=True)
    data = cv2.imencode(".png", BLUE_GREEN_RED)[1].tobytes()
    path = folder / "a.png"
    path.write_bytes(data)
    np.testing.assert_array_equal(read_stage_image(path, sha256_bytes(data), "pages"), BLUE_GREEN_RED)
    path.write_bytes(data + b" ")
    with pytest.raises(ImageError, match=r"^pages/shard-00000/a.png: .*not the one.*make its shard of pages anew$"):
        read_stage_image(path, sha256_bytes(data), "pages")
    path.write_bytes(b"nothing")
    with pytest.raises(ImageError, match="is no image"):
        read_stage_image(path, sha256_bytes(b"nothing"), "pages")
    path.unlink()
    with pytest.raises(ImageError, match="cannot be read") as caught:
        read_stage_image(path, sha256_bytes(data), "pages")
    # goes into a table: nothing of this machine in it
    assert str(tmp_path) not in str(caught.value)
