"""How the weekly report writes numbers: values, intervals and changes, in the reader's language."""

from api.words import Words
from metrics.change import Change
from metrics.estimate import Estimate
from metrics.figure import Definition


def amount(t: Words, value: float, definition: Definition) -> str:
    """Return a value in its figure's unit."""
    if definition.unit == "share":
        return t.share(value)
    if definition.unit == "seconds":
        return t.seconds(value)
    if definition.unit == "usd":
        return t.money(value)
    return t.number(value, 0 if value >= 100 or value == int(value) else 1)


def figure(t: Words, e: Estimate, definition: Definition) -> str:
    """Return an estimate as people read it: value and interval; or what is missing where it is not yet known."""
    if e.value is None:
        return f"{t('weekly.unknown')}: {t.phrase(e.missing)}"
    said = amount(t, e.value, definition)
    if e.low is None or e.high is None:
        return said
    ends = [amount(t, end, definition) for end in (e.low, e.high)]
    return said if ends == [said, said] else f"{said} ({' … '.join(ends)})"


def points(t: Words, part: float, digits: int = 1) -> str:
    """Return a part of 1 in percentage points."""
    return t.number(100 * part, digits)


def signed(t: Words, part: float | None, digits: int = 1) -> str:
    """Return a part of 1 in points, with a sign where it is not nought as written."""
    number = round(100 * (part or 0), digits)
    sign = "+" if number > 0 else "−" if number < 0 else ""
    return sign + t.number(abs(number), digits)


def difference(t: Words, e: Estimate) -> str:
    """Return a difference of shares in points, with its interval; or that it is not yet known."""
    if e.value is None:
        return t("weekly.unknown")
    said = t("weekly.points", n=signed(t, e.value))
    if e.low is None or e.high is None:
        return said
    return f"{said} ({signed(t, e.low)} … {signed(t, e.high)})"


def surely(e: Estimate) -> bool:
    """Return whether a difference is more than chance may do."""
    return e.low is not None and e.high is not None and not e.low <= 0 <= e.high


def moved(t: Words, one: Change | None, definition: Definition) -> str:
    """Return what changed against the week before, and whether it is more than chance may do."""
    if one is None or one.difference.value is None:
        return "–"
    sure = f", {t('weekly.real')}" if surely(one.difference) else ""
    if definition.unit == "share":
        return difference(t, one.difference) + sure
    value = one.difference.value
    said = amount(t, abs(value), definition)
    if abs(value) < 0.005 * abs(one.before.value or 0) or not any(digit in said for digit in "123456789"):
        return t("weekly.the_same")
    return f"{'−' if value < 0 else '+'}{said}{sure}"
