"""What the benchmark of the document line says of memory."""

import pytest

from bench.document_line import memory_figures


def test_memory_that_grows_is_told_by_its_slope_and_kind() -> None:
    looks = [{"api": 100e6, "documents": 500e6 + 1e6 * number} for number in range(20)]  # one every ten seconds
    figures = memory_figures([10.0 * number for number in range(20)], looks)
    assert (figures["start_mb"], figures["middle_mb"], figures["end_mb"]) == (600, 610, 619)
    assert figures["mb_per_minute"]["value"] == pytest.approx(6.0)
    assert figures["grown_mb_by_process"] == {"documents": 9}


def test_a_step_in_the_first_half_is_no_growth() -> None:
    looks = [{"documents": 500e6 if number < 4 else 900e6 + 1e6 * (number % 2)} for number in range(20)]
    slope = memory_figures([10.0 * number for number in range(20)], looks)["mb_per_minute"]
    assert slope["low"] < 0 < slope["high"] < 2
