"""Fixtures: a tiny results folder, drawn and reported on."""

import pytest
from tiny_results import config, results, write_results  # noqa: F401


@pytest.fixture(scope="session")
def write_report():
    """Write a dataset's report: write_report(config, results, folder) returns its path.

    Figures take most of the time, and most tests do without them.
    """
    from papertrace.figures import stage as figures
    from papertrace.io import write_text
    from papertrace.report import stage

    def write(settings, dataset, folder, *, draw=False):
        if draw:
            figures.run(settings, dataset, folder / "figures/figures.csv")
        else:
            write_text("name,kind,title,problem\n", folder / "figures/figures.csv")
        stage.run(settings, dataset, folder / "figures/figures.csv", folder / "report/report.html")
        return folder / "report/report.html"

    return write


@pytest.fixture(scope="session")
def report(results, config, write_report, tmp_path_factory):  # noqa: F811
    """The report of `results`."""
    return write_report(config, results, tmp_path_factory.mktemp("told"), draw=True)
