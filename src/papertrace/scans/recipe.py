"""Draw what happens to a scan; nothing random is left when a recipe is applied."""

from __future__ import annotations

import math

import numpy as np

from papertrace.labels import Box, PageLabels
from papertrace.pages.text import FACES
from papertrace.scans.bend import SURFACES
from papertrace.scans.compose import GEOMETRY, compose
from papertrace.scans.config import ScansConfig
from papertrace.scans.draws import DESKS, DRAWS, draw_artifact, overlap, uniform, whole, words_of_cardiology
from papertrace.scans.presets import ArtifactName
from papertrace.scans.warp import Size, corners, outline, perspective, project, rotation
from papertrace.seeds import derive_seed, generator

_TEXT_COLOURS = ((20, 20, 20), (90, 90, 90), (120, 50, 30), (40, 40, 150))
_DEEPEST = 2.5  # times as far from the camera as the nearest corner of the sheet is the farthest, at most
_LEAST_WHITE, _DISPLAY_GAMMA = 0.08, 2.2  # of the brightest grey level; from light to grey levels
_LEAST_SHARE, _SEEN_WITHIN = 0.02, 0.1  # of width and height; of a part of a page some trace is in the middle
_KEEP_MM = 1.5  # left around the traces when a crop is drawn

_ORDER = [
    name
    for artifact in ArtifactName.__args__
    for name in ([artifact, "desk"] if artifact == "background" else [artifact])
]


def draw_recipe(config: ScansConfig, labels: PageLabels, size: Size, rng: np.random.Generator) -> list[dict]:
    """Draw the artifacts of one scan, in the order they are applied.

    Parameters
    ----------
    config : ScansConfig
        Probabilities and ranges.
    labels : PageLabels
        Of the page: print keeps clear of the traces, and no crop cuts into them.
    size : tuple of int
        The page's width and height in pixels.
    rng : numpy.random.Generator
        The only source of randomness.

    Returns
    -------
    list of dict
        JSON-ready; ``artifact`` names the function, the other keys are its arguments as drawn.
    """
    if config.mix:
        name = str(rng.choice(config.mix))
        chosen = ScansConfig(preset=name).without(config.held_out)
        return [{"artifact": "preset", "name": name}, *draw_recipe(chosen, labels, size, rng)]
    drawn = []
    if _happens(config.printed_text, rng):
        drawn.append({"artifact": "printed_text", "lines": _draw_print(config, labels, rng)})
    if _happens(config.creases, rng):
        drawn.append({"artifact": "creases", "lines": _draw_creases(config, labels, rng)})
    drawn += _draw_geometry(config, rng)
    if _happens(config.light, rng):
        drawn.append(
            {
                "artifact": "light",
                "degrees": float(rng.uniform(0, 360)),
                "strength": uniform(config.light.strength, rng),
                "bend": float(rng.uniform(0, 1)),
            }
        )
    if _happens(config.temperature, rng):
        # Even in mired, the scale on which equal steps look equal.
        low, high = config.temperature.kelvin
        drawn.append({"artifact": "temperature", "kelvin": float(1 / rng.uniform(1 / high, 1 / low))})
    if _happens(config.blur, rng):
        drawn.append({"artifact": "blur", "sigma_px": uniform(config.blur.sigma_px, rng)})
    if _happens(config.noise, rng):
        drawn.append({"artifact": "noise", "sigma": uniform(config.noise.sigma, rng), "seed": int(rng.integers(2**63))})
    if _happens(config.jpeg, rng):
        times = whole(config.jpeg.generations, rng)
        drawn.append({"artifact": "jpeg", "qualities": [whole(config.jpeg.quality, rng) for _ in range(times)]})
    # Of these each has a generator of its own: whether one happens shifts nothing in the others.
    base = int(rng.integers(2**63))
    for name in DRAWS:
        own = generator(derive_seed(base, name, "scans"))
        section = getattr(config, name)
        item = draw_artifact(name, section, labels, own) if _happens(section, own) else None
        if item:
            drawn.append(item)
    colour = next((item["colour"] for item in drawn if item["artifact"] == "desk"), None)
    ground = next((item for item in drawn if item["artifact"] == "background"), None)
    if colour is None and (ground or any(item["artifact"] in GEOMETRY for item in drawn)):
        colour = _draw_desk(generator(derive_seed(base, "desk", "scans")))
        drawn.append({"artifact": "desk", "colour": colour})
    if ground:
        colour = ground["colour"]
        for item in drawn:
            if item["artifact"] == "desk":
                item["colour"] = colour
            elif item["artifact"] == "crop":
                item["shares"] = np.where(np.array(ground["margins"]) > 0, 0, item["shares"])
    if colour is not None:
        for item in drawn:
            if item["artifact"] in ("punch_holes", "torn_corners"):
                item["colour"] = colour  # what is seen through the sheet is what it lies on
    drawn.sort(key=lambda item: _ORDER.index(item["artifact"]))
    bends = [item for item in drawn if item["artifact"] in SURFACES]
    for item in bends[1:]:  # one camera and one light for them all
        item |= {key: bends[0][key] for key in ("distance_mm", "light")}
    _limit_tones(drawn)
    for place, item in enumerate(drawn):
        if item["artifact"] == "perspective":
            item["shifts"] = _limit_perspective(item["shifts"], drawn[:place], size)
        elif item["artifact"] == "partial_page":
            item["shares"] = _limit_part(item["shares"], drawn[:place], labels, size)
        elif item["artifact"] == "crop":
            item["pixels"] = _limit_crop(item.pop("shares"), drawn[:place], labels, size)
    return drawn


