"""The sum to pay: the amount with the strongest words beside it, confirmed by arithmetic (cash less change, rounding,
net plus tax) and by being printed again."""

import re
from collections import Counter
from dataclasses import replace
from decimal import Decimal

from agents.documents.extract.candidates import Candidate
from agents.documents.extract.layout import Cell, Sheet
from agents.documents.extract.rules import number

STRONG = re.compile(
    r"grand ?total|total (?:amount )?(?:due|payable|to pay)|(?:nett?|amount) (?:total|due|payable|to pay)|amt due|"
    r"round(?:e)?d? total|total (?:amt |sales )?(?:\(?incl|round|after|with)|total.{0,12}incl|balance due|zu zahlen|"
    r"zahlbetrag|gesamtbetrag|gesamtsumme|rechnungsbetrag|endbetrag|brutto ?(?:betrag|summe)|summe eur|total rounded|"
    r"tong (?:cong )?(?:tien )?thanh toan|tong thanh toan|phai thanh toan|tong cong tien|"
    r"total ttc|net a payer|total rm|total sales"
)
TOTAL = re.compile(
    r"t[o0]ta[l1i]\b|tota[l1]|summe|gesamt|betrag|tong cong|thanh tien|tong tien|amount$|"
    r"^amount|te betalen|totaal|importe|montant|\btotl\b|\btot\b"
)
WEAK = re.compile(
    r"sub ?-?t[o0]tal|zwischensumme|excl|exc |before|qty|quantity|item|discount|rabatt|saving|service|change|tunai|"
    r"tax\b|gst\b|vat\b|mwst|ust\b|netto|round(?:ing)? ?adj|rounding|points?|disc\b|tien thue|"
    r"chiet khau|balance b|deposit|untaxed|\bht\b|paid|"
    r"gegeben|zuruck|ruckgeld|tendered|received|tien mat|tra lai|payment"
)
NOT_WEAK = re.compile(r"incl|after (?:gst|tax|round)|with (?:gst|tax)|total rounded|rounded total")
CASH = re.compile(
    r"\bcash\b|tunai|visa|master|bar\b|gegeben|paid|payment|tender|tien mat|khach (?:dua|tra)|"
    r"received|\bamex\b|credit|debit|karte|\bec\b"
)
CHANGE = re.compile(r"\bchange\b|chang\b|zuruck|ruckgeld|tra lai|tien thua|baki|wechselgeld")
ROUNDING = re.compile(r"round(?:ing|\b)|rour ding|rundung|lam tron")


def rank_totals(sheet: Sheet, labelled: list[Candidate], candidates: list[Candidate]) -> list[Candidate]:
    """Return candidates for the total, best first. `labelled` are those that the field's own labels found."""
    amounts = [one for one in candidates if one.found.quality >= 0.3 and (number(one.found.normalised) or 0) >= 0]
    if not amounts:
        return labelled
    values = {one.key: number(one.found.normalised) or Decimal(0) for one in amounts}
    by_label = {one.key: one.score for one in labelled}
    printed = Counter(value for key, value in values.items())
    cash = [values[one.key] for one in amounts if CASH.search(_words(sheet, one.cell))]
    change = [values[one.key] for one in amounts if CHANGE.search(_words(sheet, one.cell))]
    paid = {c - back for c in cash for back in change if c > back > 0} | (set(cash) if 0 in change else set())
    rounding = {
        number(one.found.normalised) or Decimal(0) for one in candidates if ROUNDING.search(_words(sheet, one.cell))
    }
    solid = [value for one, value in zip(amounts, values.values(), strict=True) if one.found.quality >= 0.9]
    biggest = max(solid, default=Decimal(0))
    ranked = []
    for one in amounts:
        value = values[one.key]
        words = _words(sheet, one.cell)
        score = 0.35 * by_label.get(one.key, 0.0)
        score += _by_words(words)
        score += 0.12 if value in paid and value > 0 else 0
        score += 0.05 * min(3, printed[value] - 1)
        if any(r and abs(r) < Decimal("0.1") and (value - r in printed or value - abs(r) in printed) for r in rounding):
            score += 0.06
        if any(r and abs(r) < Decimal("0.1") and value + r in printed and value + r != value for r in rounding):
            score -= 0.08
        score += 0.06 if value == biggest else -0.04 if biggest and value < biggest / 20 else 0
        score += 0.05 * (one.cell.row / max(1, len(sheet.rows)))
        score -= 0.15 if CHANGE.search(words) and not TOTAL.search(words) else 0
        score -= 0.10 if CASH.search(words) and not TOTAL.search(words) else 0
        score -= 0.30 if value == 0 else 0
        score *= one.found.quality**0.5 * (0.7 + 0.3 * min(1.0, one.cell.line.score))
        ranked.append(replace(one, score=round(max(0.01, min(0.98, score + 0.15)), 4), why=words.strip()[:40]))
    return sorted(ranked, key=lambda one: -one.score)[:8]


def _by_words(words: str) -> float:
    weak = bool(WEAK.search(words)) and not NOT_WEAK.search(words)
    if STRONG.search(words) and not weak:
        return 0.45
    if STRONG.search(words):
        return 0.25
    if TOTAL.search(words):
        return 0.08 if weak else 0.36
    return -0.1 if weak else 0.0


def _words(sheet: Sheet, cell: Cell) -> str:
    """The words that speak of an amount: its row left of and around it, or the row above when it stands alone."""
    row = sheet.row_of(cell)
    words = " ".join(other.folded for other in row[: cell.column + 1])
    if sum(sign.isalpha() for sign in words) < 3:
        words = " ".join(other.folded for other in row)
    if sum(sign.isalpha() for sign in words) < 3 and cell.row > 0:
        above = sheet.rows[cell.row - 1]
        if not any(sign.isdigit() for other in above for sign in other.folded):
            words = " ".join(other.folded for other in above)
    return words
