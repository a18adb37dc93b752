"""The `network` digitizer: geometry from the grid, the rest from two small networks.

A page network tells traces from grid, print and creases and finds the rows; a trace network reads each row's rectified
strip: for every column where the curve is, whether there is one, and how far off that may be.
"""

SWITCHES = ("no-warp", "no-ends", "no-continuity", "one-per-column", "no-einthoven", "no-bfloat16")
"""Parts that can be left out, to measure what they bring."""
