"""The `dncnn` digitizer: the method of the ECG-Image-Kit study, the baseline of every table."""

SWITCHES = ("lattice",)
"""Parts that can be had from `classical`, to measure what they bring."""
