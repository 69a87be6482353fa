"""The geometry of the what-if chart: accuracy over share, in the box that the template draws."""

from typing import Any

from api.pages.charts import what_if_chart
from metrics.certificates.overview import CurveLevel, CurvePoint, WhatIf


def level(share: float, accuracy: float | None, low: float, high: float) -> CurveLevel:
    return CurveLevel(threshold=1 - share, share=share, accuracy=accuracy, low=low, high=high, audits=10)


def whatif(**values: Any) -> WhatIf:
    known = {"agent": "a", "fingerprint": "f", "runs": 9, "held_by_rule": 0, "audits": 9, "judged_per_day": 1.0}
    return WhatIf(**known, **values)


def test_the_line_goes_from_the_safest_on_and_leaves_out_what_is_not_known() -> None:
    point = CurvePoint(
        target=0.95,
        share=0.5,
        low=0.4,
        high=0.6,
        certified_share=0.0,
        words="",
        threshold=None,
        audits_missing=10,
        until=None,
    )
    levels = (level(0.0, None, 0.0, 1.0), level(1.0, 0.9, 0.82, 0.94), level(0.5, 1.0, 0.9, 1.0))
    drawn = what_if_chart(whatif(levels=levels, points=(point,)))
    assert drawn.floor == 0.8
    assert drawn.line == "M500.0 0.0 L1000.0 150.0"
    assert drawn.band == "M500.0 0.0 L1000.0 90.0 L1000.0 270.0 L500.0 150.0Z"
    assert drawn.heights == {0.95: 75.0}


def test_nothing_is_drawn_of_nothing() -> None:
    drawn = what_if_chart(whatif())
    assert (drawn.line, drawn.band, drawn.floor) == ("", "", 0.85)
