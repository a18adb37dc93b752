"""Reading images: those that a stage wrote, and those that people bring."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from papertrace.errors import ImageError
from papertrace.io import sha256_bytes

MAX_PIXELS = 120_000_000
"""Largest image that is opened; a letter page at 600 dpi has 34 million pixels."""
MIN_SIDE = 64
"""Smallest side in px that can hold a trace."""


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
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ImageError(f"{name}: the file is no image; {remedy}")
    return image


def read_image(path: Path) -> np.ndarray:
    """Read any image file a person may have: PNG, JPEG, TIFF, WebP, BMP, GIF; 8 or 16 bits, grey, palette, CMYK, alpha.

    The camera's orientation tag is honoured, transparency is laid on white paper, of an animation the first picture
    is taken.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)
        Blue, green, red.

    Raises
    ------
    ImageError
        One sentence that names the file and says what to do.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    if path.is_dir():
        raise ImageError(f"{path}: is a folder; name the image files in it")
    try:
        size = path.stat().st_size
        if size == 0:
            raise ImageError(f"{path}: is empty; copy the image again")
        with Image.open(path) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS:
                raise ImageError(
                    f"{path}: has {width} x {height} pixels, more than {MAX_PIXELS // 1_000_000} million; "
                    f"scan it at 300 dpi or scale it down"
                )
            if min(width, height) < MIN_SIDE:
                raise ImageError(f"{path}: has only {width} x {height} pixels; scan the page at 100 dpi or more")
            return _to_bgr(ImageOps.exif_transpose(picture))
    except ImageError:
        raise
    except (UnidentifiedImageError, Image.DecompressionBombError):
        raise ImageError(f"{path}: is no image that can be read; save it as PNG or JPEG") from None
    except OSError as error:
        if error.strerror:
            raise ImageError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from None
        raise ImageError(f"{path}: is damaged or cut short; copy or scan it again") from None
    except (SyntaxError, ValueError):
        raise ImageError(f"{path}: is damaged; copy or scan it again") from None


def _to_bgr(picture) -> np.ndarray:
    """Convert a PIL picture of any mode to blue, green, red on white."""
    from PIL import Image

    if picture.mode.startswith(("I", "F")):
        # 16 bits and more: PIL would clip, not scale
        values = np.asarray(picture, np.float64)
        top = 65535.0 if values.max() > 255 else 255.0
        grey = np.clip(values / top * 255, 0, 255).astype(np.uint8)
        return cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, (255, 255, 255, 255))
        picture = Image.alpha_composite(paper, picture)
    return cv2.cvtColor(np.asarray(picture.convert("RGB")), cv2.COLOR_RGB2BGR)
