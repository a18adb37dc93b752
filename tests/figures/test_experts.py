"""Experts' marks: what is not found is in no mean, and what digitizing adds is seen beside the delineator's own."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from papertrace.figures.study import experts
from papertrace.figures.study.plate import AbsentError


def test_errors_are_those_of_the_marks_that_were_found():
    rows = pd.DataFrame({"record": ["a", "a", "b", "c"], "trace_error_ms": [4.0, 6.0, 8.0, np.nan]})
    found = experts.errors(rows, "trace_error_ms")
    assert (found["n"], found["n_absent"]) == (3, 1)
    assert (found["bias"], found["sd"]) == pytest.approx((6.0, 2.0))
    assert found["bias_ci_low"] < 6 < found["bias_ci_high"]
    assert np.isnan(experts.errors(rows[:0], "trace_error_ms")["bias"])


def test_without_marks_there_is_no_figure(tmp_path):
    study = SimpleNamespace(folder=tmp_path, digitizer="network", inputs=["pages"])
    with pytest.raises(AbsentError, match="no experts' marks"):
        experts.expert_marks(study)
