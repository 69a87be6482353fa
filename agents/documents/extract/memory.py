"""What reviewers' corrections taught about one sender: where on its documents each field stands.

A note is made of one document whose values a person settled: for each field the words before, left of and above its
value, its place, its shape and the value itself. On the sender's next document the notes propose values for the fields
that the general method missed or doubts. They fill in a person's form and count for nothing else (see
docs/how-to/read-documents.md): the general method's own scores stay what the certificates were earned with.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from agents.documents.extract import identifiers
from agents.documents.extract.candidates import FREE, find_candidates
from agents.documents.extract.layout import Cell, Sheet, lay_out
from agents.documents.extract.text import fold, squeeze
from agents.documents.values import Reading, evidence
from agents.fields_file import FieldsFile, FieldSpec
from core.contracts import FieldValue

ISSUER = ("seller_name", "company")
FIXED = frozenset({"name", "address", "tax_number", "iban", "email", "phone", "url"})  # the same on every document
SHORTEST = 6  # letters and digits of a name that is looked for on a page
SCORE = 0.9
SURE = 0.97  # a value that the general method is as sure of is left alone
NEAR = 0.05  # of the page's width and height
LEAST = 2.0  # points below which a place is no match
OF_WORDS = re.compile(r"[^\W\d_]+")


class Trace(NamedTuple):
    """Where one field stood on one document. `x` and `y` are shares of the page; `from_end` counts pages from the
    last; texts are folded, without digits."""

    value: str
    shape: str
    before: str
    left: str
    above: str
    x: float
    y: float
    from_end: int


Note = Mapping[str, Any]  # {"fields": {name: list of a Trace's values, or None}}, as it is stored


def identities(reading: Reading) -> list[str]:
    """Return what on a document says who sent it: accounts, tax numbers, mail and web addresses, in one plain form."""
    found: dict[str, None] = {}
    for line in (line.text for page in reading.pages for line in page.lines):
        if not any(sign.isdigit() or sign in "@." for sign in line):
            continue
        found |= {one.normalised: None for one in identifiers.find_ibans(line) if one.quality == 1.0}
        found |= {one.normalised: None for one in identifiers.find_tax_numbers(line) if one.quality > 0.9}
        found |= {
            one.normalised.split("@")[1]: None for one in identifiers.find_by(identifiers.EMAIL, line, lower=True)
        }
        webs = identifiers.find_by(identifiers.URL, line, lower=True)
        found |= {re.sub(r"^(?:https?://)?(?:www\.)?|/.*$", "", one.normalised): None for one in webs}
    return [name for name in found if len(name) >= SHORTEST]


def sender_names(fields: Sequence[FieldValue], file: FieldsFile) -> list[str]:
    """Return the issuer's name as a person left it, in the form in which it is looked for on other documents."""
    issuers = {spec.name for spec in file.fields if spec.meaning in ISSUER}
    names = [squeeze(field.value) for field in fields if field.name in issuers and field.value]
    return [name for name in names if len(name) >= SHORTEST]


def make_note(reading: Reading, fields: Sequence[FieldValue]) -> Note:
    """Return what a document with settled values teaches; a field that it does not have is remembered as absent."""
    sheet = lay_out(reading)
    return {"fields": {field.name: _trace(sheet, field) if field.value else None for field in fields}}


def suggest(
    reading: Reading, fields: Sequence[FieldValue], notes: Sequence[Note], file: FieldsFile
) -> tuple[FieldValue, ...]:
    """Return values that the sender's notes (the newest first) propose where they differ from what was read."""
    if not notes:
        return ()
    sheet = lay_out(reading)
    read = {field.name: field for field in fields}
    proposed = []
    for spec in file.fields:
        seen = [note["fields"][spec.name] for note in notes if spec.name in note["fields"]]
        was = read.get(spec.name)
        if spec.type == "table" or not seen or was is None:
            continue
        one = _recall(sheet, spec, [Trace(*values) for values in seen if values is not None], len(seen), was)
        if one is not None and squeeze(one.value or "") != squeeze(was.value or ""):
            proposed.append(one)
    return tuple(proposed)


