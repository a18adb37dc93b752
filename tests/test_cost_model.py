"""The cost model's sums, and forecasts from configs: checked by hand on figures of round numbers."""

from __future__ import annotations

import math

import pytest

from papertrace.config import Config, validate_config
from papertrace.cost_model import Cost, CostModel, measured_model
from papertrace.costs import StageCost
from papertrace.forecast import STAGES, Work, forecast, likened, needs, work_of
from papertrace.forecast_told import compared, told
from papertrace.pages.config import PagesConfig
from papertrace.scans.presets import PresetName
from papertrace.traces.registry import OURS

MODEL = CostModel(
    measured={"machine": "an abacus", "commit": "0123456789"},
    stages={
        "records": {"cpu_s": {"record": 1.0}},
        "records/simulation": {"cpu_s": {"job": 5.0}},
        "manifest": {"cpu_s": {"job": 1.0}},
        "pages": {"cpu_s": {"job": 1.0, "page": 0.1}, "images_mb": {"megapixel": 1.0}, "files_mb": {"page": 0.5}},
        "scans/kit": {"cpu_s": {"job": 1.0, "page": 0.2}, "images_mb": {"megapixel": 2.0}},
        "scans/fax": {"cpu_s": {"job": 1.0, "page": 0.4}, "images_mb": {"megapixel": 1.0}},
        "traces/network/pages": {"cpu_s": {"job": 3.0, "page": 1.0}, "peak_mib": {"job": 900.0}},
        "traces/network/scans": {"cpu_s": {"job": 3.0, "page": 2.0}, "peak_mib": {"job": 900.0, "size": 10.0}},
        "traces/classical/scans": {"cpu_s": {"job": 1.0, "page": 1.0}, "peak_mib": {"job": 300.0}},
        "scores": {"cpu_s": {"job": 1.0, "lead": 0.1, "reading": 0.2}, "files_mb": {"reading": 0.01}},
        "summary": {"cpu_s": {"reading": 0.001}},
        "figures": {"cpu_s": {"job": 60.0}},
        "report": {"cpu_s": {"job": 10.0}},
    },
    formats={"pages": {"png": 1.0, "jpeg": 3.0, "webp": 1.0}, "scans": {"png": 4.0, "jpeg": 1.0, "webp": 0.5}},
    workflow={"start_s": 2.0, "job_s": 0.01},
)
WORK = Work(records=10, pages=1000, shards=10, leads=2.0, megapixels=4.0, megasamples=0.5)


def stages(config: dict, work: Work = WORK) -> dict[str, Cost]:
    return {stage.stage: stage.cost for stage in forecast(validate_config(config), work, MODEL).stages}


def test_a_stage_is_its_jobs_and_what_is_in_them():
    found = stages({})
    assert found["pages"].cpu_s == pytest.approx(10 * 1.0 + 1000 * 0.1)
    assert found["pages"].images_mb == pytest.approx(1000 * 4.0)
    assert found["scores"].cpu_s == pytest.approx(10 + 1000 * 2 * 0.1 + 2 * 1000 * 2 * 0.2)
    assert found["summary"].cpu_s == pytest.approx(4.0)
    assert found["records"].cpu_s == 5, "simulated, as by default"


def test_a_digitizer_is_loaded_once_a_shard_and_reads_its_share():
    digitizers = {
        "digitizers": ["network", "classical"],
        "shares": {"network": {"pages": 0.1}, "classical": {"pages": 0}},
    }
    found = stages({"traces": digitizers})["traces"]
    assert found.cpu_s == pytest.approx(10 * (3.0 + 1.0) + 100 * 1.0 + 1000 * 2.0 + 1000 * 1.0)
    assert found.peak_mib == pytest.approx(900 + 40)


def test_mixes_are_means_formats_have_sizes_and_recipes_have_no_images():
    mixed = stages({"scans": {"mix": ["kit", "fax"], "format": "png"}})["scans"]
    assert mixed.cpu_s == pytest.approx(10 + 1000 * 0.3)
    assert mixed.images_mb == pytest.approx(4000 * 1.5 * 4)
    bare = stages({"pages": {"store": "recipes"}, "scans": {"store": "recipes"}})
    assert set(bare) == {"records", "manifest", "pages", "scans"}, "there is nothing to digitize"
    assert bare["scans"].images_mb == 0


def test_disk_with_and_without_the_images():
    kept, gone = (forecast(validate_config({"keep": keep}), WORK, MODEL) for keep in (["pages", "scans"], []))
    assert kept.final_mb == kept.peak_mb(2) == pytest.approx(gone.final_mb + 12_000)
    assert gone.final_mb == pytest.approx(1000 * 0.5 + 4000 * 0.01)
    assert gone.peak_mb(2) == pytest.approx(gone.final_mb + 2 * 1200), "a shard on each of two cores"
    assert gone.peak_mb(64) == pytest.approx(gone.final_mb + 12_000)


