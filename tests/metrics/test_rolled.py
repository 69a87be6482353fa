"""The fold in DuckDB adds up to what the fold in Python adds up to, item by item."""

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings

from core.events import Event
from core.rollups import DELIMITER, KINDS, Rolled
from metrics.contribution import rolled
from metrics.fold import fold
from metrics.rolled import Rolling
from metrics.rolled_up import mark_repeats
from tests.metrics.histories import START, event, logs, received
from tests.metrics.test_report import READ, document


def line(number: int, event: Event) -> str:
    """An event as PostgreSQL writes it out."""
    at = event.at.strftime("%Y-%m-%d %H:%M:%S.%f")
    item, run, number_of = event.document_id or event.ticket_id, event.run_id or "", f"{number:032x}"
    return DELIMITER.join([str(item), event.kind, at, str(run), number_of, json.dumps(event.data)])


def roll(log: Iterable[Event], now: datetime, zone: str, *, documents: bool = False) -> tuple[list[Rolled], set[UUID]]:
    """Fold a log in DuckDB. Returns the items, and those whose customers came back."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "log"
        kept = (e for e in log if e.kind in KINDS)
        file.write_text("".join(line(i, e) + "\n" for i, e in enumerate(sorted(kept, key=lambda e: e.at))))
        with Rolling(now, zone, folder=Path(folder)) as rolling:
            rolling.take(file, documents=documents)
            return list(rolling.items()), set(mark_repeats(rolling))


def plain(items: Sequence[Rolled]) -> list[Rolled]:
    """Items without their zeros, by id."""
    slim = [
        one._replace(
            counts={k: v for k, v in one.counts.items() if v}, lasting={k: v for k, v in one.lasting.items() if v}
        )
        for one in items
    ]
    return sorted(slim, key=lambda one: one.id)


def apart(number: int, log: Iterable[Event]) -> Iterator[Event]:
    """A log whose tickets, runs and customers are no other log's."""
    for e in log:
        ids = {
            "ticket_id": e.ticket_id and UUID(int=number << 64 | e.ticket_id.int),
            "run_id": e.run_id and UUID(int=number << 64 | e.run_id.int),
        }
        data = e.data | {"customer": f"{e.data['customer']}{number}"} if e.data.get("customer") else e.data
        yield e.model_copy(update=ids | {"data": data})


def generated(count: int) -> list[Event]:
    """One log of so many generated ones."""
    many: list[Event] = []
    numbers = itertools.count(1)

    @settings(max_examples=count, deadline=None, phases=[Phase.generate], database=None)
    @given(logs())
    def gather(log: list[Event]) -> None:
        many.extend(apart(next(numbers), log))

    gather()
    return many


def both_folds_agree(log: list[Event], days: int, zone: str) -> int:
    """Compare what each ticket adds in both folds, and whose customers came back. Returns how many tickets."""
    now = START + timedelta(days=days)
    found, back = roll(log, now, zone)
    facts = fold(log)
    truth = plain(rolled(facts, now, ZoneInfo(zone)))
    for mine, theirs in zip(plain(found), truth, strict=True):
        assert mine == theirs
    assert back == {ticket.id for ticket in facts.tickets if ticket.repeated}
    return len(truth)


@pytest.mark.parametrize(("days", "zone"), [(10, "UTC"), (25, "Asia/Ho_Chi_Minh"), (400, "America/New_York")])
def test_each_item_of_many_histories_adds_what_the_fold_in_python_says(days: int, zone: str) -> None:
    assert both_folds_agree(generated(150), days, zone) > 150


def test_documents_add_what_the_fold_in_python_says() -> None:
    log = [*document(1, *READ), *document(2), *document(3, *READ[:-1])]
    for days in (1, 9):
        now = START + timedelta(days=days)
        found, _ = roll(log, now, "UTC", documents=True)
        assert plain(found) == plain(rolled(fold(log), now, UTC))


def test_wrong_fields_are_counted_by_both_folds() -> None:
    judged = {"right": False, "fields": 8, "wrong_fields": ["total", "date"]}
    log = [
        *received_and_sent(1, {"right": True, "fields": 8}),
        *received_and_sent(2, judged),
        *received_and_sent(3, {"right": False}),
    ]
    now = START + timedelta(days=9)
    found, _ = roll(log, now, "UTC")
    assert plain(found) == plain(rolled(fold(log), now, UTC))
    assert sum(one.counts.get("field_k", 0) for one in found) == 14
    assert sum(one.counts.get("field_n", 0) for one in found) == 16


def received_and_sent(ticket: int, judgement: dict[str, Any]) -> list[Event]:
    """A ticket that an agent answered unseen and whose audit was judged."""
    return [
        received(ticket),
        event("run.recorded", 0.1, ticket, agent="cards", version="1", proposal="reply"),
        event("decision.recorded", 0.2, ticket, action="automate", audited=True, audit_probability=0.2),
        event("delivery.sent", 0.3, ticket, effect="reply", by="agent"),
        event("audit.judged", 5, ticket, **judgement),
    ]