def _recall(sheet: Sheet, spec: FieldSpec, traces: list[Trace], seen: int, was: FieldValue) -> FieldValue | None:
    if not traces:  # this sender never prints it: what was read is something else
        empty = FieldValue(name=spec.name, type=spec.type, reason="this sender's documents do not have it")
        return empty if seen >= 2 and was.value else None
    fixed = _fixed(sheet, spec, traces)
    if fixed is not None:
        return fixed
    best: tuple[float, FieldValue] | None = None
    for cell, start, end, normalised in _values(sheet, spec, traces):
        here = _here(sheet, cell, start, end)
        points = max(_likeness(here, trace, shaped=spec.type in FREE) for trace in traces)
        if points >= LEAST and (best is None or points > best[0]):
            best = points, _value(spec, cell, start, end, normalised)
    return best[1] if best else None


def _fixed(sheet: Sheet, spec: FieldSpec, traces: list[Trace]) -> FieldValue | None:
    """A value that never changed is taken wherever it is printed again (an address may span two rows)."""
    values = {squeeze(trace.value) for trace in traces}
    if len(values) != 1 or (spec.type not in FIXED and len(traces) < 3):
        return None
    (wanted,) = values
    if len(wanted) < 3:
        return None
    for row_number, row in enumerate(sheet.rows):
        following = [row, *sheet.rows[row_number + 1 : row_number + 3]]
        for cells in (*((cell,) for cell in row), row, *(tuple(c for r in following[:n] for c in r) for n in (2, 3))):
            if wanted not in squeeze("".join(cell.line.text for cell in cells)):
                continue
            where = evidence(cells[0].page, cells[0].line)
            text = traces[0].value
            return FieldValue(
                name=spec.name, type=spec.type, value=text, normalised=_normal(spec, sheet, text), score=SCORE,
                evidence=where.model_copy(update={"text": text}),
            )  # fmt: skip
    return None


def _normal(spec: FieldSpec, sheet: Sheet, text: str) -> str:
    for cell in sheet.cells:
        for one in find_candidates(Sheet(sheet.reading, (cell,), (), sheet.decimal, sheet.currency, sheet.order), spec):
            if squeeze(one.found.text) == squeeze(text):
                return one.found.normalised
    return " ".join(text.split())


def _values(sheet: Sheet, spec: FieldSpec, traces: list[Trace]) -> Iterator[tuple[Cell, int, int, str]]:
    """Everything on the sheet that may be the field: values of its type; for free text whole cells, what stands
    behind the remembered words, and words of the remembered shapes."""
    if spec.type not in FREE:
        for one in find_candidates(sheet, spec):
            yield one.cell, one.found.start, one.found.end, one.found.normalised
        return
    shapes = {trace.shape for trace in traces}
    befores = {trace.before for trace in traces if trace.before}
    for cell in sheet.cells:
        text = cell.line.text
        yield cell, 0, len(text), " ".join(text.split())
        for word in re.finditer(r"\S+", text):
            stripped = word.group().strip(",;:()")
            if _shape(stripped) in shapes and word.span() != (0, len(text)):
                start = word.start() + word.group().index(stripped)
                yield cell, start, start + len(stripped), stripped
        for before in befores:
            place = _plain(text).find(before)
            if place >= 0 and (found := re.search(r"\S", text[_end_of(text, before) :])):
                start = _end_of(text, before) + found.start()
                yield cell, start, len(text.rstrip()), " ".join(text[start:].split())


def _end_of(text: str, before: str) -> int:
    """Where the remembered words end in a text: the place behind the last of them, and a colon behind that."""
    last = before.split(" ")[-1]
    at = fold(text).find(last)
    end = at + len(last) if at >= 0 else 0
    rest = re.match(r"\W*", text[end:])
    return end + (rest.end() if rest else 0)


