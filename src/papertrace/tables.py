"""The contracts between the stages: the columns of every table that one stage writes and another reads.

Every page keeps its row from stage to stage. `status` is ``ok``, ``failed`` (something broke: bad record,
unreadable image, no grid found …) or ``rejected`` (a digitizer says this is not an ECG it can read);
`reason` is one sentence where status is not ``ok`` and null where it is. A row that failed upstream is carried
along with the reason it failed for. Tables hold nothing that varies between two runs (no times, hosts, absolute paths).
"""

from __future__ import annotations

import pyarrow as pa

_STATUS = [("status", pa.string()), ("reason", pa.string())]

DOWNLOAD = pa.schema(
    [
        ("path", pa.string()),  # relative to the database's folder
        ("bytes", pa.int64()),
        ("sha256", pa.string()),  # verified
    ]
)
"""One row per file of a downloaded database that papertrace needs, sorted by `path`."""

RECORDS = pa.schema(
    [
        ("record", pa.string()),  # unique id within the dataset: letters, digits, - and _ ; the page id's first part
        ("path", pa.string()),  # WFDB record path relative to the source's root, without suffix
        ("database", pa.string()),
        ("source_database", pa.string()),  # where the record came from first: mitdb, edb, … (for grouping)
        ("rate_hz", pa.float64()),
        ("n_samples", pa.int64()),
        ("leads", pa.list_(pa.string())),
        ("lead_issues", pa.list_(pa.string())),  # per lead: empty, or what is odd about it (flat, NaN, DC offset …)
        ("sha256", pa.string()),  # of header and signal files together
        ("patient", pa.string()),  # whose record it is, where the database tells (PTB-XL)
        ("fold", pa.int32()),  # 1 … 10, where the database recommends folds (PTB-XL); none has a patient of another's
        *_STATUS,
    ]
)
"""One row per record, sorted by `record`; n_samples … leads are null where the record cannot be read."""

MANIFEST = pa.schema(
    [
        ("page_id", pa.string()),  # <record>_<window:05d>
        ("record", pa.string()),
        ("path", pa.string()),
        ("database", pa.string()),
        ("source_database", pa.string()),
        ("split", pa.string()),  # train, validation or test; by record
        ("window", pa.int32()),  # which of the record's windows under the whole recipe, limit or not
        ("start_sample", pa.int64()),
        ("n_samples", pa.int64()),
        ("rate_hz", pa.float64()),
        ("start_s", pa.float64()),
        ("duration_s", pa.float64()),
        ("leads", pa.list_(pa.string())),
        ("layout", pa.string()),  # resolved: a name of papertrace.pages.layouts
        ("dpi", pa.float64()),
        ("speed_mm_s", pa.float64()),
        ("gain_mm_mv", pa.float64()),
        ("seed_pages", pa.uint64()),
        ("seed_scans", pa.uint64()),
        *_STATUS,
    ]
)
"""One row per page, sorted by `page_id`, written before any image. Shard k holds the rows k*size … (k+1)*size-1."""

CEILINGS = ("ceiling_db", "column_ceiling_db")
"""What the image of a page shows of a lead's signal at all, and what it shows to a reader of columns."""

PAGES = pa.schema(
    [
        ("page_id", pa.string()),
        ("image", pa.string()),  # file name within the shard's folder; null where recipes alone are stored
        ("sha256", pa.string()),
        ("twin", pa.string()),  # file name of the gridless twin, or null
        ("width_px", pa.int32()),
        ("height_px", pa.int32()),
        ("labels", pa.string()),  # papertrace.labels.PageLabels as JSON
        ("recipe", pa.string()),  # JSON of every drawn choice (pitch, colours, stroke, pulse, header …)
        # papertrace.pages.ceiling, a lead each in the labels' order
        *[(name, pa.list_(pa.float64())) for name in CEILINGS],
        *_STATUS,
    ]
)
"""``pages/shard-NNNNN.parquet``; images and truth in ``pages/shard-NNNNN/``."""

TRUTH = pa.schema(
    [
        ("page_id", pa.string()),
        ("lead", pa.string()),
        ("row", pa.int32()),
        ("column", pa.int32()),
        ("start_s", pa.float64()),  # of the first drawn sample, from the page's first moment
        ("rate_hz", pa.float64()),
        ("unit", pa.string()),  # mV
        ("start_sample", pa.int64()),  # of the first drawn sample, in the record
        ("offset_mv", pa.float64()),  # what was subtracted from the record's signal before drawing
        ("samples", pa.list_(pa.float32())),  # what was drawn, in mV
    ]
)
"""``pages/shard-NNNNN/truth.parquet``: one row per drawn stretch of a lead, in the labels' order."""

