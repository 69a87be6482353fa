"""The sum to pay: the amount with the strongest words beside it, confirmed by arithmetic (cash less change, rounding,
net plus tax, the sum of rows) and by being printed again. Tax tables below the total do not count as such words."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from math import exp

from agents.documents.extract.candidates import Candidate
from agents.documents.extract.layout import Cell, Sheet
from agents.documents.extract.rules import number
from agents.documents.extract.words import (
    CASH,
    CHANGE,
    NOT_WEAK,
    ROUNDING,
    STRONG_TOTAL,
    SUMMARY,
    TOTAL,
    WEAK_TOTAL,
)

ZERO = Decimal(0)
MOST_ROUNDING = Decimal("0.10")
MOST_MISREAD = Decimal("0.04")
MOST_AMOUNTS = 1_000  # they are held against each other; of more, those of the head and of the end count
UNCONFIRMED = 0.8  # of a sum that nothing else on the receipt confirms


def rank_totals(sheet: Sheet, labelled: list[Candidate], candidates: list[Candidate]) -> list[Candidate]:
    """Return candidates for the total, best first. `labelled` are those that the field's own labels found."""
    if len(candidates) > MOST_AMOUNTS:
        candidates = candidates[: MOST_AMOUNTS // 2] + candidates[-MOST_AMOUNTS // 2 :]
    amounts = [one for one in candidates if one.found.quality >= 0.3 and _value(one) >= 0]
    if not amounts:
        return labelled
    by_label = {one.key: one.score for one in labelled}
    words = {one.key: row_words(sheet, one.cell) for one in candidates}
    solid = [one for one in amounts if one.found.quality >= 0.9]
    printed = Counter(_value(one) for one in solid)
    in_summary = _summary_rows(sheet)
    paid = _paid(candidates, words)
    named = any(_by_words(words[one.key]) >= 0.3 for one in solid)
    biggest = max(printed, default=ZERO)
    ranked = []
    for one in amounts:
        value, said = _value(one), words[one.key]
        score = 0.15 + 0.35 * by_label.get(one.key, 0.0) + _by_words(said)
        score -= 0.35 if one.cell.row in in_summary else 0.0
        score += 0.14 if value in paid and value > 0 else 0.0
        score += 0.05 * min(3, printed[value] - 1)
        score += 0.06 if value == biggest else -0.04 if biggest and value < biggest / 20 else 0.0
        score += 0.05 * (one.cell.row / max(1, len(sheet.rows)))
        if not TOTAL.search(said):
            score -= 0.15 * bool(CHANGE.search(said))
            score += (0.25 if value in paid and not named else -0.10) * bool(CASH.search(said))
        score -= 0.30 if value == 0 else 0.0
        score *= one.found.quality**0.5 * (0.7 + 0.3 * min(1.0, one.cell.line.score))
        ranked.append(replace(one, score=score, why=said.strip()[:40]))
    ranked = sorted(_rounded(ranked, candidates, words, paid), key=lambda one: -one.score)[:8]
    sure = {value for value, times in printed.items() if times > 1} | paid
    return [
        replace(one, score=round(_bounded(one.score) * (1.0 if _value(one) in sure else UNCONFIRMED), 4))
        for one in ranked
    ]


def _bounded(score: float) -> float:
    """Bring a sum of points into 0.01 to 0.99 without changing any order."""
    return round(max(0.01, score if score < 0.8 else 0.8 + 0.19 * (1 - exp(-3 * (score - 0.8)))), 4)


def _value(one: Candidate) -> Decimal:
    return number(one.found.normalised) or ZERO


def _paid(candidates: list[Candidate], words: dict[tuple[int, int], str]) -> set[Decimal]:
    """What was paid: cash less change, for every pair of them; cash itself where no change is printed."""
    cash = {_value(one) for one in candidates if CASH.search(words[one.key]) and not CHANGE.search(words[one.key])}
    change = {_value(one) for one in candidates if CHANGE.search(words[one.key])}
    return {given - back for given in cash for back in change if given > back >= 0} | (cash if not change else set())


def _rounded(
    ranked: list[Candidate], candidates: list[Candidate], words: dict[tuple[int, int], str], paid: set[Decimal]
) -> list[Candidate]:
    """Where a rounding is printed, the sum after it is the one to pay: it takes over the score of the sum before it."""
    said = [one for one in candidates if ROUNDING.search(words[one.key])]
    steps = {step for one in said for step in (_value(one), -_value(one)) if ZERO < abs(step) <= MOST_ROUNDING}
    best: dict[Decimal, float] = {}
    for one in ranked:
        best[_value(one)] = max(best.get(_value(one), 0.0), one.score)
    out = []
    for one in ranked:
        value = _value(one)
        before = [best[value - step] for step in steps if value - step in best and not _on_five(value - step)]
        if steps and value in paid:  # what was paid is right even where the sum before rounding was misread
            before += [score for near, score in best.items() if ZERO < abs(near - value) <= MOST_MISREAD]
        after = max([one.score, *(score + 0.05 for score in before)]) if before and _on_five(value) else one.score
        out.append(replace(one, score=after))
    return out


def _on_five(value: Decimal) -> bool:
    """Cash is rounded to five cents."""
    return (value * 100) % 5 == 0


def _by_words(words: str) -> float:
    weak = bool(WEAK_TOTAL.search(words)) and not NOT_WEAK.search(words)
    if STRONG_TOTAL.search(words):
        return 0.2 if weak else 0.45
    if TOTAL.search(words):
        return 0.05 if weak else 0.36
    return -0.1 if weak else 0.0


def _summary_rows(sheet: Sheet) -> set[int]:
    """Rows of a tax summary: up to six below its heading."""
    rows: set[int] = set()
    for number_, row in enumerate(sheet.rows):
        if SUMMARY.search(" ".join(cell.folded for cell in row)):
            rows.update(range(number_, number_ + 6))
    return rows


def row_words(sheet: Sheet, cell: Cell) -> str:
    """The words that speak of an amount: its row left of it, all of its row, or the row above when it stands alone."""
    row = sheet.row_of(cell)
    words = " ".join(other.folded for other in row[: cell.column + 1])
    if _letters(words) < 3:
        words = " ".join(other.folded for other in row)
    if _letters(words) < 3 and cell.row > 0:
        above = " ".join(other.folded for other in sheet.rows[cell.row - 1])
        if not any(sign.isdigit() for sign in above):
            words = above
    return words


@lru_cache(maxsize=4096)
def _letters(text: str) -> int:
    return sum(sign.isalpha() for sign in text)
