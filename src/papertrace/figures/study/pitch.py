"""F14: how wide is a millimetre, by the study's three ways and by the lattice, on images of the run."""

from __future__ import annotations

import numpy as np

from papertrace.errors import PapertraceError
from papertrace.figures import plots
from papertrace.figures.data import stored_image
from papertrace.figures.study.data import Study
from papertrace.figures.study.plate import AbsentError, Item, Plate
from papertrace.figures.study.style import CYCLE, page_figure, panels
from papertrace.geometry import PixelMap
from papertrace.io import read_table
from papertrace.labels import PageLabels

_IMAGES = 8
"""Of each input: some three seconds each."""
_CLEAR_PERCENT = 0.05


def grid_estimators(study: Study) -> Plate:
    """F14: px/mm by the study's three ways and by the lattice, on pages of the run."""
    from papertrace.traces.lattice import NoLatticeError
    from papertrace.traces.pitch import ESTIMATORS, NoPitchError
    from papertrace.traces.sheet import sheet_of

    estimators = {
        **{name: lambda image, e=estimate: e(image)[0] for name, estimate in ESTIMATORS.items()},
        "lattice (ours)": lambda image: sheet_of(image).px_per_mm_x,
    }
    examples = [image for name in study.inputs for image in images(study, name)]
    if not examples:
        raise AbsentError("no image of the run can be read")
    errors: dict[str, dict[str, list[float]]] = {}
    lost: dict[str, int] = dict.fromkeys(estimators, 0)
    for input_, image, pixel_map in examples:
        middle = pixel_map.inverse((np.array([image.shape[1::-1]]) - 1) / 2)
        begin, end = pixel_map.apply(middle + np.array([[-0.5, 0], [0.5, 0]]))
        truth = float(np.hypot(*(end - begin)))
        for name, estimate in estimators.items():
            try:
                errors.setdefault(input_, {}).setdefault(name, []).append(100 * abs(estimate(image) / truth - 1))
            except (NoLatticeError, NoPitchError):
                lost[name] += 1
    figure = page_figure(2.6)
    axes = figure.subplots(1, len(errors), squeeze=False, sharey=True)[0]
    for ax, (input_, found) in zip(axes, errors.items(), strict=True):
        for k, name in enumerate(estimators):
            values = np.maximum(found.get(name, []), 1e-4)
            offsets = k + 0.28 * (np.arange(len(values)) - (len(values) - 1) / 2) / max(len(values), 1)
            ax.semilogy(offsets, np.sort(values), "o", ms=3, color=CYCLE[k], alpha=0.8)
            if len(values):
                ax.hlines(np.median(values), k - 0.3, k + 0.3, color="#111820", lw=1.2)
        ax.axhline(_CLEAR_PERCENT, color=plots.MUTED, lw=0.7, ls=(0, (4, 3)))
        ax.set_xticks(range(len(estimators)), [name.replace(" ", "\n", 1) for name in estimators])
        ax.set_title(f"{plots.INPUT_NAMES[input_]}, n = {sum(1 for e in examples if e[0] == input_)}")
    axes[0].set_ylabel("error of px/mm (%)")
    panels(axes)
    failed = ", ".join(f"{name} {count}" for name, count in lost.items() if count)
    caption = (
        "Error of px/mm along x in the middle of the image: the study's three estimators and the lattice; bars: "
        "medians; broken line: 0.05 %, which alone leaves a perfect reader some 15 dB over 10 s. "
        "Errors below 0.0001 % are drawn there. "
        + (f"No grid found: {failed}." if failed else "Each found a grid on every image.")
    )
    return Plate(figure, caption)


def images(study: Study, input_: str) -> list[tuple[str, np.ndarray, PixelMap]]:
    """Return images of an input, spread evenly over the run's pages, each with its map from mm to px."""
    page_ids = sorted(study.results.shard_of)
    found = []
    for place in dict.fromkeys(np.linspace(0, len(page_ids) - 1, min(_IMAGES, len(page_ids))).astype(int).tolist()):
        page_id = page_ids[place]
        shard = study.results.shard_of[page_id]
        rows = {
            stage: read_table(study.folder / f"{stage}/{shard}.parquet").filter(_is(page_id)).to_pylist()
            for stage in dict.fromkeys(("pages", input_))
        }
        if not all(part and part[0]["status"] == "ok" and part[0]["image"] for part in rows.values()):
            continue
        page, seen = rows["pages"][0], rows[input_][0]
        pixel_map = PixelMap.of_page(PageLabels.from_json(page["labels"]).px_per_mm)
        if input_ == "scans":
            pixel_map = PixelMap.from_row(seen)
        try:
            image = stored_image(study.results, seen, input_)
        except PapertraceError:
            continue  # an image that is gone is no image to measure
        found.append((input_, image, pixel_map))
    return found


def _is(page_id: str):
    import pyarrow.compute as pc

    return pc.field("page_id") == page_id


ITEMS = (Item("F14", "grid-estimators", "Estimators of the grid's pitch", grid_estimators),)
