"""A digitizer in a few lines, to see how one of yours is compared: python my_digitizer.py IMAGE OUTPUT.csv

It takes every page for the most usual one: upright, dark ink on a light grid, rows of 10 s at 25 mm/s and 10 mm/mV that
reach across the page; four rows or more are twelve leads in three rows of four columns, with rhythm strips below.
It uses NumPy and OpenCV, and nothing of papertrace.
"""

import csv
import sys
from pathlib import Path

import cv2
import numpy as np

RATE_HZ, ROW_S, SPEED_MM_S, GAIN_MM_MV = 500, 10.0, 25.0, 10.0
TWELVE = (("I", "aVR", "V1", "V4"), ("II", "aVL", "V2", "V5"), ("III", "aVF", "V3", "V6"))


def find_rows(ink):
    """Return the heights of the baselines from the top: a trace is near its baseline for most of its time."""
    amount = np.convolve(ink.sum(axis=1), np.ones(9), "same")
    apart, least, rows = len(amount) // 12, 0.35 * amount.max(), []
    while amount.max() > max(least, 0):
        rows.append(int(amount.argmax()))
        amount[max(0, rows[-1] - apart) : rows[-1] + apart] = 0
    return sorted(rows)


def follow(ink, row, height):
    """Return the row's height in every column that has ink: its middle, or where it is long its end at the peak."""
    band = ink[max(0, row - height) : row + height]
    columns = np.flatnonzero(band.any(axis=0))
    first, last = band.argmax(axis=0)[columns], len(band) - 1 - band[::-1].argmax(axis=0)[columns]
    middle = (first + last) / 2
    baseline = np.median(middle)
    thick = np.median(last - first)
    peak = np.where(baseline - first > last - baseline, first + thick / 2, last - thick / 2)
    return columns, np.where(last - first < 2 * thick, middle, peak)


def digitize(image):
    """Return leads by name, each an array of ROW_S * RATE_HZ samples in mV, NaN where it is not on the page."""
    ink = image.max(axis=2) < 130  # a coloured grid is bright in some colour, ink in none
    thick = cv2.dilate(ink.astype(np.uint8), np.ones((3, 3)))
    _, parts, sizes, _ = cv2.connectedComponentsWithStats(thick)
    ink &= (sizes[:, cv2.CC_STAT_WIDTH] > ink.shape[1] / 20)[parts]  # traces are long, words are short
    rows = find_rows(ink)
    if not rows:
        sys.exit("no trace was found")
    height = int(0.6 * min(np.diff(rows), default=len(ink) // 4))
    traces = [follow(ink, row, height) for row in rows]
    left = min(columns[0] for columns, _ in traces)
    right = max(columns[-1] for columns, _ in traces)
    px_per_s = (right - left) / ROW_S
    time = np.arange(int(ROW_S * RATE_HZ)) / RATE_HZ
    leads = {}
    for number, (columns, heights) in enumerate(traces):
        px = np.interp(left + time * px_per_s, columns, heights)
        signal = (np.median(heights) - px) * SPEED_MM_S / px_per_s / GAIN_MM_MV
        if len(rows) < 4:
            leads[f"row{number + 1}"] = signal
        elif number < 3:
            for column, name in enumerate(TWELVE[number]):
                there = (time >= column * ROW_S / 4) & (time < (column + 1) * ROW_S / 4)
                leads[name] = np.where(there, signal, np.nan)
        elif number == 3:
            leads["II"] = signal  # the rhythm strip shows all of it
    return time, leads


if __name__ == "__main__":
    time, leads = digitize(cv2.imread(sys.argv[1]))
    with Path(sys.argv[2]).open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["time_s", *leads])
        writer.writerows(np.column_stack([time, *leads.values()]).round(4))
