"""Rows that the detector passed over: where two rows stand twice as far apart as rows do, and ink lies between them."""

from itertools import pairwise
from statistics import median

import cv2
import numpy as np

from agents.documents.ocr.latin import Picture, Quad

TWICE, THRICE = 1.6, 2.5  # times the usual distance of rows: one row may lie between
FLAT = 0.06  # slope of a row; on a steeper page boxes cannot be told from corners alone
MOST = 12  # gaps of a page that are looked at
LEAST_HEIGHT = 0.4  # of the rows beside it
RULE = 0.8  # share of dark pixels in one line of them that print does not reach
INK = 0.01  # share of dark pixels of a gap that holds print


def between(picture: Picture, quads: list[Quad]) -> list[Quad]:
    """Return boxes where a row may stand that has none, on a page whose rows are nearly level."""
    rows = _rows(quads)
    if len(rows) < 6:
        return []
    steps = [below[1] - above[1] for above, below in pairwise(rows)]
    usual = median(steps)
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) if picture.ndim == 3 else picture
    found = []
    for (left, middle, right, height), step, below in zip(rows, steps, rows[1:], strict=False):
        tall = max(height, below[3])
        if not TWICE * max(usual, 0.6 * tall) <= step <= THRICE * max(usual, 0.8 * tall):
            continue
        near, far = min(left, below[0]) - tall, max(right, below[2]) + tall
        box = _ink(grey, near, middle + 0.25 * step, far, middle + 0.75 * step, tall)
        if box is not None:
            top, bottom = middle + step / 2 - tall / 2, middle + step / 2 + tall / 2
            corners = [[box[0], top], [box[1], top], [box[1], bottom], [box[0], bottom]]
            found.append(np.array(corners, np.float32))
    return found[:MOST]


def _rows(quads: list[Quad]) -> list[tuple[float, float, float, float]]:
    """Left, middle, right and height of each row of level boxes, from the top down."""
    rows: list[list[float]] = []
    for quad in sorted(quads, key=lambda one: float(one[:, 1].mean())):
        across = float(quad[1][0] - quad[0][0])
        if across <= 0 or abs(float(quad[1][1] - quad[0][1])) > FLAT * across + 4:
            continue
        left, right = float(quad[:, 0].min()), float(quad[:, 0].max())
        middle, height = float(quad[:, 1].mean()), float(np.linalg.norm(quad[3] - quad[0]))
        if rows and middle - rows[-1][1] < 0.5 * min(height, rows[-1][3]):
            last = rows[-1]
            rows[-1] = [min(last[0], left), last[1], max(last[2], right), max(last[3], height)]
        else:
            rows.append([left, middle, right, height])
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def _ink(
    grey: Picture, left: float, top: float, right: float, bottom: float, tall: float
) -> tuple[float, float] | None:
    """Where print begins and ends across a strip; None where it is blank, a rule or a picture."""
    x, y = max(0, int(left)), max(0, int(top))
    strip = grey[y : int(bottom), x : int(right)]
    if strip.shape[0] < 6 or strip.shape[1] < 20:
        return None
    dark = strip < float(np.median(strip)) - 60
    if not INK < float(dark.mean()) < 0.5:
        return None
    columns = np.nonzero(dark.any(axis=0))[0]
    high = int(dark.any(axis=1).sum())
    if high < LEAST_HEIGHT * tall or float(dark.mean(axis=1).max()) > RULE:
        return None
    return x + float(columns[0]) - 4, x + float(columns[-1]) + 4
