"""Sums of money and other numbers in a line of text, in any of the usual ways to write them."""

import re
from decimal import Decimal, InvalidOperation

from agents.documents.extract.found import Found

CURRENCIES = {
    "€": "EUR", "eur": "EUR", "euro": "EUR", "$": "USD", "usd": "USD", "us$": "USD", "£": "GBP", "gbp": "GBP",
    "₫": "VND", "đ": "VND", "vnđ": "VND", "vnd": "VND", "đồng": "VND", "rm": "MYR", "myr": "MYR", "₹": "INR",
    "rs": "INR", "rs.": "INR", "inr": "INR", "chf": "CHF", "sgd": "SGD", "s$": "SGD", "pln": "PLN", "zł": "PLN",
    "¥": "JPY", "jpy": "JPY", "sek": "SEK", "nok": "NOK", "dkk": "DKK", "czk": "CZK", "kč": "CZK", "thb": "THB",
}  # fmt: skip
_NAMES = "|".join(sorted((re.escape(name) for name in CURRENCIES), key=len, reverse=True))
AMOUNT = re.compile(
    rf"""(?<![\w/,.-]) (?P<minus>[-−–(]\s?)?
    (?:(?P<before>{_NAMES})(?![a-z])\s{{0,3}}\.?:?\s?)? (?P<minus2>[-−–]\s?)?
    (?P<number>\d{{1,3}}(?:[.,'’\u00a0\u202f ]\d{{3}})+(?:\s?[.,]\s?\d{{1,4}})?(?!\d)
        | \d+(?:\s?[.,]\s?\d{{1,4}})? | [.,]\d{{2}})
    (?!\d|[.,]\d|/\d|-\d|:\d) (?P<percent>\s?%)? (?P<minus3>-(?!\d))?
    (?:\s{{0,2}}(?P<after>{_NAMES})(?![a-z]))?""",
    re.IGNORECASE | re.VERBOSE,
)


def find_amounts(text: str, decimal: str = "", currency: str = "") -> list[Found]:
    """Find sums of money. `decimal` is the document's decimal sign where known, `currency` its currency.

    Normalised: '1234.50 EUR' (without the currency where none is known). Whole numbers without a currency sign have a
    low quality unless the currency has no cents in use (VND, JPY).
    """
    found = []
    for match in AMOUNT.finditer(text):
        if match["percent"]:
            continue
        name = (match["before"] or match["after"] or "").lower()
        code = CURRENCIES.get(name, currency)
        value, cents = parse_number(match["number"], decimal, code)
        if value is None:
            continue
        if match["minus"] or match["minus2"] or match["minus3"]:
            value = -value
        if cents == 2:
            quality = 1.0
        elif name:
            quality = 0.95
        elif code in ("VND", "JPY") and abs(value) >= 1000 and not re.fullmatch(r"\d+", match["number"]):
            quality = 0.9
        elif re.fullmatch(r"\d{1,3}([.,' ]\d{3})+", match["number"]):
            quality = 0.6
        else:
            quality = 0.3 if len(match["number"]) <= 6 else 0.1
        start, end = match.span("number")
        minus = match.start("minus2") if match["minus2"] else match.start("minus") if match["minus"] else start
        printed = text[start if value >= 0 else minus : end]
        found.append(Found(start, end, printed.strip(" ("), f"{value:f} {code}".strip(), quality))
    return found


def parse_number(text: str, decimal: str = "", currency: str = "") -> tuple[Decimal | None, int]:
    """Return the number and how many decimals are printed. The last separator is the decimal one, unless exactly
    three digits follow it and it may group thousands."""
    plain = re.sub(r"['’\u00a0\u202f]", "", text)
    plain = re.sub(r"\s*([.,])\s*", r"\1", plain).replace(" ", "")
    last = max(plain.rfind("."), plain.rfind(","))
    tail = len(plain) - last - 1 if last >= 0 else 0
    if last >= 0:
        sign = plain[last]
        repeated = plain.count(sign) > 1
        other = "," if sign == "." else "."
        grouped = tail == 3 and (other not in plain[:last]) and (decimal != sign) and len(plain[:last]) <= 3
        if repeated or (grouped and last > 0) or (currency in ("VND", "JPY") and tail == 3):
            plain, tail = plain.replace(",", "").replace(".", ""), 0
        else:
            plain = plain[:last].replace(",", "").replace(".", "") + "." + plain[last + 1 :]
    try:
        return Decimal(plain), tail
    except InvalidOperation:
        return None, 0


def find_numbers(text: str, *, percent: bool = False) -> list[Found]:
    """Find plain numbers, or percentages."""
    found = []
    for match in AMOUNT.finditer(text):
        if bool(match["percent"]) != percent:
            continue
        value, _ = parse_number(match["number"], "")
        if value is not None:
            found.append(Found(match.start("number"), match.end("number"), match["number"], f"{value:f}", 0.8))
    return found


def decimal_sign(text: str) -> str:
    """Return the decimal sign that the document's own amounts prove, or the empty string."""
    comma = len(re.findall(r"\d,\d{2}(?!\d)", text))
    point = len(re.findall(r"\d\.\d{2}(?!\d)", text))
    return "" if comma == point else "," if comma > point else "."


def main_currency(text: str) -> str:
    """Return the ISO code of the currency that the document names most often, or the empty string."""
    counts: dict[str, int] = {}
    for match in AMOUNT.finditer(text[:50_000]):
        name = (match["before"] or match["after"] or "").lower()
        if name:
            code = CURRENCIES[name]
            counts[code] = counts.get(code, 0) + 1
    if not counts:
        for code in re.findall(r"\b(EUR|USD|GBP|VND|MYR|INR|CHF|PLN|SEK|RM)\b", text[:50_000]):
            code = {"RM": "MYR"}.get(code, code)
            counts[code] = counts.get(code, 0) + 1
    return max(counts, key=lambda code: counts[code]) if counts else ""
