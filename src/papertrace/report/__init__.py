"""The report: where a person understands a run."""
