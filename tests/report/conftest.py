"""Fixtures: a tiny results folder, drawn and reported on."""

import pytest
from tiny_results import config, results, write_results  # noqa: F401


@pytest.fixture(scope="session")
def write_report():
    """Draw a dataset's figures and write its report: write_report(config, results, folder) returns its path."""
    from papertrace.figures import stage as figures
    from papertrace.report import stage

    def write(settings, dataset, folder):
        figures.run(settings, dataset, folder / "figures/figures.csv")
        stage.run(settings, dataset, folder / "figures/figures.csv", folder / "report/report.html")
        return folder / "report/report.html"

    return write


@pytest.fixture(scope="session")
def report(results, config, write_report, tmp_path_factory):  # noqa: F811
    """The report of `results`."""
    return write_report(config, results, tmp_path_factory.mktemp("told"))
