"""A tiny results folder, written by hand: what the other stages would leave, without running them.

Fixtures that the conftest of several rooms import.
"""

import json

import cv2
import numpy as np
import pytest

from papertrace import tables
from papertrace.config import Config
from papertrace.geometry import PixelMap
from papertrace.io import write_bytes, write_table, write_text
from papertrace.labels import LeadLabel, PageLabels
from papertrace.scores import summary

PX_PER_MM = 4.0
RATE = 250.0
MM_TO_SCAN = np.array([[0.999, -0.02, 14.0], [0.02, 0.999, 3.0], [0.0, 0.0, 1.0]])


def ecg(n, beat_s, amplitude):
    """A curve with something like P, QRS and T in mV."""
    t = (np.arange(n) / RATE) % beat_s
    waves = ((0.12, 0.2, 0.025), (-0.1, 0.345, 0.008), (1.0, 0.37, 0.011), (-0.2, 0.395, 0.009), (0.25, 0.62, 0.04))
    return amplitude * sum(a * np.exp(-0.5 * ((t - centre) / width) ** 2) for a, centre, width in waves)


def _row(schema, **values):
    return {**dict.fromkeys(schema.names), "status": "ok", "reason": None, **values}


def _draw(labels, signals):
    image = np.full((round(labels.height_mm * PX_PER_MM), round(labels.width_mm * PX_PER_MM), 3), 255, np.uint8)
    for step, colour in ((1, (225, 222, 252)), (5, (180, 175, 245))):
        for mm in np.arange(0, labels.width_mm, step):
            cv2.line(image, (round(mm * PX_PER_MM), 0), (round(mm * PX_PER_MM), image.shape[0]), colour, 1)
        for mm in np.arange(0, labels.height_mm, step):
            cv2.line(image, (0, round(mm * PX_PER_MM)), (image.shape[1], round(mm * PX_PER_MM)), colour, 1)
    for lead, samples in zip(labels.leads, signals, strict=True):
        points = PixelMap.of_page(PX_PER_MM).apply(lead.centre_line_mm(samples, RATE))
        cv2.polylines(image, [np.rint(points * 16).astype(np.int32)], False, (60, 50, 50), 2, cv2.LINE_AA, 4)
    return image


def _png(image):
    return cv2.imencode(".png", image)[1].tobytes()


