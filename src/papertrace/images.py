"""Reading images: those that a stage wrote, and those that people bring."""

from __future__ import annotations

import stat
import warnings
from pathlib import Path

import cv2
import numpy as np

from papertrace.encoding import decode_image
from papertrace.errors import ImageError
from papertrace.io import sha256_bytes

MAX_PIXELS = 120_000_000
"""Largest image that is opened; a letter page at 600 dpi has 34 million pixels."""
MIN_SIDE = 64
"""Smallest side in px that can hold a trace."""

_TOO_LARGE = f"more than {MAX_PIXELS // 1_000_000} million pixels; scan it at 300 dpi or scale it down"
_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF", "PPM", "JPEG2000")
_SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"GIF8")


def read_stage_image(path: Path, sha256: str, stage: str) -> np.ndarray:
    """Read an image that an earlier stage wrote.

    Parameters
    ----------
    path : Path
        The image in its shard's folder.
    sha256 : str
        What the stage's table says of the file.
    stage : str
        The stage to run anew where the file is not what it should be: pages or scans.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)
        Blue, green, red.

    Raises
    ------
    ImageError
        One sentence; without absolute paths, as it goes into a table.
    """
    name = f"{path.parent.parent.name}/{path.parent.name}/{path.name}"
    remedy = f"make its shard of {stage} anew"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ImageError(f"{name}: the image cannot be read ({error.strerror}); {remedy}") from None
    if sha256_bytes(data) != sha256:
        raise ImageError(f"{name}: the image is not the one that was written; {remedy}")
    image = decode_image(data)
    if image is None:
        raise ImageError(f"{name}: the file is no image; {remedy}")
    return image


def read_image(path: Path) -> np.ndarray:
    """Read any image file a person may have: PNG, JPEG, TIFF, WebP, BMP, GIF; 8 or 16 bits, grey, palette, CMYK, alpha.

    The camera's orientation tag is honoured, transparency is laid on white paper, of an animation the first picture
    is taken. How large an image is says its header: one that is too large is refused before any of it is decoded.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)
        Blue, green, red.

    Raises
    ------
    ImageError
        One sentence that names the file and says what to do.
    """
    _check_file(path)
    with warnings.catch_warnings():
        # of odd metadata, at which no person can do anything; what is too large is refused below
        warnings.simplefilter("ignore")
        try:
            return _decode(path)
        except ImageError:
            raise
        except OSError as error:
            if error.strerror:
                raise _unreadable(path, error) from None
            raise ImageError(f"{path}: is damaged or cut short; copy or scan it again") from None
        except MemoryError:
            raise ImageError(f"{path}: is too large for this computer's memory; scale it down") from None
        except Exception:
            # the formats' parsers raise whatever a broken file makes them stumble over
            raise ImageError(f"{path}: is damaged; copy or scan it again") from None


def _check_file(path: Path) -> None:
    """Refuse what cannot hold an image, without opening it: to open a FIFO is to wait for ever."""
    try:
        status = path.stat()
    except FileNotFoundError as error:
        if path.is_symlink():
            raise ImageError(f"{path}: is a link to a file that is not there; name the image itself") from None
        raise _unreadable(path, error) from None
    except OSError as error:
        raise _unreadable(path, error) from None
    except ValueError:
        raise ImageError(f"{str(path)!r}: is no name that a file can have; check the path") from None
    if stat.S_ISDIR(status.st_mode):
        raise ImageError(f"{path}: is a folder; name the image files in it")
    if not stat.S_ISREG(status.st_mode):
        raise ImageError(f"{path}: is no file but a pipe, socket or device; save the image as a file first")
    if status.st_size == 0:
        raise ImageError(f"{path}: is empty; copy the image again")


def _unreadable(path: Path, error: OSError) -> ImageError:
    return ImageError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions")


def _decode(path: Path) -> np.ndarray:
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        # no format that runs another program (EPS) or holds no pixels
        picture = Image.open(path, formats=_FORMATS)
    except Image.DecompressionBombError:
        raise ImageError(f"{path}: has {_TOO_LARGE}") from None
    except UnidentifiedImageError:
        with path.open("rb") as file:
            start = file.read(1024)
        if b"%PDF-" in start:
            raise ImageError(f"{path}: is a PDF document; save its page as a PNG image of 200 dpi or more") from None
        if start.startswith(_SIGNATURES):
            raise ImageError(f"{path}: is damaged or cut short; copy or scan it again") from None
        raise ImageError(f"{path}: is no image that can be read; save it as PNG or JPEG") from None
    with picture:
        width, height = picture.size
        if width * height > MAX_PIXELS:
            raise ImageError(f"{path}: has {width} x {height} pixels, {_TOO_LARGE}")
        if min(width, height) < MIN_SIDE:
            raise ImageError(f"{path}: has only {width} x {height} pixels; scan the page at 100 dpi or more")
        return _to_bgr(ImageOps.exif_transpose(picture))


def _to_bgr(picture) -> np.ndarray:
    """Convert a PIL picture of any mode to blue, green, red on white."""
    from PIL import Image

    if picture.mode.startswith(("I", "F")):
        # 16 bits and more: PIL would clip, not scale
        values = np.asarray(picture)
        top = 65535.0 if values.max() > 255 else 255.0
        grey = np.clip(values * np.float32(255 / top), 0, 255).astype(np.uint8)
        return cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, (255, 255, 255, 255))
        picture = Image.alpha_composite(paper, picture)
    return cv2.cvtColor(np.asarray(picture.convert("RGB")), cv2.COLOR_RGB2BGR)