def test_the_wall_clock_has_serial_ends_and_a_shard_that_waits_for_no_other():
    run = forecast(validate_config({}), WORK, MODEL)
    a_shard = sum(stage.job_s for stage in run.stages if stage.jobs == 10)
    alone = 5 + 1 + 4 + 60 + 10
    assert run.wall_s(1) == pytest.approx(alone + 10 * a_shard + run.workflow_s)
    assert run.wall_s(4) == pytest.approx(alone + 3 * a_shard + run.workflow_s / 4)
    assert run.wall_s(10) == run.wall_s(20) + run.workflow_s / 20


def test_programs_of_others_are_named_and_not_counted():
    other = {"name": "mine", "command": "mine {image} {output}"}
    run = forecast(validate_config({"traces": {"digitizers": ["network", other]}}), WORK, MODEL)
    assert run.unknown == ("mine",)
    assert "nobody knows what they take: mine" in told(run, MODEL, 2)


def test_a_forecast_takes_after_a_run():
    run = forecast(validate_config({}), WORK, MODEL)
    traces = next(stage.cost.cpu_s for stage in run.stages if stage.stage == "traces")
    took = [StageCost("traces", 10, 1000, 1.5 * traces, 1.0, 1.5 * traces, None, 0.0)]
    after = likened(run, run, took)
    assert after.cpu_s == pytest.approx(run.cpu_s + 0.5 * traces)
    assert "| traces | 10 |" in (table := compared(run, {"traces": took[0]}, 100.0, 2))
    assert "-33 %" in table


def test_what_a_config_asks_is_told_from_headers_and_counts(shared_data):
    config = validate_config(
        {
            "records": {"source": "folder", "folder": str(shared_data / "qtdb"), "database": "qtdb"},
            "manifest": {"recipe": "qtdb-21801"},
        }
    )
    work = work_of(config)
    assert (work.records, work.pages, work.shards, work.leads) == (105, 21_801, 219, 2.0)
    assert work.megapixels == pytest.approx(2200 * 1700 / 1e6)
    assert work.megasamples == pytest.approx(2 * 225_000 / 1e6, rel=0.01)
    part = work_of(config.model_copy(update={"part": "2/4"}))
    assert (part.pages, part.shards) == (5500, 55)


def test_simulated_records_are_of_two_and_of_twelve_leads():
    work = work_of(validate_config({"records": {"simulation": {"two_lead": 1, "twelve_lead": 1}}}))
    assert work.leads == (2 + 13) / 2


@pytest.mark.parametrize("pages", [1, 100])
def test_jobs_ask_for_more_than_they_take(pages):
    config = validate_config({"shard_size": pages, "records": {"simulation": {"two_lead": 100}}})
    asked = needs(config)
    for stage in forecast(config).stages:
        if stage.stage != "records":
            assert asked[stage.stage].mem_mb > 1.2 * stage.cost.peak_mib
            assert 60 * asked[stage.stage].minutes > 4 * stage.job_s


def test_the_figures_cover_everything_that_a_config_may_ask_for():
    model = measured_model()
    wanted = {"pages", "scores", "records", "records/simulation", "manifest", "summary", "figures", "report"}
    wanted |= {f"scans/{name}" for name in PresetName.__args__ if name != "mixed"}
    wanted |= {f"traces/{name}/{kind}" for name in OURS for kind in ("pages", "scans")}
    assert wanted <= set(model.stages)
    assert {name.split("/")[0] for name in model.stages} <= set(STAGES)
    for quantities in model.stages.values():
        assert set(quantities) <= {"cpu_s", "peak_mib", "files_mb", "images_mb"}
        assert all(value > 0 and math.isfinite(value) for terms in quantities.values() for value in terms.values())
    formats = PagesConfig.model_json_schema()["properties"]["format"]["enum"]
    assert all(set(model.formats[stage]) == set(formats) for stage in ("pages", "scans"))
    assert forecast(Config()).cpu_s > 0


def test_measuring_anew_leaves_what_is_not_measured(monkeypatch):
    """`make cost-model` writes a file that can be read again, with Snakemake's own share in it."""
    import cost_model as benchmark

    monkeypatch.setattr(benchmark, "machine", lambda: "an abacus")
    before = vars(MODEL)
    after = CostModel(**benchmark.renewed(before, {"stages": {"summary": {}}, "formats": {}}))
    assert (after.workflow, after.stages, after.measured["machine"]) == (MODEL.workflow, {"summary": {}}, "an abacus")