DISPLACEMENT = pa.struct(
    [
        ("x_mm", pa.float64()),  # of the first node
        ("y_mm", pa.float64()),
        ("spacing_mm", pa.float64()),  # from node to node, in x and in y
        ("rows", pa.int32()),
        ("columns", pa.int32()),
        ("values_mm", pa.list_(pa.float32())),  # row by row, node by node, what is added to x and to y
    ]
)
"""A smooth displacement; how it is interpolated tells `papertrace.geometry.Displacement`."""

SCANS = pa.schema(
    [
        ("page_id", pa.string()),
        ("image", pa.string()),  # as in PAGES
        ("sha256", pa.string()),  # of the image's file, also where that is not stored
        ("width_px", pa.int32()),
        ("height_px", pa.int32()),
        ("mm_to_px", pa.list_(pa.float64())),  # a homography's nine numbers, row by row
        ("displacement", DISPLACEMENT),  # of the page's points before the homography; null where nothing is bent
        ("texts", pa.string()),  # JSON list of papertrace.labels.TextLabel added by the scan
        ("recipe", pa.string()),  # JSON list of the artifacts as drawn, in the order applied
        *_STATUS,
    ]
)
"""``scans/shard-NNNNN.parquet``; images in ``scans/shard-NNNNN/``; `papertrace.geometry.PixelMap.from_row`."""

TRACES = pa.schema(
    [
        ("page_id", pa.string()),
        ("input", pa.string()),  # pages or scans
        ("digitizer", pa.string()),
        ("layout", pa.string()),
        ("px_per_mm_x", pa.float64()),
        ("px_per_mm_y", pa.float64()),
        ("rotation_deg", pa.float64()),
        ("speed_mm_s", pa.float64()),
        ("gain_mm_mv", pa.float64()),  # of the limb leads, where the chest leads have another
        ("speed_from", pa.string()),  # what told it: pulse, text, length or convention
        ("gain_from", pa.string()),
        ("confidence", pa.float64()),  # 0 … 1
        ("expected_snr_db", pa.float64()),  # mean over the page's leads, after alignment; papertrace.traces.confidence
        *_STATUS,
    ]
)
"""``traces/shard-NNNNN.parquet``: one row per page, input and digitizer."""

SIGNALS = pa.schema(
    [
        ("page_id", pa.string()),
        ("input", pa.string()),
        ("digitizer", pa.string()),
        ("lead", pa.string()),  # null where neither the page nor its layout names it
        ("row", pa.int32()),  # row and column are null where a digitizer gives a lead as a whole, not its stretches
        ("column", pa.int32()),
        ("start_s", pa.float64()),  # NaN where a digitizer does not tell when on the page a lead begins
        ("rate_hz", pa.float64()),
        ("samples", pa.list_(pa.float32())),  # mV, NaN where nothing could be read
        ("confidence", pa.list_(pa.float32())),  # probability that a sample is within 50 µV of the curve
        ("error_mv", pa.list_(pa.float32())),  # expected absolute error per sample; null where a digitizer has none
        ("x_px", pa.list_(pa.float32())),  # where each sample was read in the image
        ("y_px", pa.list_(pa.float32())),
        ("gain_mm_mv", pa.float64()),  # of this stretch
    ]
)
"""``traces/shard-NNNNN/signals.parquet``: one row per digitized stretch of a lead."""

CLINICAL = (
    "rr_ms", "hr_bpm", "p_ms", "pr_ms", "qrs_ms", "qt_ms", "qtc_bazett_ms", "qtc_fridericia_ms", "st_mv", "r_mv",
    "t_mv",
)  # fmt: skip
"""Clinical parameters of a beat, and their medians of a lead; `papertrace.scores.clinical.measure` says how."""

FIDUCIALS = ("p_onset", "p_peak", "p_end", "qrs_onset", "r_peak", "qrs_end", "t_onset", "t_peak", "t_end")
"""Fiducial points of a beat in the order of time; `qrs_end` is the J point."""

