"""A changed agent over past tickets: what would change is told beforehand, and nothing is recorded or sent."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from core.errors import Rejected
from core.store import reviews
from tests.journeys.line import Line
from tests.journeys.test_line import submit, ticket
from workers.preview import preview
from workers.resources import workshop

LONG_AGO = datetime.now(UTC) - timedelta(days=30)


def test_a_changed_answer_is_shown_beside_the_old_one(line: Line, agents_folder: Path) -> None:
    opening, parcel = submit(line, "When do you open?"), submit(line, "Where is my parcel?")
    line.drain()
    for one in (opening, parcel):
        decision = UUID(str(ticket(line, one)["decision"]))
        with line.database.transaction(line.tenant) as connection:
            reviews.approve(connection, line.tenant, decision, by="mai", at=datetime.now(UTC), undo_seconds=0)
    line.drain()
    answers = agents_folder / "shop" / "answers.md"
    before = answers.read_text()
    runs = line.count("SELECT count(*) FROM runs")
    try:
        answers.write_text(before.replace("Parcels take two to four days.", "Parcels take a week."))
        workshop.cache_clear()
        pairs = {one.ticket_id: one for one in preview(line.tenant, "shop", LONG_AGO, 100)}
    finally:
        answers.write_text(before)
        workshop.cache_clear()
    same, changed = pairs[opening], pairs[parcel]
    assert (same.same, same.old_right, same.new_right) == (True, True, True)
    assert (changed.same, changed.old_right, changed.new_right) == (False, True, None)
    assert "a week" in changed.new.reply and "two to four" in str(changed.old["reply"])
    assert line.count("SELECT count(*) FROM runs") == runs


def test_an_agent_that_is_not_there_is_told(line: Line) -> None:
    workshop.cache_clear()
    with pytest.raises(Rejected):
        preview(line.tenant, "nobody", LONG_AGO, 10)
    workshop.cache_clear()