def _draw_geometry(config: ScansConfig, rng: np.random.Generator) -> list[dict]:
    drawn: list[dict] = []
    if _happens(config.rotation, rng):
        drawn.append({"artifact": "rotation", "degrees": uniform(config.rotation.degrees, rng)})
    if _happens(config.perspective, rng):
        shifts = rng.choice([-1, 1], (4, 2)) * rng.uniform(*config.perspective.shift, (4, 2))
        drawn.append({"artifact": "perspective", "shifts": shifts.tolist()})
    if _happens(config.crop, rng):
        # How many pixels that may be depends on all the other geometry.
        drawn.append({"artifact": "crop", "shares": rng.uniform(*config.crop.share, 4)})
    if drawn:
        drawn.append({"artifact": "desk", "colour": _draw_desk(rng)})
    return drawn


def _draw_desk(rng: np.random.Generator) -> list[int]:
    return [int(c) for c in np.clip(np.add(DESKS[int(rng.integers(len(DESKS)))], rng.integers(-15, 16, 3)), 0, 255)]


def _limit_tones(drawn: list[dict]) -> None:
    """Weaken, in place, a gamma that would leave nothing of an underexposed scan."""
    stops = next((item["stops"] for item in drawn if item["artifact"] == "exposure"), 0.0)
    white = 2 ** (min(stops, 0.0) / _DISPLAY_GAMMA)
    for item in drawn:
        if item["artifact"] == "gamma" and white ** item["exponent"] < _LEAST_WHITE:
            item["exponent"] = max(math.log(_LEAST_WHITE) / math.log(white), 1.0)


def _limit_perspective(shifts: list[list[float]], before: list[dict], size: Size) -> list[list[float]]:
    """Return shifts so small that no part of the sheet, as it is turned, comes near the horizon."""
    degrees = next((item["degrees"] for item in before if item["artifact"] == "rotation"), 0.0)
    turned = project(rotation(size, degrees), corners(size))
    while True:
        depth = np.column_stack([turned, np.ones(4)]) @ perspective(size, shifts)[2]
        if depth.min() * _DEEPEST > depth.max():
            return shifts
        shifts = [[0.7 * shift for shift in corner] for corner in shifts]


def _limit_part(shares: list[float], geometry: list[dict], labels: PageLabels, size: Size) -> list[float]:
    """Return which shares are missing left, top, right and bottom: less than wanted where no trace would be seen."""
    boxes = np.array([lead.box_mm for lead in labels.leads]).reshape(-1, 4)
    along = np.linspace(0, 1, 9)[:, None]
    x, y = boxes[:, 0] + along * (boxes[:, 2] - boxes[:, 0]), np.tile((boxes[:, 1] + boxes[:, 3]) / 2, (len(along), 1))
    points = np.stack([x, y], axis=-1).reshape(-1, 2)
    while len(points) and max(shares) > _LEAST_SHARE:
        composed = compose([*geometry, {"artifact": "partial_page", "shares": shares}], size, labels.px_per_mm)
        margin = _SEEN_WITHIN * np.array(composed.size)
        seen = composed.map(labels.px_per_mm).apply(points)
        if ((seen > margin) & (seen < composed.size - margin)).all(axis=1).any():
            break
        shares = [0.7 * share for share in shares]
    return shares


