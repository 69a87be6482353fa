"""Geometry of the charts. They are SVG written by the templates, in shares of their box, beside tables of the data."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from api.figures import Point
from metrics.certificates.overview import WhatIf
from metrics.estimate import Estimate

WIDTH = 1000
HEIGHT = 300


class Curve(NamedTuple):
    """A line with its band of intervals; gaps where a figure is not known. All are SVG path data."""

    line: str
    band: str
    dots: list[tuple[float, float]]


class WhatIfChart(NamedTuple):
    """Accuracy over automation share with its band, as SVG path data; `floor` is the accuracy at the bottom, `heights`
    where each target lies."""

    line: str
    band: str
    floor: float
    heights: dict[float, float]


def what_if_chart(whatif: WhatIf) -> WhatIfChart:
    """Return the curve in a box of 1000 by 300: share from left to right, accuracy up to 1 at the top."""
    known = [level for level in whatif.levels if level.accuracy is not None]
    lowest = min((level.accuracy or 0.0 for level in known), default=1.0)
    floor = max(0.5, min(0.85, math.floor(20 * lowest - 2) / 20))  # the band of a few audits may reach below it

    def y(value: float) -> float:
        return HEIGHT * (1 - (max(value, floor) - floor) / (1 - floor))

    points = [(WIDTH * level.share, level) for level in sorted(known, key=lambda level: level.share)]
    line = " L".join(f"{x:.1f} {y(level.accuracy or 0.0):.1f}" for x, level in points)
    tops = [f"{x:.1f} {y(level.high):.1f}" for x, level in points]
    lows = [f"{x:.1f} {y(level.low):.1f}" for x, level in reversed(points)]
    heights = {point.target: round(y(point.target), 1) for point in whatif.points}
    return WhatIfChart(f"M{line}" if points else "", f"M{' L'.join(tops + lows)}Z" if points else "", floor, heights)


def curve(estimates: Sequence[Estimate]) -> Curve:
    """Return the curve of estimates that follow each other, in a box of 1000 by 300, 1 at the top."""
    lines, bands, dots = [], [], []
    for run in _known(estimates):
        points = [(_x(i, len(estimates)), _y(e.value)) for i, e in run]
        lines.append("M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in points))
        dots += points if len(points) == 1 else []
        tops = [(_x(i, len(estimates)), _y(e.high if e.high is not None else e.value)) for i, e in run]
        lows = [(_x(i, len(estimates)), _y(e.low if e.low is not None else e.value)) for i, e in run]
        bands.append("M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in [*tops, *lows[::-1]]) + "Z")
    return Curve(" ".join(lines), " ".join(bands), dots)


def _known(estimates: Sequence[Estimate]) -> list[list[tuple[int, Estimate]]]:
    runs: list[list[tuple[int, Estimate]]] = [[]]
    for number, estimate in enumerate(estimates):
        if estimate.value is None:
            runs.append([])
        else:
            runs[-1].append((number, estimate))
    return [run for run in runs if run]


def _x(number: int, of: int) -> float:
    return WIDTH * (number + 0.5) / of


def _y(value: float | None) -> float:
    return HEIGHT * (1 - (value or 0.0))


def curves(trend: Sequence[Point]) -> dict[str, Curve]:
    """Return the two main figures' curves."""
    return {"share": curve([point.share for point in trend]), "accuracy": curve([point.accuracy for point in trend])}