def _value(spec: FieldSpec, cell: Cell, start: int, end: int, normalised: str) -> FieldValue:
    return FieldValue(
        name=spec.name,
        type=spec.type,
        value=cell.line.text[start:end],
        normalised=normalised,
        score=SCORE,
        evidence=evidence(cell.page, cell.line, start, end),
    )


def _likeness(here: Trace, known: Trace, *, shaped: bool) -> float:
    """Points for being where the value stood: the words beside it count most, then place and shape; a value of its own
    type (`shaped` is False) may be longer or shorter."""
    points = 0.0
    for word, weight in (("before", 2.0), ("left", 1.5), ("above", 1.0)):
        now, then = getattr(here, word), getattr(known, word)
        if then:
            points += weight if now == then else -0.5 * weight
        elif word == "before" and now:
            points -= 1.0
    close = abs(here.x - known.x) < NEAR and abs(here.y - known.y) < NEAR and here.from_end == known.from_end
    points += 1.2 if close else 0.4 * (abs(here.x - known.x) < NEAR)
    if here.shape == known.shape:
        return points + 0.8
    return points - 0.8 * (shaped and _kinds(here.shape) != _kinds(known.shape))


def _trace(sheet: Sheet, field: FieldValue) -> list[Any] | None:
    """Where the settled value is printed: at its evidence where that still holds it, else where it is found first."""
    wanted = squeeze(field.value or "")
    box = field.evidence.box if field.evidence is not None else None
    best: tuple[float, Cell, int, int] | None = None
    for cell in sheet.cells:
        span = _span(cell.line.text, wanted)
        if span is None:
            continue
        at = evidence(cell.page, cell.line, *span).box
        far = abs(at[0] - box[0]) + abs(at[1] - box[1]) if at and box else 0.0
        far += 0.0 if span == (0, len(cell.line.text)) or len(wanted) > 3 else 0.5  # a short value inside other text
        if best is None or far < best[0]:
            best = far, cell, *span
    if best is None:
        return [field.value, _shape(field.value or ""), "", "", "", -1.0, -1.0, -1]
    _, cell, start, end = best
    return list(_here(sheet, cell, start, end)._replace(value=field.value or ""))


def _span(text: str, wanted: str) -> tuple[int, int] | None:
    """Find a squeezed value in a text: its first and last characters."""
    kept = [(place, sign) for place, sign in enumerate(fold(text)) if sign.isalnum()]
    place = "".join(sign for _, sign in kept).find(wanted)
    if place < 0 or not wanted:
        return None
    return kept[place][0], kept[place + len(wanted) - 1][0] + 1


def _here(sheet: Sheet, cell: Cell, start: int, end: int) -> Trace:
    row, text = sheet.row_of(cell), cell.line.text
    left = row[cell.column - 1].line.text if cell.column else ""
    above = ""
    for other_row in reversed(sheet.rows[max(0, cell.row - 3) : cell.row]):
        over = [o for o in other_row if o.line.left < cell.line.right and cell.line.left < o.line.right]
        if over:
            above = over[0].line.text
            break
    pages = len(sheet.reading.pages)
    value = text[start:end]
    box = evidence(cell.page, cell.line, start, end).box or (0.0, 0.0, 0.0, 0.0)
    place = next((n for n, page in enumerate(sheet.reading.pages) if page is cell.page), 0)
    return Trace(value, _shape(value), _plain(text[:start]), _plain(left), _plain(above), box[0], box[1], pages - place)


def _plain(text: str) -> str:
    return " ".join(OF_WORDS.findall(fold(text)))[-60:]


def _shape(text: str) -> str:
    """Letters as A, digits as 9, all else as it is: RE-2026-0417 is AA-9999-9999."""
    return "".join("9" if sign.isdigit() else "A" if sign.isalpha() else sign for sign in text.strip())


def _kinds(shape: str) -> frozenset[str]:
    return frozenset(shape)
