"""Draw the parameters of one artifact each; nothing random is left in what they return."""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib import resources

import numpy as np

from papertrace.labels import Box, PageLabels
from papertrace.scans import config as sections
from papertrace.scans.bend import SURFACES, least_area

DESKS = ((252, 252, 252), (235, 238, 240), (120, 120, 120), (40, 40, 40), (70, 110, 150), (60, 75, 95))
"""Blue, green and red of what a sheet lies on: paper, paper, a desk of steel, black cloth, two of wood."""
_GROUNDS = {
    "plain": DESKS,
    "lid": ((252, 252, 252), (240, 240, 240), (240, 240, 240), (30, 30, 30)),
    "wood": ((70, 110, 150), (60, 75, 95), (110, 150, 185), (45, 60, 85), (140, 175, 200)),
    "cloth": ((40, 40, 40), (110, 80, 45), (120, 110, 80), (150, 150, 150), (205, 210, 212), (90, 110, 70)),
    "laminate": ((150, 158, 165), (200, 205, 210), (95, 95, 95), (190, 180, 165)),
    "metal": ((150, 150, 150), (175, 172, 168)),
    "clipboard": ((70, 100, 135), (55, 80, 110), (60, 60, 60), (170, 120, 60)),
    "screen": ((90, 85, 80), (50, 48, 46), (230, 228, 226), (160, 120, 70)),
}
"""Colours of what a sheet lies on, by the kinds of `papertrace.scans.background`."""
_PENS = ((30, 25, 20), (140, 50, 25), (30, 30, 190), (40, 110, 30), (110, 30, 90))
_STAMP_INKS = ((150, 60, 40), (50, 40, 190), (130, 40, 110), (60, 60, 60), (60, 120, 40))
_STAINS = ((70, 110, 150), (130, 185, 210), (90, 150, 190), (200, 215, 222), (100, 90, 150))
_MOULDS = ((60, 75, 70), (50, 60, 60), (70, 110, 80), (75, 95, 120))
_STAMP_WORDS = ("RECEIVED", "COPY", "ARCHIVE", "CARDIOLOGY", "SCANNED", "REVIEWED", "DUPLICATE", "FILED", "URGENT")
_LEAST_AREA = 0.5  # of its area that a bent sheet must show everywhere, for what is on it to be readable
_LEAST_CONE = 0.02  # less is a cylinder
_NEAREST = 0.9  # camera's distance in longest sides of the sheet: a phone's field of view is some 60 degrees
_TRIES = 30
_WANDER_MM = (25.0, 250.0)  # lengths of the waves of a scanner's carriage
_HOLES_APART_MM, _HOLES_FROM_EDGE_MM = 80.0, 12.0  # ISO 838


def draw_artifact(name: str, section: object, labels: PageLabels, rng: np.random.Generator) -> dict | None:
    """Draw an artifact's parameters, or None where the page has no room for it.

    Parameters
    ----------
    name : str
        One of `DRAWS`.
    section : Section
        Its ranges.
    labels : PageLabels
        Of the page.
    rng : numpy.random.Generator
        The only source of randomness.
    """
    drawn = DRAWS[name](section, labels, rng)
    return None if drawn is None else {"artifact": name, **drawn}


def _handwriting(section: sections.Handwriting, labels: PageLabels, rng: np.random.Generator) -> dict:
    words = words_of_cardiology()
    pen = [int(value) for value in _PENS[int(rng.integers(len(_PENS)))]]
    hand = {"width_mm": uniform(section.width_mm, rng), "colour": pen}
    slant = float(rng.uniform(-0.1, 0.35))
    lines = []
    for _ in range(whole(section.lines, rng)):
        text = str(rng.choice(words)) if rng.random() < 0.75 else f"{int(rng.integers(40, 160))} / min"
        text = text.capitalize() if rng.random() < 0.4 else text
        size = min(uniform(section.size_mm, rng), (labels.width_mm - 6) / (0.85 * len(text)))
        length = 0.85 * size * len(text)
        lines.append(
            {
                "text": text,
                "x_mm": float(rng.uniform(3, max(labels.width_mm - length, 4))),
                "baseline_mm": float(rng.uniform(2.5 * size, labels.height_mm - 2 * size)),
                "size_mm": size,
                "degrees": float(rng.normal(0, 4)),
                "slant": slant,
                "underlined": bool(rng.random() < 0.3),
                "seed": seed(rng),
                **hand,
            }
        )
    marks = []
    for _ in range(whole(section.marks, rng)):
        lead = labels.leads[int(rng.integers(len(labels.leads)))].box_mm if labels.leads else (20, 20, 120, 60)
        kind = str(rng.choice(["circle", "underline", "caliper"]))
        wide = float(rng.uniform(8, 30))
        x = float(rng.uniform(lead[0], max(lead[2] - wide, lead[0] + 1)))
        middle = 0.5 * (lead[1] + lead[3]) + float(rng.uniform(-5, 5))
        half = float(rng.uniform(5, 12)) if kind == "circle" else float(rng.uniform(2, 4))
        marks.append({"kind": kind, "box_mm": [x, middle - half, x + wide, middle + half], "seed": seed(rng), **hand})
    return {"lines": lines, "marks": marks}


