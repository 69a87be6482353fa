"""Certificates of single fields: which of the values that a processor reads are right so often, at which score.

They let nothing out. A document goes straight through by the certificate of the whole document alone, whose score is
the product over the fields that it needs: that one speaks of all of them together. Fields certified each could not
replace it, not even each at alpha divided by their number: among the documents in which *all* fields score high, one
field's errors may be more frequent than among all in which that field does. What they are for: a reviewer sees which
values of a held document are of the certified kind, and which ones hold it.

The fields share one allowed error in equal parts (Bonferroni), besides that of the document's own certificate, so at
any moment the chance that any field's certificate in force is false is at most 1 - confidence. Their number is that of
the first document's fields, known before any verdict. The statement is over all documents of the processor; held ones
are the harder part of them.

Assumes: as `certify`; a field without a value is no statement, and so is not counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.contracts import FIELD
from metrics.certificates.certify import PLAN_RUNS
from metrics.certificates.live import Audit, Rules, examine
from metrics.certificates.slices import Stand

FIRST_DOCUMENTS = 1_000  # among these are the first values of a field, which fix its levels

Judged = Mapping[str, Mapping[str, tuple[float, bool]]]  # by audit and field: its score, and whether it is right


def of_field(audits: Sequence[Audit], judged: Judged, name: str) -> list[Audit]:
    """The audits of documents with a value of a field, with that value's score and verdict."""
    found = []
    for audit in audits:
        if name in judged.get(audit.id, {}):
            score, right = judged[audit.id][name]
            found.append(audit._replace(score=score, right=right, critical=False))
    return found


def scores_of_field(first: Sequence[Mapping[str, float | None]], name: str) -> list[float]:
    """The first values' scores (N,), at most as many as fix the levels."""
    known = (one.get(name) for one in first[:FIRST_DOCUMENTS])
    return [score for score in known if score is not None][:PLAN_RUNS]


def stand_fields(
    audits: Sequence[Audit], judged: Judged, first: Sequence[Mapping[str, float | None]], rules: Rules
) -> list[Stand]:
    """How each field of a processor stands; audits in the order drawn; first: the first documents' scores by field.

    `rules` are those of the whole document; each field has an equal part of one allowed error."""
    names = sorted(first[0]) if first else []
    found = []
    for name in names:
        its = replace(rules, part=1 / len(names), slice=FIELD + name, first_look=None, critical_target=None)
        own, population = of_field(audits, judged, name), scores_of_field(first, name)
        one = examine(own, population, its)
        found.append(Stand(its, own, population, one, one.threshold is not None, one.missing))
    return found
