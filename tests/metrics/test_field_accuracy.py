"""Field accuracy counts fields, document accuracy whole documents: one wrong field of ten is not the same in both."""

from typing import Any

import pytest

from core.events import Event
from metrics import accuracy, field_accuracy
from metrics.cohort import cohort
from metrics.fold import fold
from metrics.sums import Sums, split_sums, sums_of
from tests.metrics.histories import START
from tests.metrics.test_pitfalls import LATER
from tests.metrics.test_report import READ, document


def judged(number: int, wrong: int, probability: float = 1.0, **more: Any) -> list[Event]:
    """A document that went on unseen, of whose ten fields so many were judged wrong."""
    decided = ("decision.recorded", {"action": "automate", "audited": True, "audit_probability": probability})
    named = {"fields": 10, "wrong_fields": [f"f{i}" for i in range(wrong)], **more}
    return document(number, *READ[:2], decided, READ[3], ("audit.judged", {"right": not wrong, **named}))


def sums(*log: Event) -> Sums:
    return sums_of(cohort(fold(log), since=START, until=LATER, now=LATER))


def test_one_wrong_field_makes_a_document_wrong_and_one_field_in_ten() -> None:
    found = sums(*(e for i in range(40) for e in judged(i, int(i < 4))))
    assert accuracy.documents(found).value == 0.9
    fields = field_accuracy.estimate(found)
    assert (fields.k, fields.n) == (396, 400)
    assert fields.value == pytest.approx(0.99)
    assert fields.low is not None and fields.low < 0.99 < (fields.high or 0) <= 1


def test_each_document_is_weighed_by_its_audit_probability() -> None:
    found = sums(*judged(1, 10, 0.1), *judged(2, 0, 1.0))
    assert field_accuracy.estimate(found).value == pytest.approx(10 / 110)


def test_where_no_field_is_wrong_the_interval_is_that_of_whole_documents() -> None:
    fields = field_accuracy.estimate(sums(*(e for i in range(20) for e in judged(i, 0))))
    assert (fields.value, fields.high) == (1.0, 1.0)
    assert fields.low == pytest.approx(0.8316, abs=1e-4)  # 20 of 20, not 200 of 200


def test_a_judgement_that_names_no_field_says_nothing_of_fields() -> None:
    assert field_accuracy.estimate(sums(*document(1, *READ))).missing.startswith("audits of documents that say")


def test_documents_are_told_apart_by_type_and_source() -> None:
    log = [
        *document(1, ("item.routed", {"intent": "receipt"}), *READ[1:]),
        *(e.model_copy(update={"data": {**e.data, "channel": "email", "media_type": "image/png"}})
          if e.kind == "document.received" else e for e in judged(2, 1)),
    ]  # fmt: skip
    whole = cohort(fold(log), since=START, until=LATER, now=LATER)
    assert {v: s.documents["items"] for v, s in split_sums(whole, "type").items()} == {"invoice": 1, "receipt": 1}
    assert set(split_sums(whole, "source")) == {"", "email image/png"}