class Writer:
    """Writes one dataset: `failed` maps page numbers to (stage, status, reason)."""

    def __init__(self, folder, config, pages, failed=None):
        self.folder, self.config, self.pages, self.failed = folder, config, pages, failed or {}
        self.n = int(4 * RATE)

    def write(self):
        ids = [f"rec{k % 3}_{k // 3:05d}" for k in range(self.pages)]
        order = sorted(range(self.pages), key=lambda k: ids[k])
        records = [
            _row(tables.RECORDS, record=f"rec{k}", path=f"rec{k}", database="testdb", leads=["ECG1", "ECG2"])
            for k in range(min(3, self.pages))
        ]
        write_table(records, tables.RECORDS, self.folder / "records/records.parquet")
        manifest = [
            _row(tables.MANIFEST, page_id=ids[k], record=ids[k][:4], database="testdb", layout="2x1") for k in order
        ]
        write_table(manifest, tables.MANIFEST, self.folder / "manifest/manifest.parquet")
        shards = []
        for shard in range(-(-self.pages // self.config.shard_size)):
            rows = order[shard * self.config.shard_size : (shard + 1) * self.config.shard_size]
            shards.append(self._shard(f"shard-{shard:05d}", [(k, ids[k]) for k in rows]))
        summary.run(self.config, shards, self.folder / "scores/scores.parquet")
        return self.folder

    def _shard(self, name, pages):
        out = {kind: [] for kind in ("pages", "truth", "scans", "traces", "signals", "scores")}
        for k, page_id in pages:
            self._page(out, name, k, page_id)
        write_table(out["pages"], tables.PAGES, self.folder / f"pages/{name}.parquet")
        write_table(out["truth"], tables.TRUTH, self.folder / f"pages/{name}/truth.parquet")
        write_table(out["scans"], tables.SCANS, self.folder / f"scans/{name}.parquet")
        write_table(out["traces"], tables.TRACES, self.folder / f"traces/{name}.parquet")
        write_table(out["signals"], tables.SIGNALS, self.folder / f"traces/{name}/signals.parquet")
        write_table([], tables.BEATS, self.folder / f"scores/{name}/beats.parquet")
        write_table([], tables.EXPERTS, self.folder / f"scores/{name}/experts.parquet")
        write_table(out["scores"], tables.SCORES, self.folder / f"scores/{name}.parquet")
        return self.folder / f"scores/{name}.parquet"

    def _page(self, out, shard, k, page_id):
        stage, status, reason = self.failed.get(k, (None, "ok", None))
        broken = {"status": status, "reason": reason}
        rng = np.random.default_rng(k)
        truth = [ecg(self.n, 0.8 + 0.05 * k, amplitude) for amplitude in (1.0, -0.6)]
        speed, gain = 25.0, 10.0
        leads = [
            LeadLabel(f"ECG{r + 1}", r, 0, 0.0, self.n / RATE, 12.0, 25.0 + 30 * r, speed, gain, 0.35, (10, 5, 130, 60))
            for r in range(2)
        ]
        labels = PageLabels("2x1", "letter", 100, PX_PER_MM, 24 + 25 * self.n / RATE, 80.0, None, leads)
        image = _draw(labels, truth)
        height, width = image.shape[:2]
        scan = cv2.warpPerspective(image, MM_TO_SCAN, (width, height), borderValue=(235, 240, 240))
        scan = np.clip(scan + rng.normal(0, 6, scan.shape), 0, 255).astype(np.uint8)
        maps = {"pages": PixelMap.of_page(PX_PER_MM)}
        maps["scans"] = maps["pages"].then(MM_TO_SCAN)
        if stage == "pages":
            out["pages"].append(_row(tables.PAGES, page_id=page_id, **broken))
            out["scans"].append(_row(tables.SCANS, page_id=page_id, **broken))
        else:
            write_bytes(_png(image), self.folder / f"pages/{shard}/{page_id}.png")
            write_bytes(_png(scan), self.folder / f"scans/{shard}/{page_id}.png")
            common = {"page_id": page_id, "image": f"{page_id}.png", "width_px": width, "height_px": height}
            out["pages"].append(_row(tables.PAGES, **common, labels=labels.to_json(), recipe="{}"))
            recipe = json.dumps([{"artifact": "rotation", "deg": 1.15}])
            out["scans"].append(_row(tables.SCANS, **common, **maps["scans"].to_row(), texts="[]", recipe=recipe))
        for input_, error in (("pages", 0.004), ("scans", 0.01)):
            key = {"page_id": page_id, "input": input_, "digitizer": "network"}
            out["traces"].append(_row(tables.TRACES, **key, layout="2x1", **broken))
            for r, (lead, mv) in enumerate(zip(leads, truth, strict=True)):
                place = {"lead": lead.lead, "row": r, "column": 0}
                if input_ == "pages" and stage != "pages":
                    out["truth"].append(
                        {**dict.fromkeys(tables.TRUTH.names), "page_id": page_id, **place}
                        | {"start_s": 0.0, "rate_hz": RATE, "unit": "mV", "samples": mv}
                    )
                read = mv + rng.normal(0, error * (1 + k), self.n)
                x_px, y_px = maps[input_].apply(lead.centre_line_mm(read, RATE)).T
                if status == "ok":
                    out["signals"].append(
                        {**key, **place, "start_s": 0.0, "rate_hz": RATE, "samples": read}
                        | {
                            "confidence": np.ones(self.n),
                            "error_mv": None,
                            "x_px": x_px,
                            "y_px": y_px,
                            "gain_mm_mv": 10.0,
                        }
                    )
                scores = {"name_read": True, "coverage": 1.0, "lag_ms": 0.1 * k, "offset_mv": 0.0, "r": 0.99}
                scores["rmse_mv"] = float(np.sqrt(((read - mv) ** 2).mean()))
                snr = float(10 * np.log10((mv**2).sum() / ((read - mv) ** 2).sum()))
                forms = ("snr_db", "snr_median_db", "snr_aligned_db", "snr_aligned_median_db")
                scores |= {form: snr + extra for form, extra in zip(forms, (0, 4, 1, 5), strict=True)}
                for name, value in (("rr_ms", 800.0 + 50 * k), ("qrs_ms", 90.0 + k), ("qt_ms", 380.0 + 5 * k)):
                    scores |= {f"{name}_truth": value, f"{name}_trace": value + float(rng.normal(2, 4))}
                out["scores"].append(
                    _row(tables.SCORES, **key, **place, record=page_id[:4], database="testdb", **broken)
                    | {"source_database": "mitdb", "split": ("train", "test")[k % 2], "layout": "2x1"}
                    | (scores if status == "ok" else {})
                )


@pytest.fixture(scope="session")
def config():
    return Config(dataset="tiny", shard_size=4, figures={"study": False})


@pytest.fixture(scope="session")
def write_results():
    """Write a dataset by hand: write_results(folder, config, pages, failed)."""
    return lambda *args: Writer(*args).write()


FAILED = {
    3: ("traces", "failed", "no grid was found: the lines' spacing could not be measured"),
    5: ("pages", "failed", "rec2.dat: holds 10 samples where its header promises 1000; fetch the record <again>"),
}


@pytest.fixture(scope="session")
def results(tmp_path_factory, config):
    """Seven pages in two shards, one that could not be drawn and one that could not be read; one job's benchmark."""
    folder = Writer(tmp_path_factory.mktemp("results") / "tiny", config, 7, FAILED).write()
    benchmark = "s\th:m:s\tmax_rss\tmean_load\tcpu_time\n12.5\t0:00:12\t321.4\t88.0\t11.0\n"
    write_text(benchmark, folder / "benchmarks/traces/shard-00000.tsv")
    return folder
