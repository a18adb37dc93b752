"""What the columns of the report's tables are called, and which belong together.

Names follow a rule (``<what>_<unit>``, see ``papertrace.tables``), so that a column which is added to the score tables
appears in the report under a title of its own; the dictionaries here only say some of them better.
"""

from __future__ import annotations

import re

UNITS = {
    "db": "dB",
    "ms": "ms",
    "s": "s",
    "mv": "mV",
    "mv2": "mV²",
    "mm_s": "mm/s",
    "mm_mv": "mm/mV",
    "deg": "°",
    "bpm": "/min",
    "px": "px",
    "percent": "%",
    "ppm": "ppm",
    "per_s": "1/s",
}
"""Endings of names, and the units that they stand for."""

GROUPS = {
    "page": "The page",
    "reading": "What the digitizer said",
    "fidelity": "Fidelity",
    "anatomy": "Where the error lies",
    "others": "As others score",
    "clinical": "Clinical parameters",
}
"""Groups of columns, in order, with their titles."""

_TITLES = {
    "page_id": "page",
    "source_database": "database",
    "dpi": "dpi",
    "speed_mm_s": "paper speed (mm/s)",
    "gain_mm_mv": "gain (mm/mV)",
    "start_s": "start in the record (s)",
    "leads_read": "leads read",
    "layout_read": "layout read",
    "speed_read_mm_s": "speed read (mm/s)",
    "gain_read_mm_mv": "gain read (mm/mV)",
    "expected_snr_db": "SNR it expects (dB)",
    "px_per_mm_x": "px/mm across",
    "px_per_mm_y": "px/mm down",
    "coverage": "samples read",
    "snr_db": "SNR (dB)",
    "snr_median_db": "SNR, median form (dB)",
    "snr_aligned_db": "aligned SNR (dB)",
    "snr_aligned_median_db": "aligned SNR, median form (dB)",
    "rmse_mv": "RMSE (mV)",
    "r": "Pearson r",
    "name_read": "name read",
}
_PARAMETERS = {
    "rr_ms": "RR interval",
    "hr_bpm": "heart rate",
    "p_ms": "P width",
    "pr_ms": "PR interval",
    "qrs_ms": "QRS width",
    "qt_ms": "QT interval",
    "qtc_bazett_ms": "QTc, Bazett",
    "qtc_fridericia_ms": "QTc, Fridericia",
    "st_mv": "ST level",
    "r_mv": "R amplitude",
    "t_mv": "T amplitude",
}
_WORDS = {
    **{word: word.upper() for word in ("snr", "rr", "qrs", "qt", "pr", "p", "t", "st", "ks", "asci", "rmse", "r")},
    "qtc": "QTc",
    "hr": "heart rate",
    "wad": "weighted difference",
    "challenge": "Challenge",
    "kaggle": "Kaggle",
    "bazett": "Bazett",
    "fridericia": "Fridericia",
}
_CLINICAL = re.compile(r"^(rr|hr|p|pr|qrs|qt|qtc\w*|st|r|t)_(ms|mv|bpm)(_|$)|^beats_|_(truth|trace)$")
_ANATOMY = re.compile(r"^(noise|rmse_[a-z]+)_|^(spikes|stretch|gain_error|snr_residual)")
_MAGNITUDE = re.compile(r"_error(_|$)|^stretch_|^(lag|offset|rmse)_")


def title_of(name: str) -> str:
    """Return a column's title, with its unit."""
    if name in _TITLES:
        return _TITLES[name]
    for ending in ("_error", "_truth", "_trace"):
        if name.endswith(ending):
            stem, unit = split_unit(name.removesuffix(ending))
            words = f"{_in_words(stem)} {ending[1:]}" if ending == "_error" else f"{_in_words(stem)}, {ending[1:]}"
            return f"{words} ({unit})" if unit else words
    stem, unit = split_unit(name)
    return f"{_in_words(stem)} ({unit})" if unit else _in_words(stem)


def parameter_title(name: str) -> str:
    """Return what a clinical parameter is called, without its unit."""
    return _PARAMETERS.get(name) or _in_words(split_unit(name)[0])


def split_unit(name: str) -> tuple[str, str]:
    """Return a name without its unit, and the unit as it is printed (empty where the name has none)."""
    # Longest first: _mm_s is a speed, not a number of seconds.
    for ending in sorted(UNITS, key=len, reverse=True):
        if name.endswith(f"_{ending}"):
            return name.removesuffix(f"_{ending}"), UNITS[ending]
    return name, ""


def group_of(name: str) -> str:
    """Return which group a column of the scores belongs to."""
    if name.startswith(("challenge_", "kaggle_")):
        return "others"
    if _ANATOMY.search(name):
        return "anatomy"
    if name.startswith("leads"):
        return "reading"
    return "clinical" if _CLINICAL.search(name) else "fidelity"


def decimals_of(name: str) -> int:
    """Return how many decimals a column's figures are shown with."""
    name = re.sub(r"_(error|truth|trace)$", "", name)
    return {"dB": 1, "ms": 1, "mV": 4, "mV²": 4, "ppm": 0, "/min": 1, "mm/s": 1, "mm/mV": 1, "s": 1, "": 3}.get(
        split_unit(name)[1], 2
    )


def by_magnitude(name: str) -> bool:
    """Whether what counts in a column is how large its figures are, whatever their sign: errors, lags, offsets."""
    return bool(_MAGNITUDE.search(name))


def _in_words(stem: str) -> str:
    return " ".join(_WORDS.get(word, word) for word in stem.split("_"))
