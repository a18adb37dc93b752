"""What a page costs: all metrics and clinical parameters of two leads, on one core."""

import time

import numpy as np
import pytest

from papertrace.scores.config import ScoresConfig
from papertrace.scores.page import score_page

LIMIT_S = 0.12
RECORDS = ("sel100", "sel123", "sel233", "sel308", "sel820", "sele0106", "sele0111", "sel16265")


@pytest.mark.slow
def test_a_page_of_two_leads_costs_no_more_than_it_may(shared_data):
    """Truth at 250 Hz, trace at 500 Hz, a little late and noisy: processor time, after a page to warm up."""
    import wfdb

    rng = np.random.default_rng(0)
    pages = []
    for name in RECORDS:
        record = wfdb.rdrecord(str(shared_data / "qtdb" / name), sampfrom=25_000, sampto=27_500)
        truth, signals = [], []
        for row, samples in enumerate(record.p_signal.T):
            place = {"lead": str(row), "row": row, "column": 0, "start_s": 0.0}
            samples = samples - np.median(samples)
            read = np.interp(np.arange(5000) / 500 - 0.001, np.arange(2500) / 250, samples)
            truth.append({**place, "rate_hz": 250.0, "samples": samples})
            key = {"input": "pages", "digitizer": "network"}
            signals.append({**place, **key, "rate_hz": 500.0, "samples": read + rng.normal(0, 0.01, 5000)})
        pages.append((truth, signals))
    costs = []
    for truth, signals in pages:
        started = time.process_time()
        score_page(truth, signals, ScoresConfig())
        costs.append(time.process_time() - started)
    assert np.median(costs[1:]) < LIMIT_S, [round(cost, 3) for cost in costs]