SCORES = pa.schema(
    [
        ("page_id", pa.string()),
        ("input", pa.string()),
        ("digitizer", pa.string()),
        ("record", pa.string()),
        ("database", pa.string()),
        ("source_database", pa.string()),
        ("split", pa.string()),
        ("layout", pa.string()),
        ("dpi", pa.float64()),  # of the page
        ("preset", pa.string()),  # of the scan; "clean" of a page, null where the config names none
        ("severity", pa.string()),  # of the scan: artifacts that the config gives a severity, such as "blur 3, noise 1"
        ("lead", pa.string()),  # the truth's name
        ("row", pa.int32()),
        ("column", pa.int32()),
        ("name_read", pa.bool_()),  # the digitizer gave this lead its right name
        ("coverage", pa.float64()),  # share of the truth's samples that the trace gives
        ("snr_db", pa.float64()),  # strict, mean form
        ("snr_median_db", pa.float64()),  # strict, noise power = median squared error
        ("snr_aligned_db", pa.float64()),  # after one constant shift and offset
        ("snr_aligned_median_db", pa.float64()),
        ("lag_ms", pa.float64()),  # trace later than truth: positive
        ("offset_mv", pa.float64()),  # trace above truth: positive
        ("rmse_mv", pa.float64()),
        ("r", pa.float64()),
        # What the error is made of (papertrace.scores.anatomy): gain and clock, spikes, what is left without them,
        ("gain_error_percent", pa.float64()),  # trace too large: positive
        ("stretch_ppm", pa.float64()),  # trace too slow: positive
        ("spikes_per_s", pa.float64()),
        ("snr_residual_db", pa.float64()),
        # and the shares of the strict noise's power that each of them has; they add up to 1.
        ("noise_missing", pa.float64()),
        ("noise_spikes", pa.float64()),
        ("noise_offset", pa.float64()),
        ("noise_shift", pa.float64()),
        ("noise_stretch", pa.float64()),
        ("noise_gain", pa.float64()),
        ("noise_rest", pa.float64()),
        # The strict error by part of the truth's beats (papertrace.scores.segments).
        ("rmse_qrs_mv", pa.float64()),
        ("rmse_st_mv", pa.float64()),
        ("rmse_t_mv", pa.float64()),
        ("rmse_baseline_mv", pa.float64()),
        # What ideal readers reach on the page's clean image, from PAGES.
        *[(name, pa.float64()) for name in CEILINGS],
        # As others score (docs/scores.md): PhysioNet Challenge 2024, and the powers of Kaggle's ratio per image.
        ("challenge_snr_db", pa.float64()),
        ("challenge_snr_median_db", pa.float64()),
        ("challenge_ks", pa.float64()),
        ("challenge_asci", pa.float64()),
        ("challenge_wad_mv", pa.float64()),
        ("kaggle_signal_mv2", pa.float64()),  # also of a lead that was not read; NaN where a longer stretch counts
        ("kaggle_noise_mv2", pa.float64()),
        # clinical parameters: medians over the beats, by one delineator (papertrace.scores.clinical)
        *[(f"{name}_{which}", pa.float64()) for name in CLINICAL for which in ("truth", "trace")],
        ("beats_truth", pa.int32()),
        ("beats_trace", pa.int32()),
        ("beats_matched", pa.int32()),
        *_STATUS,
    ]
)
"""``scores/shard-NNNNN.parquet``: one row a page, input, digitizer and truth stretch; a failed page keeps its rows."""

_OF_STRETCH = (
    ("page_id", pa.string()),
    ("input", pa.string()),
    ("digitizer", pa.string()),
    ("record", pa.string()),
    ("split", pa.string()),
    ("lead", pa.string()),  # the truth's name
    ("row", pa.int32()),
    ("column", pa.int32()),
)
"""What tells a stretch of the truth, as a digitizer read it."""

BEATS = pa.schema(
    [
        *_OF_STRETCH,
        ("beat", pa.int32()),  # 0, 1, … in the order of time
        ("match", pa.string()),  # matched; missed: in the truth only; extra: in the trace only
        # s from the page's first moment; NaN where absent
        *[(f"{name}_s_{which}", pa.float32()) for which in ("truth", "trace") for name in FIDUCIALS],
        *[(f"{name}_{which}", pa.float32()) for which in ("truth", "trace") for name in CLINICAL],
    ]
)
"""``scores/shard-NNNNN/beats.parquet``: one row a beat of a stretch of the truth, as each digitizer read it.

All beats of a stretch that was not read are missed. Sorted as the scores are.
"""

EXPERTS = pa.schema(
    [
        *_OF_STRETCH,
        ("annotator", pa.string()),  # q1c, q2c: marks of the whole record; lead: of this lead
        ("beat", pa.int32()),  # 0, 1, … of the marked beats on the stretch
        ("fiducial", pa.string()),  # one of FIDUCIALS
        ("marked_s", pa.float32()),  # from the page's first moment
        ("truth_error_ms", pa.float32()),  # found on the truth minus marked; NaN where not found
        ("trace_error_ms", pa.float32()),  # found on the trace minus marked; NaN where not found
    ]
)
"""``scores/shard-NNNNN/experts.parquet``: one row a point that an expert marked, as each digitizer read it.

Sorted as the scores are, then by annotator, beat and fiducial. Empty where the records have no marks.
"""
