"""Values that a language model told, held against the document: each is looked for on the page, brought into the form
of its type, and scored; one that is not printed gets no evidence, and so never goes straight through."""

from collections.abc import Mapping, Sequence

from agents.documents.extract import sure
from agents.documents.extract.candidates import Candidate, find_candidates, find_in
from agents.documents.extract.found import Found
from agents.documents.extract.layout import Cell, Sheet, around
from agents.documents.extract.text import squeeze
from agents.documents.values import evidence
from agents.fields_file import FieldsFile, FieldSpec
from core.contracts import FieldValue

PRINTED = 0.9  # a told value that is printed there: a model cites real places for wrong values too
ABSENT = 0.3  # a told value that is printed nowhere
ROWS = 4  # that a name or an address may span
AGREED = 0.35  # of the rules' doubt is left where the model reads the same
ALONE = 0.8  # times the score of a value that only one of both found
DIFFER = 0.5  # times the score of the surer one where both read different values


def held_against(sheet: Sheet, file: FieldsFile, told: Mapping[str, str | None]) -> tuple[FieldValue, ...]:
    """Return the told values as fields of the file, in its order; tables are left to the rules."""
    return tuple(_field(sheet, spec, told.get(spec.name)) for spec in file.fields if spec.type != "table")


def agreed(rules: Sequence[FieldValue], model: Sequence[FieldValue]) -> tuple[tuple[FieldValue, ...], float]:
    """Merge what rules and model read, field by field, and return it with the share of fields (of those that either
    found) on which both agree. What both read is surer, what they read differently is for a person."""
    told = {field.name: field for field in model}
    merged, same, either = [], 0, 0
    for field in rules:
        other = told.get(field.name)
        if other is None or (field.value is None and other.value is None):
            merged.append(field)
            continue
        either += 1
        if _same(field, other):
            same += 1
            merged.append(field.model_copy(update={"score": round(1 - (1 - field.score) * AGREED, 4)}))
        elif field.value is None or other.value is None:
            one = field if other.value is None else other
            merged.append(_less(one, ALONE, "only the rules read it" if one is field else "only the model read it"))
        else:
            one, rival = (field, other) if field.score >= other.score else (other, field)
            who = "model" if rival is other else "rules"
            merged.append(_less(one, DIFFER, f"the {who} read {(rival.value or '')[:60]!r}"))
    return tuple(merged), round(same / either, 4) if either else 1.0


def _same(one: FieldValue, other: FieldValue) -> bool:
    if one.value is None or other.value is None:
        return False
    return squeeze(one.value) == squeeze(other.value) or (one.normalised or "") == (other.normalised or "-")


def _less(field: FieldValue, share: float, reason: str) -> FieldValue:
    told = "; ".join(part for part in (field.reason, reason) if part)
    return field.model_copy(update={"score": round(field.score * share, 4), "reason": told})


def _field(sheet: Sheet, spec: FieldSpec, value: str | None) -> FieldValue:
    text = " ".join((value or "").split())
    if not squeeze(text):
        return FieldValue(name=spec.name, type=spec.type, reason="the model found none")
    normal = next((one.normalised for one in find_in(text, sheet, spec)), text)
    where = _printed(sheet, spec, text, normal)
    if where is None:
        reason = "the model told a value that is not printed there"
        return FieldValue(name=spec.name, type=spec.type, value=text, normalised=normal, score=ABSENT, reason=reason)
    cells, start, end = where
    one = Candidate(cells[0], Found(start, end, text, normal, 1.0), cells=cells if len(cells) > 1 else ())
    return FieldValue(
        name=spec.name,
        type=spec.type,
        value=text,
        normalised=normal,
        score=round(PRINTED * sure.value_letters(one, again=False), 4),
        evidence=around(cells, text) if len(cells) > 1 else evidence(cells[0].page, cells[0].line, start, end),
    )


def _printed(sheet: Sheet, spec: FieldSpec, text: str, normal: str) -> tuple[tuple[Cell, ...], int, int] | None:
    """The cells that hold the value, and its characters where it is one cell: by type, else by its letters."""
    for one in find_candidates(sheet, spec):
        if one.found.normalised == normal:
            return (one.cell,), one.found.start, one.found.end
    wanted = squeeze(text)
    for cell in sheet.cells:
        if wanted in squeeze(cell.line.text):
            return (cell,), 0, len(cell.line.text)
    for number, row in enumerate(sheet.rows):
        for rows in range(1, ROWS + 1):
            cells = tuple(cell for one_row in sheet.rows[number : number + rows] for cell in one_row)
            if wanted in squeeze("".join(cell.line.text for cell in cells)) and row:
                return cells, 0, 0
    return None
