"""Checks within and across fields: `net + vat = total`, `date <= due_date`, `sum(lines.amount) = net`."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache

Value = Decimal | date
Row = Mapping[str, str]
Values = Mapping[str, str | None]
Tables = Mapping[str, Sequence[Row]]
TOKEN = re.compile(r"sum\(\s*([a-z_]\w*)\.([a-z_]\w*)\s*\)|[a-z_]\w*|\d+(?:\.\d+)?|[+*/-]")
CENT = Decimal("0.02")


def holds(
    rule: str, values: Mapping[str, str | None], tables: Mapping[str, Sequence[Row]] | None = None
) -> bool | None:
    """Say whether a check holds for normalised values; None where a value it needs is missing.

    Money is compared with a tolerance of two hundredths (a rounding each side), dates and numbers exactly.
    """
    match = re.match(r"^(.*?)(<=|>=|=|<|>)(.*)$", rule)
    if match is None:
        return None
    left, right = (_side(text, values, tables or {}) for text in (match.group(1), match.group(3)))
    if left is None or right is None or isinstance(left, date) != isinstance(right, date):
        return None
    if isinstance(left, date) and isinstance(right, date):
        order = (left > right) - (left < right)
    else:
        assert isinstance(left, Decimal) and isinstance(right, Decimal)
        gap = left - right
        order = 0 if abs(gap) <= CENT else 1 if gap > 0 else -1
    return {"=": order == 0, "<=": order <= 0, ">=": order >= 0, "<": order < 0, ">": order > 0}[match.group(2)]


def names(rule: str) -> set[str]:
    """Return the fields that a check speaks of."""
    return {name.split(".")[0] for name in re.findall(r"[a-z_][\w.]*", rule) if name != "sum"}


@lru_cache(maxsize=8192)
def number(text: str | None) -> Decimal | None:
    """Return the number of a normalised value such as '12.50 EUR'."""
    try:
        return Decimal((text or "").split(" ")[0])
    except InvalidOperation:
        return None


def _side(text: str, values: Values, tables: Tables) -> Value | None:
    tokens = list(TOKEN.finditer(text))
    if len(tokens) == 1 and not tokens[0].group(1):
        day = _day(values.get(tokens[0].group()))
        if day is not None:
            return day
    total: Decimal | None = None
    product: Decimal | None = None
    sign, operator = 1, "+"
    for token in tokens:
        word = token.group()
        if word in "+-*/":
            if word in "+-":
                total = (total or Decimal(0)) + sign * (product or Decimal(0))
                product, sign = None, 1 if word == "+" else -1
            operator = word
            continue
        value = _term(token, values, tables)
        if value is None:
            return None
        if product is None:
            product = value
        elif operator == "*":
            product *= value
        elif value == 0:
            return None
        else:
            product /= value
    return (total or Decimal(0)) + sign * (product or Decimal(0))


def _term(
    token: re.Match[str], values: Mapping[str, str | None], tables: Mapping[str, Sequence[Row]]
) -> Decimal | None:
    if token.group(1):
        cells = [number(row.get(token.group(2))) for row in tables.get(token.group(1), ())]
        return None if not cells or None in cells else sum((cell for cell in cells if cell is not None), Decimal(0))
    word = token.group()
    return Decimal(word) if word[0].isdigit() else number(values.get(word))


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
