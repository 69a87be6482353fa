"""`extract`: a reading and a fields file in, field values with evidence and scores out. No language model."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import product
from math import exp, log, prod

from agents.documents.einvoice.reader import Invoice
from agents.documents.extract import identifiers, rules, sure
from agents.documents.extract.candidates import Candidate, find_candidates
from agents.documents.extract.exact import from_codes, from_invoice, from_zone, invoice_of
from agents.documents.extract.found import Found
from agents.documents.extract.labels import speaks_of
from agents.documents.extract.layout import Cell, Sheet, around, lay_out
from agents.documents.extract.merchant import find_company
from agents.documents.extract.mrz import find_zone
from agents.documents.extract.postal import Place, find_address
from agents.documents.extract.rank import rank
from agents.documents.extract.tables import find_table, from_lines, rows_of
from agents.documents.extract.totals import rank_totals
from agents.documents.values import Reading, evidence
from agents.fields_file import FieldsFile, FieldSpec
from core.contracts import Evidence, FieldValue

LEAST = 0.2  # below this score a candidate is no answer
CHECK_BONUS = 1.0  # in log-odds, for a combination of values that an equation confirms
ISSUER = ("company", "seller_name")
HEAD = "head of the page"
OTHER_DATE = 0.6  # times the score of a date whose row says that it is another one: valid until, due
SURER = 3  # points for label, place and form add up to less than how often such a value is right: 1 - (1 - s)^3
KEPT = 4  # candidates of each field that take part in equations


def extract(reading: Reading, file: FieldsFile, today: date | None = None) -> tuple[tuple[FieldValue, ...], float]:
    """Return the fields of a document and one score for all of it (see `document_score`)."""
    sheet = lay_out(reading)
    exact = _exact(reading, sheet, file, today or datetime.now(UTC).date())
    printed = [spec for spec in file.fields if spec.name not in exact and spec.type != "table"]
    found = {spec.name: _candidates(sheet, spec) for spec in printed if spec.type != "address"}
    chosen = _choose(found, file.checks)
    fields = []
    for spec in file.fields:
        if spec.name in exact:
            fields.append(exact[spec.name])
        elif spec.type == "table":
            fields.append(find_table(sheet, spec))
        elif spec.type == "address":
            fields.append(_address(sheet, spec, _company_cells(file, chosen)))
        else:
            fields.append(_field(spec, chosen.get(spec.name), found.get(spec.name, []), today))
    found_right = marked(checked(fields, file), file)
    return found_right, document_score(found_right)


def _exact(reading: Reading, sheet: Sheet, file: FieldsFile, today: date) -> dict[str, FieldValue]:
    """Values from XML, codes and machine-readable zones; what these do not say, the print may still say."""
    invoice = invoice_of(reading)
    identity = any(spec.meaning == "identity_number" for spec in file.fields)
    zone = find_zone(sheet, today) if identity and invoice is None else None
    found = {}
    for spec in file.fields:
        value = _from_xml(invoice, spec) if invoice is not None else from_codes(reading, spec)
        if value is None and zone is not None:
            value = from_zone(zone, spec)
        if value is not None:
            found[spec.name] = value
    return found


def _from_xml(invoice: Invoice, spec: FieldSpec) -> FieldValue | None:
    return from_lines(invoice, spec) if spec.type == "table" else from_invoice(invoice, spec)


def marked(fields: Sequence[FieldValue], file: FieldsFile) -> tuple[FieldValue, ...]:
    """Return the fields, each saying whether its file requires it."""
    required = {spec.name for spec in file.fields if spec.required}
    return tuple(field.model_copy(update={"required": field.name in required}) for field in fields)


def document_score(fields: Sequence[FieldValue]) -> float:
    """The score of the whole document: the product over its required fields, over those with a value where none is
    required. What nobody asked for lowers it only where a check says that it contradicts a required field."""
    required = [field for field in fields if field.required]
    counted = required or [field for field in fields if field.value is not None]
    return round(prod(field.score for field in counted), 4)


def _candidates(sheet: Sheet, spec: FieldSpec) -> list[Candidate]:
    if spec.meaning in ISSUER:
        return sorted([*rank(sheet, spec), *map(_of_place, find_company(sheet))], key=lambda one: -one.score)
    if spec.meaning == "total":
        return rank_totals(sheet, rank(sheet, spec, 20), find_candidates(sheet, spec))
    ranked = rank(sheet, spec)
    if spec.meaning in ("date", "invoice_date", "issue_date") and spec.type == "date":
        return _with_unlabelled_dates(sheet, spec, ranked)
    return ranked


def _of_place(place: Place) -> Candidate:
    text = place.text
    return Candidate(
        place.cells[0], Found(0, 0, text, " ".join(text.split()), 0.9), place.score, HEAD, place.cells, place.sure
    )


def _with_unlabelled_dates(sheet: Sheet, spec: FieldSpec, ranked: list[Candidate]) -> list[Candidate]:
    """The date of a document often has no label: then the first good one counts, with a lower score."""
    known = {one.key for one in ranked}
    others = [one for one in find_candidates(sheet, spec) if one.key not in known]
    days = {one.found.normalised for one in [*ranked, *others]}
    base = 0.72 if len(days) == 1 else 0.5
    for place, one in enumerate(others):
        timed = 0.08 if _has_time(one.cell) else 0.0
        score = (base - 0.02 * min(place, 8) + timed) * one.found.quality**0.5
        if speaks_of(spec.unless, " ".join(cell.folded for cell in sheet.row_of(one.cell))):
            score *= OTHER_DATE
        ranked.append(Candidate(one.cell, one.found, round(score, 4), "a date"))
    if len(days) == 1:  # printed twice or alone: nothing else it could be
        ranked = [Candidate(one.cell, one.found, max(one.score, 0.9 * one.found.quality), one.why) for one in ranked]
    return sorted(ranked, key=lambda one: -one.score)


def _has_time(cell: Cell) -> bool:
    return ":" in cell.line.text


def _choose(found: Mapping[str, list[Candidate]], checks: Sequence[str]) -> dict[str, Candidate | None]:
    """Choose one candidate a field: the best, unless an equation confirms another combination."""
    chosen = {name: candidates[0] if candidates else None for name, candidates in found.items()}
    for rule in checks:
        involved = sorted(name for name in rules.names(rule) if found.get(name))
        if len(involved) < 2 or involved != sorted(rules.names(rule)):
            continue
        best, best_score = None, -1e9
        for combination in product(*(found[name][:KEPT] for name in involved)):
            values = {name: one.found.normalised for name, one in zip(involved, combination, strict=True)}
            score = sum(_log_odds(one.score) for one in combination)
            if rules.holds(rule, values) and len({one.key for one in combination}) == len(combination):
                score += CHECK_BONUS * len(involved)
            if score > best_score:
                best, best_score = combination, score
        if best is not None:
            chosen.update(zip(involved, best, strict=True))
    return chosen


def _log_odds(score: float) -> float:
    bounded = min(0.99, max(0.01, score))
    return log(bounded / (1 - bounded))


def _field(spec: FieldSpec, one: Candidate | None, others: list[Candidate], today: date | None) -> FieldValue:
    if one is None or one.score < LEAST:
        labels = ", ".join(spec.words[:3])
        reason = f"no value of this type near {labels}" if labels else "no value of this type was found"
        return FieldValue(name=spec.name, type=spec.type, reason=reason)
    rivals = [other.score for other in others if other.found.normalised != one.found.normalised]
    score = one.score * (1 - 0.35 * exp(-6 * max(0.0, one.score - max(rivals)))) if rivals else one.score
    again = any(other.found.normalised == one.found.normalised and other.key != one.key for other in others)
    score = one.sure or (1 - (1 - min(1.0, score)) ** SURER) * sure.value_letters(one, again=again)
    failed = [check for check in spec.checks if not _passes(check, one.found, spec, today)]
    return FieldValue(
        name=spec.name,
        type=spec.type,
        value=one.found.text,
        normalised=one.found.normalised,
        score=round(score * (0.5 if failed else 1.0), 4),
        evidence=around(one.cells, one.found.text) if one.cells else _exactly(one),
        reason=f"fails: {', '.join(failed)}" if failed else "",
    )


def _passes(check: str, found: Found, spec: FieldSpec, today: date | None) -> bool:
    if check == "positive":
        return (rules.number(found.normalised) or 0) > 0
    if check == "not_negative":
        return (rules.number(found.normalised) or 0) >= 0
    if check in ("past", "future"):
        now = (today or datetime.now(UTC).date()).isoformat()
        return found.normalised <= now if check == "past" else found.normalised >= now
    if spec.type == "iban":
        return found.quality >= 1.0
    if spec.type == "tax_number":
        return identifiers.check_tax_number(found.normalised)
    return True


def _company_cells(file: FieldsFile, chosen: Mapping[str, Candidate | None]) -> tuple[Cell, ...]:
    for spec in file.fields:
        one = chosen.get(spec.name)
        if spec.meaning in ISSUER and one is not None and one.score >= LEAST:
            return one.cells or (one.cell,)
    return ()


def _address(sheet: Sheet, spec: FieldSpec, company: tuple[Cell, ...]) -> FieldValue:
    labelled = rank(sheet, spec) if spec.labels else []
    place: Place | None
    if labelled:
        place = Place(labelled[0].found.text, (labelled[0].cell,), labelled[0].score)
    else:
        place = find_address(sheet, company)
    if place is None:
        return FieldValue(name=spec.name, type=spec.type, reason="no lines that look like an address")
    return FieldValue(
        name=spec.name,
        type=spec.type,
        value=place.text,
        normalised=" ".join(place.text.split()),
        score=place.sure or round(place.score, 4),
        evidence=around(place.cells, place.text),
    )


def _exactly(one: Candidate) -> Evidence:
    return evidence(one.cell.page, one.cell.line, one.found.start, one.found.end)


def checked(fields: Sequence[FieldValue], file: FieldsFile) -> tuple[FieldValue, ...]:
    """Raise the score of fields that an equation confirms, lower that of fields that contradict one."""
    values = {field.name: field.normalised for field in fields if field.type != "table"}
    printed = [field for field in fields if field.type == "table" and field.evidence and field.evidence.kind == "page"]
    tables = {field.name: rows_of(field) for field in printed}  # those of e-invoices are checked by their own rules
    right: set[str] = set()
    wrong: dict[str, str] = {}
    for rule in file.checks:
        result = rules.holds(rule, values, tables)
        if result is True and "=" in rule and "<" not in rule and ">" not in rule:
            right |= rules.names(rule)
        elif result is False:
            wrong |= dict.fromkeys(rules.names(rule), rule)
    out = []
    for field in fields:
        if field.name in wrong and field.name not in right:
            field = field.model_copy(
                update={"score": round(field.score * 0.5, 4), "reason": f"fails: {wrong[field.name]}"}
            )
        elif field.name in right and field.value is not None:
            field = field.model_copy(update={"score": round(1 - (1 - field.score) * 0.4, 4)})
        out.append(field)
    return tuple(out)
