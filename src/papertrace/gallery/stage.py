"""The gallery: a folder with an HTML page, its images and two contact sheets; opens without a network."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from papertrace.errors import PapertraceError
from papertrace.gallery.picture import FOLDERS, Picture, make_entry
from papertrace.gallery.sheet import FULL, SMALL, chapters, draw_sheet, encode_sheet, overview
from papertrace.gallery.tiles import LEADS, Section, sections
from papertrace.io import atomic_folder
from papertrace.lifeline import end_with_parent
from papertrace.memory import keep_freed_memory
from papertrace.threads import limit_threads

if TYPE_CHECKING:
    from papertrace.config import Config
    from papertrace.gallery.tiles import Entry
    from papertrace.records.reader import Signal

_MARK = "gallery.json"  # tells a gallery from any other folder
_SMALL_COLOURS = 64
_RATE_HZ = 250


def run(config: Config, out: Path, cores: int, own: bool) -> int:
    """Make the gallery.

    Parameters
    ----------
    config : Config
        See `papertrace.gallery.tiles.sections`; the records are simulated, whatever it says of them.
    out : Path
        Folder to write: new, empty, or an earlier gallery, which is replaced. It appears whole or not at all.
    cores : int
        Worker processes; the bytes are the same for any number.
    own : bool
        Also show what the config itself makes.

    Returns
    -------
    int
        How many images were made.

    Raises
    ------
    PapertraceError
        `out` holds something else.
    """
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / _MARK).is_file())):
        raise PapertraceError(f"{out}: is there already and is no gallery; name a new folder")
    wanted = sections(config, own)
    entries = [entry for section in wanted for entry in section.entries]
    signals = simulated_signals()
    with atomic_folder(out) as folder:
        for kind in FOLDERS:
            (folder / kind).mkdir()
        made = iter(list(_all(entries, signals, folder, cores)))
        shown = [(section, [next(made) for _ in section.entries]) for section in wanted]
        for name, cells, style, colours in (
            ("contact-sheet.png", chapters(shown), FULL, None),
            ("overview.png", overview(shown), SMALL, _SMALL_COLOURS),
        ):
            (folder / name).write_bytes(encode_sheet(draw_sheet(cells, folder, style), colours))
        (folder / "index.html").write_text(_html(shown), encoding="utf-8")
        (folder / _MARK).write_text(_listing(shown), encoding="utf-8")
    return sum(picture.problem is None for _, groups in shown for group in groups for picture in group)


def simulated_signals() -> dict[str, Signal]:
    """Return the gallery's records: ten seconds of two leads and of twelve, simulated."""
    from papertrace.records.reader import Signal
    from papertrace.records.simulation import simulate
    from papertrace.seeds import derive_seed, generator

    signals = {}
    for name, leads in LEADS.items():
        rng = generator(derive_seed(1, name, "gallery"))
        samples = simulate(list(leads), duration_s=10, rate_hz=_RATE_HZ, noise_mv=0.003, wander_mv=0.05, rng=rng)
        signals[name] = Signal(samples, float(_RATE_HZ), list(leads))
    return signals


def _all(entries: list[Entry], signals: dict[str, Signal], folder: Path, cores: int) -> Iterator[list[Picture]]:
    make = partial(make_entry, signals=signals, folder=folder)
    progress = partial(tqdm, total=len(entries), desc="gallery", unit="entry", disable=None)
    if cores == 1:
        yield from progress(map(make, entries))
        return
    # Not forked: OpenCV and Arrow have threads by now.
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn"), initializer=_start_worker) as pool:
        yield from progress(pool.map(make, entries))


def _start_worker() -> None:
    end_with_parent()
    limit_threads()
    keep_freed_memory()


def _html(shown: list[tuple[Section, list[list[Picture]]]]) -> str:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("papertrace.gallery"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    chapters = [(section, list(zip(section.entries, groups, strict=True))) for section, groups in shown]
    return environment.get_template("gallery.html.j2").render(chapters=chapters)


def _listing(shown: list[tuple[Section, list[list[Picture]]]]) -> str:
    """Return what is where, for programs."""
    rows = [
        {
            "section": section.key,
            "entry": entry.name,
            "title": picture.tile.title,
            "name": picture.tile.name,
            "size_px": picture.size,
            "drawn": picture.drawn,
            "problem": picture.problem,
        }
        for section, groups in shown
        for entry, pictures in zip(section.entries, groups, strict=True)
        for picture in pictures
    ]
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"