def _limit_crop(shares: np.ndarray, geometry: list[dict], labels: PageLabels, size: Size) -> list[int]:
    """Return what is cut off left, top, right and bottom, in pixels, at most up to the traces and pulses."""
    composed = compose(geometry, size, labels.px_per_mm)
    width, height = composed.size
    wanted = shares * [width, height, width, height]
    boxes = [lead.box_mm for lead in labels.leads] + [pulse.box_mm for pulse in labels.pulses]
    boxes += [lead.name_box_mm for lead in labels.leads if lead.name_box_mm]
    if not boxes:
        return [int(value) for value in wanted]
    x0, y0, x1, y1 = np.add(boxes, [-_KEEP_MM, -_KEEP_MM, _KEEP_MM, _KEEP_MM]).T
    boxes_corners = np.stack([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]).transpose(2, 0, 1)
    points = np.concatenate([outline(four) for four in boxes_corners])
    seen = composed.map(labels.px_per_mm).apply(points)
    (left, top), (right, bottom) = seen.min(axis=0) + 0.5, seen.max(axis=0) + 0.5
    room = np.array([left, top, width - right, height - bottom])
    return [int(value) for value in np.floor(np.clip(wanted, 0, np.maximum(room, 0)))]


def _draw_print(config: ScansConfig, labels: PageLabels, rng: np.random.Generator) -> list[dict]:
    taken: list[Box] = [lead.box_mm for lead in labels.leads] + [pulse.box_mm for pulse in labels.pulses]
    taken += [text.box_mm for text in labels.texts]
    words = words_of_cardiology()
    lines = []
    for _ in range(whole(config.printed_text.lines, rng)):
        text = "  ".join(str(word) for word in rng.choice(words, int(rng.integers(1, 4)), replace=False))
        size = uniform(config.printed_text.size_mm, rng)
        width = 0.62 * size * len(text)  # a generous guess; the label takes the true ink
        line = {
            "text": text,
            "size_mm": size,
            "face": str(rng.choice(FACES)),
            "weight": int(rng.choice([300, 400, 600])),
            "colour": [int(c) for c in _TEXT_COLOURS[int(rng.integers(len(_TEXT_COLOURS)))]],
        }
        # A few tries to find a free place; a full page gets fewer words.
        for x, y in rng.uniform([2, size + 2], [max(labels.width_mm - width, 3), labels.height_mm - size - 2], (12, 2)):
            box = (x - 1, y - 1.1 * size - 1, x + width + 1, y + 0.4 * size + 1)
            if not any(overlap(box, other) for other in taken):
                taken.append(box)
                lines.append({**line, "x_mm": float(x), "baseline_mm": float(y)})
                break
    return lines


def _draw_creases(config: ScansConfig, labels: PageLabels, rng: np.random.Generator) -> list[dict]:
    first = float(rng.uniform(-90, 90))
    lines = []
    for base in (first, first + float(rng.uniform(60, 120))):
        count = whole(config.creases.lines, rng)
        width = uniform(config.creases.width_mm, rng)
        normal = np.array([np.cos(np.radians(base)), np.sin(np.radians(base))])
        reach = np.array([[x, y] for x in (0, labels.width_mm) for y in (0, labels.height_mm)]) @ normal
        for offset in rng.uniform(reach.min(), reach.max(), count):
            lines.append(
                {
                    "degrees": base + float(rng.normal(0, 1.5)),
                    "offset_mm": float(offset),
                    "width_mm": width,
                    "strength": uniform(config.creases.strength, rng),
                }
            )
    return lines


def _happens(artifact: object, rng: np.random.Generator) -> bool:
    return bool(rng.random() < artifact.probability)