def _stamps(section: sections.Stamps, labels: PageLabels, rng: np.random.Generator) -> dict:
    return {
        "prints": [
            {
                "text": str(rng.choice(_STAMP_WORDS)),
                "x_mm": float(rng.uniform(0.1, 0.9) * labels.width_mm),
                "y_mm": float(rng.uniform(0.05, 0.95) * labels.height_mm),
                "size_mm": uniform(section.size_mm, rng),
                "degrees": float(rng.normal(0, 12)),
                "round": bool(rng.random() < 0.4),
                "colour": _colour(_STAMP_INKS, rng),
                "strength": uniform(section.strength, rng),
                "seed": seed(rng),
            }
            for _ in range(whole(section.count, rng))
        ]
    }


def _fading(section: sections.Fading, labels: PageLabels, rng: np.random.Generator) -> dict:
    return {"strength": uniform(section.strength, rng), "patches": uniform(section.patches, rng), "seed": seed(rng)}


def _photocopy(section: sections.Photocopy, labels: PageLabels, rng: np.random.Generator) -> dict:
    return {
        "generations": whole(section.generations, rng),
        "contrast": uniform(section.contrast, rng),
        "blur_px": uniform(section.blur_px, rng),
        "specks": uniform(section.specks, rng),
        "seed": seed(rng),
    }


def _stains(section: sections.Stains, labels: PageLabels, rng: np.random.Generator) -> dict:
    return {
        "blots": [
            {
                **_place(labels, rng),
                "radius_mm": uniform(section.radius_mm, rng),
                "colour": _colour(_STAINS, rng),
                "strength": uniform(section.strength, rng),
                "rim": uniform(section.rim, rng),
                "seed": seed(rng),
            }
            for _ in range(whole(section.count, rng))
        ]
    }


def _mould(section: sections.Mould, labels: PageLabels, rng: np.random.Generator) -> dict:
    colour = _colour(_MOULDS, rng)
    return {
        "colonies": [
            {
                **_place(labels, rng),
                "radius_mm": uniform(section.radius_mm, rng),
                "spots": whole(section.spots, rng),
                "colour": colour,
                "strength": uniform(section.strength, rng),
                "seed": seed(rng),
            }
            for _ in range(whole(section.colonies, rng))
        ]
    }


def _wrinkles(section: sections.Wrinkles, labels: PageLabels, rng: np.random.Generator) -> dict:
    return {
        "scale_mm": math.exp(float(rng.uniform(*np.log(section.scale_mm)))),
        "slope": uniform(section.slope, rng),
        "degrees": float(rng.uniform(0, 360)),
        "elevation": uniform(section.elevation, rng),
        "seed": seed(rng),
    }


def _punch_holes(section: sections.PunchHoles, labels: PageLabels, rng: np.random.Generator) -> dict | None:
    diameter = uniform(section.diameter_mm, rng)
    side = str(rng.choice(["left", "top", "bottom"]))
    length = labels.height_mm if side == "left" else labels.width_mm
    places = 0.5 * length + float(rng.normal(0, 3)) + _HOLES_APART_MM * np.array([-0.5, 0.5])
    depth = labels.height_mm - _HOLES_FROM_EDGE_MM if side == "bottom" else _HOLES_FROM_EDGE_MM
    centres = [[depth, float(p)] if side == "left" else [float(p), depth] for p in places]
    reach = 0.5 * diameter + 1
    clear = [
        [x, y] for x, y in centres if _is_clear((x - reach, y - reach, x + reach, y + reach), labels)
    ]  # a hole through a trace would take its ink away
    return {"centres_mm": clear, "diameter_mm": diameter, "colour": _desk(rng)} if clear else None


