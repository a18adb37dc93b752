"""The sheet's geometry: where each grid millimetre lies on the image, and which millimetre each pixel shows.

A flat sheet under a camera has a homography; one that curls, is folded or is drawn in unevenly has a smooth
displacement besides. Both are `papertrace.geometry.PixelMap`, the same kind of map that scans are made with.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from papertrace.geometry import Displacement, PixelMap, cubic_weights
from papertrace.traces.lattice import Lattice, NoLatticeError, judged, measure_page, pitch_and_turn
from papertrace.traces.warp import Warp, follow_warp

_CLEAR_CONTRAST = 5.0
_UNSURE_MM = 0.03  # of residual, where the contrast is no clear one: that is another pitch
_NEAR_MM = 2.5  # from the centre, where pitch and direction are taken
_NODES_A_MM = 1.0  # where a bent map is known exactly; between them it is straight to hundredths of a pixel


@dataclass(frozen=True)
class Sheet:
    """The map between grid millimetres and the pixels of one image.

    Millimetres are those of the grid: whole numbers are minor lines, x runs along the lines that are nearest to
    horizontal. Where a grid is periodic there is no first line: the origin is arbitrary, and `moved` shifts it.

    Attributes
    ----------
    map : PixelMap
        From grid mm to image px.
    px_per_mm_x, px_per_mm_y : float
        Pitch of 1 mm at the image's centre, in px.
    rotation_deg : float
        Direction of the x axis there, in degrees, clockwise positive.
    residual_px : float
        Weighted RMS distance between the measured grid and the map, in px.
    contrast : float
        How many times the image agrees better with these lines than with lines that it does not have; 1 is chance.
    """

    map: PixelMap
    px_per_mm_x: float
    px_per_mm_y: float
    rotation_deg: float
    residual_px: float
    contrast: float

    @classmethod
    def of_lattice(cls, lattice: Lattice) -> Sheet:
        """Return the flat sheet of a lattice."""
        mm_to_px = np.linalg.inv(lattice.px_to_mm)
        pixel_map = PixelMap(mm_to_px / mm_to_px[2, 2])
        return cls(pixel_map, *lattice.px_per_mm, lattice.rotation_deg, lattice.residual_px, lattice.contrast)

    def warped(self, warp: Warp, centre_px: tuple[float, float]) -> Sheet:
        """Return this sheet, which is flat, with a warp; pitch and direction are described at a point."""
        if warp.displacement is None:
            return replace(self, contrast=warp.contrast)
        pixel_map = replace(self.map, displacement=warp.displacement)
        across = pixel_map.inverse(np.array([centre_px])) + _NEAR_MM * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
        right, left, down, up = pixel_map.apply(across)
        pitch, turn = pitch_and_turn(np.stack([right - left, down - up], axis=1) / (2 * _NEAR_MM))
        return Sheet(pixel_map, *pitch, turn, warp.residual_px, warp.contrast)

    def to_px(self, points_mm: np.ndarray) -> np.ndarray:
        """Map points, shape (n, 2) in grid mm, to image px, shape (n, 2); NaN where a point is."""
        return self.map.apply(points_mm)

    def to_mm(self, points_px: np.ndarray) -> np.ndarray:
        """Map points, shape (n, 2) in image px, to grid mm, shape (n, 2); NaN where a point is."""
        return self.map.inverse(points_px)

    def described(self) -> dict[str, float]:
        """Return what a digitizer tells of the sheet: fields of `papertrace.traces.digitizer.PageTraces`."""
        return {
            "px_per_mm_x": self.px_per_mm_x,
            "px_per_mm_y": self.px_per_mm_y,
            "rotation_deg": self.rotation_deg,
        }

    def moved(self, x_mm: float, y_mm: float) -> Sheet:
        """Return this sheet with its origin at a point given in its own mm."""
        bent = self.map.displacement
        if bent is not None:
            bent = replace(bent, origin=(bent.origin[0] - x_mm, bent.origin[1] - y_mm))
        shift = np.array([[1.0, 0.0, x_mm], [0.0, 1.0, y_mm], [0.0, 0.0, 1.0]])
        matrix = self.map.matrix @ shift
        return replace(self, map=PixelMap(matrix / matrix[2, 2], bent))

    def turned(self, quarter: int) -> Sheet:
        """Return this sheet with its axes turned by quarters of a circle, clockwise, about its origin.

        A square grid looks alike from four sides; where the image shows the page turned clockwise by `quarter`, the
        x axis of this one runs along the rows again.
        """
        quarter %= 4
        # where the new axes' unit vectors lie on the old ones
        turn = np.linalg.matrix_power(np.array([[0, -1], [1, 0]]), quarter)
        whole = np.eye(3)
        whole[:2, :2] = turn
        matrix = self.map.matrix @ whole
        bent = self.map.displacement
        if bent is not None:
            rows, columns = bent.values.shape[:2]
            far = np.array(bent.origin) + bent.spacing * np.array([columns - 1, rows - 1])
            # the first node is the one that has the least coordinates on the new axes
            corners = np.array([bent.origin, far]) @ turn
            values = np.rot90(bent.values, quarter) @ turn
            bent = Displacement(tuple(corners.min(axis=0).tolist()), bent.spacing, values)
        pitches = (self.px_per_mm_x, self.px_per_mm_y)[:: -1 if quarter % 2 else 1]
        rotation = (self.rotation_deg + 90.0 * quarter + 180.0) % 360.0 - 180.0
        return replace(
            self,
            map=PixelMap(matrix / matrix[2, 2], bent),
            px_per_mm_x=pitches[0],
            px_per_mm_y=pitches[1],
            rotation_deg=rotation,
        )

    def rectify(
        self, image: np.ndarray, origin_mm: tuple[float, float], px_per_mm: float, size: tuple[int, int]
    ) -> np.ndarray:
        """Return a part of an image as it would look on a flat sheet; see `rectified`."""
        return rectified(image, self.map, origin_mm, px_per_mm, size)


def sheet_of(image: np.ndarray, *, warp: bool = True) -> Sheet:
    """Find the geometry of a page from its grid.

    A grid looks alike from four sides: the x axis is the one nearest to the image's, within 45 degrees. Where no
    clear one is found, it is looked for once more as a sparse one that is as dark as ink, as a fax leaves it.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)
        Blue, green, red; any size.
    warp : bool
        Whether to follow curl, folds and lens; else the sheet is taken to be flat.

    Raises
    ------
    NoLatticeError
        If no grid is found.
    """
    found, why = [], None
    for sparse in (False, True):
        try:
            sheet = _found(image, sparse=sparse, warp=warp)
        except NoLatticeError as error:
            why = why or error
            continue
        if sheet.contrast > _CLEAR_CONTRAST:
            return sheet
        found.append(sheet)
    # a lattice of a wrong pitch fits here and there, the right one everywhere
    best = min(found, key=_misfit_mm, default=None)
    if best is None or _misfit_mm(best) > _UNSURE_MM:
        raise why or NoLatticeError("what looks like a grid fits here and there only")
    return best


def _misfit_mm(sheet: Sheet) -> float:
    return sheet.residual_px / np.sqrt(sheet.px_per_mm_x * sheet.px_per_mm_y)


def _found(image: np.ndarray, *, sparse: bool, warp: bool) -> Sheet:
    measured = measure_page(image, sparse=sparse)
    followed = follow_warp(measured)
    sheet = Sheet.of_lattice(judged(measured.lattice, followed.contrast))
    if warp:
        sheet = sheet.warped(followed, ((image.shape[1] - 1) / 2, (image.shape[0] - 1) / 2))
    return sheet.turned(-round(sheet.rotation_deg / 90))


def rectified(
    image: np.ndarray,
    pixel_map: PixelMap,
    origin_mm: tuple[float, float],
    px_per_mm: float,
    size: tuple[int, int],
    interpolation: int = cv2.INTER_CUBIC,
    border: float | tuple[float, ...] = 0,
) -> np.ndarray:
    """Return a part of an image with the millimetres of its sheet straight and equidistant.

    Parameters
    ----------
    image : ndarray, shape (h, w) or (h, w, channels)
        What is much finer than the wanted pixels should be averaged before.
    pixel_map : PixelMap
        From mm to the image's px.
    origin_mm : tuple of float
        x and y of the centre of the first pixel.
    px_per_mm : float
        Wanted pixels a millimetre.
    size : tuple of int
        Wanted width and height in px.
    interpolation : int
        As OpenCV names it.
    border : float or tuple of float
        What lies beyond the image.
    """
    scale, (x, y) = 1 / px_per_mm, origin_mm
    to_mm = np.array([[scale, 0, x], [0, scale, y], [0, 0, 1.0]])
    how = {"borderMode": cv2.BORDER_CONSTANT, "borderValue": border}
    if pixel_map.displacement is None:
        flags = interpolation | cv2.WARP_INVERSE_MAP
        return cv2.warpPerspective(image, pixel_map.matrix @ to_mm, size, flags=flags, **how)
    step = max(1, round(px_per_mm / _NODES_A_MM))
    # each node is the middle of `step` pixels, and there is one more around them all
    columns, rows = (np.arange(-1, -(-n // step) + 1) * step + (step - 1) / 2 for n in size)
    places = _on_a_grid(pixel_map, x + columns * scale, y + rows * scale)
    dense = cv2.resize(places, (places.shape[1] * step, places.shape[0] * step), interpolation=cv2.INTER_LINEAR)
    dense = dense[step : step + size[1], step : step + size[0]]
    return cv2.remap(image, dense, None, interpolation, **how)


def _on_a_grid(pixel_map: PixelMap, x_mm: np.ndarray, y_mm: np.ndarray) -> np.ndarray:
    """Return where the points of a grid of mm lie, shape (rows, columns, 2), float32, in px: as `PixelMap.apply`."""
    bent = pixel_map.displacement
    across = _interpolation(x_mm, bent.origin[0], bent.spacing, bent.values.shape[1])
    down = _interpolation(y_mm, bent.origin[1], bent.spacing, bent.values.shape[0])
    x, y = (axis + down @ bent.values[:, :, k] @ across.T for k, axis in enumerate(np.meshgrid(x_mm, y_mm)))
    a, b, c = (row[0] * x + row[1] * y + row[2] for row in pixel_map.matrix)
    return np.stack([a / c, b / c], axis=-1).astype(np.float32)


def _interpolation(places: np.ndarray, first: float, spacing: float, count: int) -> np.ndarray:
    """Return the weights of evenly spaced nodes at places, shape (places, nodes), as `Displacement` has them."""
    at = np.clip((places - first) / spacing, -1.0, count)
    cell = np.minimum(np.floor(at).astype(int), count - 1)
    weights = np.zeros((len(places), count))
    lines = np.arange(len(places))
    for k, weight in enumerate(cubic_weights(at - cell)):
        # several neighbours beyond the last node are that node
        np.add.at(weights, (lines, np.clip(cell + k - 1, 0, count - 1)), weight)
    return weights
