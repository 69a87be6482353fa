"""Numbers with a meaning: tax numbers, bank accounts, identity numbers, telephone, e-mail and web addresses."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import phonenumbers
from stdnum import get_cc_module, iban
from stdnum.exceptions import ValidationError

from agents.documents.extract.found import Found

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}", re.IGNORECASE)
URL = re.compile(r"(?:https?://|www\.)[^\s<>\"')]+", re.IGNORECASE)
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]){11,30}\b")
IBAN_BEGINS = re.compile(r"\b[A-Z]{2}\d{2}")
VAT_ID = re.compile(r"\b[A-Z]{2}[ .]?[A-Z]?\d(?:[ .]?\d){6,10}(?:B\d{2}|[A-Z]{1,2})?\b")
STEUERNUMMER = re.compile(r"(?<!\d)\d{2,3}\s?/\s?\d{3,4}\s?/\s?\d{4,5}(?!\d)")
MST = re.compile(r"(?<![\d.])\d(?:[ ]?\d){9}(?:[ ]?-[ ]?\d{3})?(?![\d.])")
GSTIN = re.compile(r"\b\d{2}[A-Z]{5}\d{4}[A-Z][0-9A-Z]Z[0-9A-Z]\b")
DIGITS = re.compile(r"(?<![\d.,-])\d{9,13}(?![\d,-])")
CCCD = re.compile(r"(?<!\d)\d{3}[ ]?\d{3}[ ]?\d{3}[ ]?\d{3}(?!\d)|(?<!\d)\d{9}(?!\d)")
PASSPORT = re.compile(r"\b[A-Z]{1,2}\d{6,8}\b|\b[CFGHJKLMNPRTVWXYZ0-9]{9}\b")
REGIONS = ("VN", "DE", "GB", "US", "MY", "FR", "NL")
Check = Callable[[str], Any]


def find_tax_numbers(text: str) -> list[Found]:
    """Find VAT numbers (EU, GB), German tax numbers, Vietnamese MST, Indian GSTIN. A right check digit raises the
    quality; normalised is the compact form."""
    found: list[Found] = []
    for pattern in (VAT_ID, GSTIN, STEUERNUMMER, MST, DIGITS):
        for match in pattern.finditer(text):
            if any(match.start() < one.end and one.start < match.end() for one in found):
                continue
            compact = re.sub(r"[\s./]", "", match.group())
            sure = 0.95 if check_tax_number(compact) else 0.5 if pattern is not DIGITS else 0.35
            if pattern is VAT_ID and sure < 0.9:
                if not re.match(r"[A-Z]{2}", compact) or sum(sign.isdigit() for sign in compact) < 7:
                    continue
                sure = 0.45
            found.append(Found(match.start(), match.end(), match.group().strip(), compact, sure))
    return found


def check_tax_number(compact: str) -> bool:
    """Say whether the number's own check digits are right, by the country in front or as a Vietnamese MST."""
    country = compact[:2].lower()
    if country.isalpha():
        return _valid(_vat_module("gr" if country == "el" else country), compact)
    return _valid(get_cc_module("vn", "mst"), compact) or _valid(get_cc_module("in", "gstin"), compact)


@lru_cache(maxsize=64)
def _vat_module(country: str) -> Any:
    return get_cc_module(country, "vat")


def _valid(module: Any, number: str) -> bool:
    try:
        return module is not None and bool(module.validate(number))
    except ValidationError:
        return False


def find_ibans(text: str) -> list[Found]:
    """Find bank accounts; a wrong check digit leaves a low quality. Normalised without spaces."""
    found: list[Found] = []
    for begin in IBAN_BEGINS.finditer(text):
        match = IBAN.match(text, begin.start())
        if match is None or (found and match.start() < found[-1].end and found[-1].quality == 1.0):
            continue
        printed = match.group()
        for length in range(len(printed), 14, -1):  # the pattern may have swallowed the next word
            if iban.is_valid(printed[:length]):
                length = len(printed[:length].rstrip())
                compact = iban.compact(printed[:length])
                found = [one for one in found if one.end <= match.start()]  # a VAT number before it may look like one
                found.append(Found(match.start(), match.start() + length, printed[:length], compact, 1.0))
                break
        else:
            if not found or found[-1].end <= match.start():
                found.append(Found(match.start(), match.end(), printed, iban.compact(printed), 0.2))
    return found


def find_phones(text: str, region: str = "VN") -> list[Found]:
    """Find telephone numbers valid in `region` or with a country code. Normalised as E.164."""
    found: list[Found] = []
    for match in phonenumbers.PhoneNumberMatcher(text, region):
        normal = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        found.append(Found(match.start, match.end, match.raw_string, normal, 0.9))
    return found


def find_by(pattern: re.Pattern[str], text: str, *, lower: bool = False) -> list[Found]:
    """Find e-mail or web addresses by pattern."""
    return [
        Found(m.start(), m.end(), m.group(), m.group().lower() if lower else m.group(), 0.95)
        for m in pattern.finditer(text)
    ]


def is_cccd(number: str) -> bool:
    """Say whether a 12-digit number is built like a Vietnamese citizen's: province (001 to 096), then a digit for sex
    and century (0 to 3 for people alive), then the year of birth (Circular 59/2021/TT-BCA)."""
    return len(number) == 12 and number.isdigit() and 1 <= int(number[:3]) <= 96 and number[3] in "0123"


def find_identity_numbers(text: str) -> list[Found]:
    """Find Vietnamese identity numbers (12 digits: province, century and sex, year; or 9 of the old card), and
    passport numbers."""
    found: list[Found] = []
    for match in CCCD.finditer(text):
        compact = match.group().replace(" ", "")
        sure = 0.5 if len(compact) == 9 else 0.9 if is_cccd(compact) else 0.2
        found.append(Found(match.start(), match.end(), match.group(), compact, sure))
    for match in PASSPORT.finditer(text):
        if any(sign.isdigit() for sign in match.group()) and not any(
            match.start() < one.end and one.start < match.end() for one in found
        ):
            found.append(Found(match.start(), match.end(), match.group(), match.group(), 0.5))
    return found