def _staples(section: sections.Staples, labels: PageLabels, rng: np.random.Generator) -> dict | None:
    wires = []
    for corner in rng.permutation(4)[: whole(section.count, rng)]:
        x, y = rng.uniform(8, 14, 2)
        x, y = (x if corner in (0, 3) else labels.width_mm - x), (y if corner in (0, 1) else labels.height_mm - y)
        if _is_clear((x - 7, y - 7, x + 7, y + 7), labels):
            degrees = float(rng.normal(-45 if corner in (0, 2) else 45, 15))
            size = {"length_mm": float(rng.uniform(9, 13)), "width_mm": float(rng.uniform(0.45, 0.6))}
            wires.append({"x_mm": float(x), "y_mm": float(y), "degrees": degrees, **size})
    return {"wires": wires} if wires else None


def _torn_corners(section: sections.TornCorners, labels: PageLabels, rng: np.random.Generator) -> dict | None:
    corners = []
    for corner in rng.permutation(4)[: whole(section.count, rng)]:
        longest = uniform(section.size_mm, rng)
        wide, high = sorted((longest, longest * float(rng.uniform(0.4, 1))), reverse=bool(rng.random() < 0.5))
        for _ in range(8):  # smaller until no trace is torn off
            x = 0 if corner in (0, 3) else labels.width_mm - wide
            y = 0 if corner in (0, 1) else labels.height_mm - high
            if _is_clear((x, y, x + wide, y + high), labels):
                corners.append({"corner": int(corner), "width_mm": wide, "height_mm": high, "seed": seed(rng)})
                break
            wide, high = 0.7 * wide, 0.7 * high
    return {"corners": corners, "colour": _desk(rng)} if corners else None


def _page_curl(section: sections.PageCurl, labels: PageLabels, rng: np.random.Generator) -> dict:
    size = np.array([labels.width_mm, labels.height_mm])
    # Sheets roll up about one of their sides, more or less.
    degrees = float(rng.choice([0.0, 90.0], p=[0.3, 0.7]) + rng.normal(0, 8) + rng.choice([0, 180]))
    across = np.array([-math.sin(math.radians(degrees)), math.cos(math.radians(degrees))])
    reach = float(np.abs(across) @ size)
    valley = bool(rng.random() < 0.6)
    # A hump rests on both its sides; one side of a valley may rise alone.
    off = float(rng.uniform(-0.45, 0.45) if valley else rng.uniform(-0.1, 0.1))
    bend, cone = uniform(section.bend_degrees, rng), uniform(section.cone, rng)
    view = _view(section, labels, rng)
    for _ in range(_TRIES):
        radius = reach / max(math.radians(bend), 1e-3)
        along = float(np.abs([across[1], across[0]]) @ size)
        item = {
            "degrees": degrees,
            "vertex_mm": (0.5 * size + off * reach * across).tolist(),
            "radius_mm": radius if valley else -radius,
            # Along the sheet the radius grows in proportion to the way from the apex.
            "apex_mm": 0.5 * along * (2 - cone) / cone if cone > _LEAST_CONE else None,
            **view,
        }
        surface = SURFACES["page_curl"](item, tuple(size))
        if least_area(surface, tuple(size), view["distance_mm"]) > _LEAST_AREA:
            break
        bend *= 0.85
    return item


def _folds(section: sections.Folds, labels: PageLabels, rng: np.random.Generator) -> dict:
    count = whole(section.lines, rng)
    along = int(rng.integers(count + 1))  # lines of the first family; the rest crosses them
    askew = float(rng.normal(0, 1.5))
    families = []
    for lines, degrees, length in ((along, 0.0, labels.width_mm), (count - along, 90.0, labels.height_mm)):
        # In halves, thirds … as sheets are folded to fit an envelope or a pocket.
        places = np.arange(1, lines + 1) / (lines + 1) + rng.normal(0, 0.03, lines)
        turns = rng.choice([-1, 1], lines)
        angles = [float(turn) * uniform(section.angle_degrees, rng) for turn in turns]
        families.append(
            {
                "degrees": degrees + askew,
                "lines": [
                    {
                        "offset_mm": float(place) * length,
                        "angle_degrees": angle,
                        "width_mm": uniform(section.width_mm, rng),
                        "worn": uniform(section.worn, rng),
                        "worn_mm": uniform(section.worn_mm, rng),
                    }
                    for place, angle in zip(places, angles, strict=True)
                ],
            }
        )
    return {"families": [each for each in families if each["lines"]], **_view(section, labels, rng), "seed": seed(rng)}


def _partial_page(section: sections.PartialPage, labels: PageLabels, rng: np.random.Generator) -> dict:
    shares = [0.0, 0.0, 0.0, 0.0]  # left, top, right, bottom
    first = int(rng.integers(4))
    shares[first] = uniform(section.share, rng)
    if rng.random() < 0.4:  # never both of two opposite sides, or little would be left
        shares[(first + 1 + 2 * int(rng.integers(2))) % 4] = uniform(section.share, rng)
    return {"shares": shares}


