"""Fixtures: a tiny results folder."""

from tiny_results import config, results, write_results  # noqa: F401
