"""How well a candidate fits a field: its label, how it stands to it, how much it looks like its type."""

from dataclasses import replace
from functools import lru_cache

from agents.documents.extract.candidates import FREE, Candidate, find_candidates, free_text
from agents.documents.extract.labels import Label, find_labels
from agents.documents.extract.layout import Sheet
from agents.documents.extract.text import fold
from agents.fields_file import FieldSpec

SAME, RIGHT, BELOW = 1.0, 0.95, 0.8  # how much a value's place relative to its label is worth
UNLABELLED = 0.25  # a value of a rare type (IBAN, e-mail) says by itself what it is
RARE = frozenset({"iban", "email", "url", "identity_number", "phone", "tax_number"})


def rank(sheet: Sheet, spec: FieldSpec, most: int = 6) -> list[Candidate]:
    """Return the best candidates of a field, best first, with scores from 0 to 1."""
    liked = {_key(label): share for label, share in spec.preferences.items()}
    labels = [
        label._replace(strength=label.strength * liked.get(_key(label.text), 1.0))
        for label in find_labels(sheet, spec.words, spec.unless)
    ]
    best: dict[tuple[int, int], Candidate] = {}
    if spec.type in FREE:
        linked = [one for label in labels for one in _free(sheet, spec, label)]
    else:
        candidates = find_candidates(sheet, spec)
        by_cell: dict[int, list[Candidate]] = {}
        for candidate in candidates:
            by_cell.setdefault(candidate.cell.index, []).append(candidate)
        linked = [one for label in labels for one in _typed(sheet, spec, label, by_cell)]
        if spec.type in RARE and "same" in spec.where:
            linked += [replace(c, score=UNLABELLED * c.found.quality, why="its form") for c in candidates]
    for one in linked:
        if one.key not in best or best[one.key].score < one.score:
            best[one.key] = one
    return sorted(best.values(), key=lambda one: (-one.score, one.cell.index))[:most]


def _typed(sheet: Sheet, spec: FieldSpec, label: Label, by_cell: dict[int, list[Candidate]]) -> list[Candidate]:
    found = []
    if "same" in spec.where:
        inside = [c for c in by_cell.get(label.cell.index, []) if c.found.start >= label.start]
        after = [c for c in inside if c.found.end > label.end]  # "Ngày 05 tháng 11" holds its own label
        for place, candidate in enumerate(after):
            gap = max(0, candidate.found.start - label.end) if place == 0 else 12
            found.append(_score(candidate, label, SAME * max(0.4, 1 - max(0, gap - 12) / 60) * 0.9**place))
    if "right" in spec.where:
        row = sheet.row_of(label.cell)
        beside = [c for cell in row[label.cell.column + 1 :] for c in by_cell.get(cell.index, [])]
        taken = 1 if found else 0
        for place, candidate in enumerate(beside):
            found.append(_score(candidate, label, RIGHT * 0.9 ** (place + taken)))
    if "below" in spec.where:
        for cell in sheet.below(label.cell):
            if by_cell.get(cell.index):
                down = cell.row - label.cell.row
                found.append(_score(by_cell[cell.index][0], label, BELOW * 0.8 ** (down - 1)))
                break
    return found


def _free(sheet: Sheet, spec: FieldSpec, label: Label) -> list[Candidate]:
    found = []
    if "same" in spec.where:
        inside = free_text(label.cell, label.end, spec)
        if inside is not None:
            found.append(_score(inside, label, SAME))
    row = sheet.row_of(label.cell)
    if "right" in spec.where and label.cell.column + 1 < len(row) and not found:
        beside = free_text(row[label.cell.column + 1], 0, spec)
        if beside is not None:
            found.append(_score(beside, label, RIGHT))
    if "below" in spec.where and not (found and label.strength > 0.7):
        for cell in sheet.below(label.cell, 2):
            under = free_text(cell, 0, spec)
            if under is not None:
                found.append(_score(under, label, BELOW))
                break
    return found


def _score(candidate: Candidate, label: Label, link: float) -> Candidate:
    read = min(candidate.cell.line.score, 1.0)
    score = label.strength * link * candidate.found.quality**0.5 * (0.6 + 0.4 * read)
    return replace(candidate, score=round(min(score, 0.99), 4), why=label.text)


@lru_cache(maxsize=4096)
def _key(label: str) -> str:
    """A label without case, accents and punctuation, as it may be printed."""
    return "".join(sign for sign in fold(label) if sign.isalnum() or sign == "#")