def _lens(section: sections.Lens, labels: PageLabels, rng: np.random.Generator) -> dict:
    k1 = float(rng.choice([-1, 1], p=[0.75, 0.25])) * uniform(section.k1, rng)
    return {"k1": k1, "k2": -k1 * float(rng.uniform(0, 0.25))}


def _anisotropic_dpi(section: sections.AnisotropicDpi, labels: PageLabels, rng: np.random.Generator) -> dict:
    stretch = float(rng.choice([-1, 1])) * uniform(section.stretch, rng)
    wander = uniform(section.wander_mm, rng)
    waves = [
        {
            "amplitude_mm": share * wander,
            "period_mm": math.exp(float(rng.uniform(*np.log(_WANDER_MM)))),
            "phase": float(rng.uniform(0, 2 * math.pi)),
        }
        for share in rng.dirichlet([1, 1, 1]).tolist()
    ]
    return {"stretch": stretch, "waves": waves}


def _view(section: sections.PageCurl | sections.Folds, labels: PageLabels, rng: np.random.Generator) -> dict:
    """Draw where camera and light are."""
    light = {
        "degrees": float(rng.uniform(0, 360)),
        "elevation": uniform(section.elevation, rng),
        "ambient": uniform(section.ambient, rng),
    }
    # A camera stands back until the whole of a long sheet is in view.
    nearest = _NEAREST * max(labels.width_mm, labels.height_mm)
    return {"distance_mm": max(uniform(section.distance_mm, rng), nearest), "light": light}


def _background(section: sections.Background, labels: PageLabels, rng: np.random.Generator) -> dict:
    kind = section.kind[int(rng.integers(len(section.kind)))]
    colour = np.add(
        _GROUNDS[kind][int(rng.integers(len(_GROUNDS[kind])))], rng.integers(-15, 16) + rng.integers(-4, 5, 3)
    )
    extent = np.array([labels.width_mm, labels.height_mm] * 2) * labels.px_per_mm
    seen = rng.permutation(4) < whole(section.sides, rng)
    margins = np.rint(seen * rng.uniform(*section.margin, 4) * extent)
    papers = [
        {
            "x_mm": float(rng.normal(0, 0.06 * labels.width_mm)),
            "y_mm": float(rng.normal(0, 0.06 * labels.height_mm)),
            "degrees": float(rng.normal(0, 4)),
            "colour": [int(value) for value in np.clip(rng.integers(205, 250) + rng.integers(-10, 11, 3), 0, 255)],
        }
        for _ in range(whole(section.papers, rng))
    ]
    shadow = {
        "degrees": float(rng.uniform(0, 360)),
        "offset_mm": float(rng.uniform(0.3, 3)),
        "softness_mm": math.exp(float(rng.uniform(math.log(0.5), math.log(5)))),
        "strength": uniform(section.shadow, rng),
    }
    on_screen = kind == "screen"  # it shows one page, which throws no shadow
    return {
        "kind": kind,
        "colour": [int(value) for value in np.clip(colour, 0, 255)],
        "margins": [int(value) for value in margins],
        "sheets": [] if on_screen else papers,
        "shadow": shadow | {"strength": 0.0} if on_screen else shadow,
        "seed": seed(rng),
    }


def _shadow(section: sections.Shadow, labels: PageLabels, rng: np.random.Generator) -> dict:
    return {
        "degrees": float(rng.uniform(0, 360)),
        "offset": float(rng.uniform(-0.4, 0.7)),
        "softness": math.exp(float(rng.uniform(*np.log(section.softness)))),
        "strength": uniform(section.strength, rng),
        "bow": float(rng.normal(0, 0.4)),
    }


def _glare(section: sections.Glare, labels: PageLabels, rng: np.random.Generator) -> dict:
    return {
        "x": float(rng.uniform(0, 1)),
        "y": float(rng.uniform(0, 1)),
        "radius": uniform(section.radius, rng),
        "stretch": float(rng.uniform(1, 3)),
        "degrees": float(rng.uniform(0, 180)),
        "strength": uniform(section.strength, rng),
    }


def _vignette(section: sections.Vignette, labels: PageLabels, rng: np.random.Generator) -> dict:
    return {"half_field_degrees": uniform(section.half_field_degrees, rng)}


def _exposure(section: sections.Exposure, labels: PageLabels, rng: np.random.Generator) -> dict:
    return {"stops": uniform(section.stops, rng), "veil": uniform(section.veil, rng)}


def _moire(section: sections.Moire, labels: PageLabels, rng: np.random.Generator) -> dict:
    return {
        "pitch_px": uniform(section.pitch_px, rng),
        "degrees": uniform(section.degrees, rng),
        "bow": float(rng.uniform(-6, 6)),
        "strength": uniform(section.strength, rng),
    }


def _motion_blur(section: sections.MotionBlur, labels: PageLabels, rng: np.random.Generator) -> dict:
    return {"length_px": uniform(section.length_px, rng), "degrees": float(rng.uniform(0, 180))}


def _shot_noise(section: sections.ShotNoise, labels: PageLabels, rng: np.random.Generator) -> dict:
    return {"electrons": math.exp(float(rng.uniform(*np.log(section.electrons)))), "seed": seed(rng)}


def _gamma(section: sections.Gamma, labels: PageLabels, rng: np.random.Generator) -> dict:
    return {"exponent": uniform(section.exponent, rng)}


def _sharpening(section: sections.Sharpening, labels: PageLabels, rng: np.random.Generator) -> dict:
    return {"strength": uniform(section.strength, rng), "sigma_px": uniform(section.sigma_px, rng)}


def _streaks(section: sections.Streaks, labels: PageLabels, rng: np.random.Generator) -> dict:
    lines = [
        {
            "x": float(rng.uniform(0, 1)),
            "width_px": float(rng.uniform(1, 3)),
            "change": float(rng.choice([-1, 1])) * uniform(section.change, rng),
        }
        for _ in range(whole(section.lines, rng))
    ]
    return {"ripple": uniform(section.ripple, rng), "lines": lines, "seed": seed(rng)}


def _fax(section: sections.Fax, labels: PageLabels, rng: np.random.Generator) -> dict:
    return {
        "dpi": [204.0, 196.0 if rng.random() < section.fine else 98.0],
        "threshold": whole(section.threshold, rng),
    }


def _webp(section: sections.Webp, labels: PageLabels, rng: np.random.Generator) -> dict:
    return {"qualities": [whole(section.quality, rng) for _ in range(whole(section.generations, rng))]}


DRAWS: dict[str, Callable[..., dict | None]] = {
    "handwriting": _handwriting,
    "stamps": _stamps,
    "fading": _fading,
    "photocopy": _photocopy,
    "stains": _stains,
    "mould": _mould,
    "wrinkles": _wrinkles,
    "punch_holes": _punch_holes,
    "staples": _staples,
    "torn_corners": _torn_corners,
    "folds": _folds,
    "page_curl": _page_curl,
    "partial_page": _partial_page,
    "lens": _lens,
    "anisotropic_dpi": _anisotropic_dpi,
    "background": _background,
    "shadow": _shadow,
    "glare": _glare,
    "vignette": _vignette,
    "exposure": _exposure,
    "moire": _moire,
    "motion_blur": _motion_blur,
    "shot_noise": _shot_noise,
    "gamma": _gamma,
    "sharpening": _sharpening,
    "streaks": _streaks,
    "fax": _fax,
    "webp": _webp,
}
"""Artifacts that are drawn each from a generator of its own, so that none shifts what another draws."""


def words_of_cardiology() -> list[str]:
    """Return the words that are printed and written on sheets."""
    return resources.files(__package__).joinpath("words.txt").read_text(encoding="utf-8").split("\n")[:-1]


def uniform(ends: tuple[float, float], rng: np.random.Generator) -> float:
    """Draw a number from a range."""
    return float(rng.uniform(*ends))


def whole(ends: tuple[float, float], rng: np.random.Generator) -> int:
    """Draw a whole number from a range, both ends included."""
    return int(rng.integers(int(ends[0]), int(ends[1]) + 1))


def seed(rng: np.random.Generator) -> int:
    """Draw a seed."""
    return int(rng.integers(2**63))


def overlap(a: Box, b: Box) -> bool:
    """Tell whether two boxes overlap."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _is_clear(box: Box, labels: PageLabels) -> bool:
    return not any(overlap(box, item.box_mm) for item in (*labels.leads, *labels.pulses))


def _place(labels: PageLabels, rng: np.random.Generator) -> dict:
    return {"x_mm": float(rng.uniform(0, labels.width_mm)), "y_mm": float(rng.uniform(0, labels.height_mm))}


def _desk(rng: np.random.Generator) -> list[int]:
    return _colour(DESKS, rng)


def _colour(choices: tuple, rng: np.random.Generator) -> list[int]:
    chosen = np.add(choices[int(rng.integers(len(choices)))], rng.integers(-12, 13, 3))
    return [int(value) for value in np.clip(chosen, 0, 255)]
