"""An agent's knowledge folder through the line: indexed by a job, quoted by runs, changed and deleted for good."""

import os
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from core.store.sql import maybe_row
from tests.journeys.line import Line, write_agent
from tests.journeys.test_line import submit
from workers.schedule import Schedule

ASKED = ["how do I clean my kettle", "lime in the kettle", "how often must I descale it", "what removes lime scale"]
OTHERS = ["When do you open?", "What are your opening hours?", "Are you open today?", "until when are you open"]


@pytest.fixture(scope="module")
def agents_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One agent, which answers one intent with a passage of its knowledge."""
    folder = tmp_path_factory.mktemp("agents")
    write_agent(folder, "care", {"cleaning": (ASKED, "{knowledge.passage}"), "hours": (OTHERS, "From nine to five.")})
    knowledge = folder / "care" / "knowledge"
    knowledge.mkdir()
    (knowledge / "kettle.md").write_text("# Kettles\nBoil water with vinegar in it to remove lime.")
    (knowledge / "secret.md").write_text("# Opening hours\nThe silver shop opens at nine.")
    return folder


def proposal(line: Line, ticket_id: UUID) -> dict[str, Any]:
    with line.database.transaction(line.tenant) as connection:
        row = maybe_row(
            connection,
            """SELECT r.proposal FROM runs r JOIN work_items w ON w.id = r.work_item_id WHERE w.ticket_id = :id
               ORDER BY r.created_at DESC""",
            id=ticket_id,
        )
    assert row is not None
    return dict(row["proposal"])


def test_what_the_folder_says_is_quoted_until_it_says_otherwise(line: Line, agents_folder: Path) -> None:
    line.run("knowledge.index")
    line.drain()
    first = submit(line, "how do I get lime out of my kettle?")
    line.drain()
    found = proposal(line, first)
    assert found["reply"] == "Boil water with vinegar in it to remove lime."
    assert found["sources"][1] == {
        "kind": "article",
        "id": "kettle.md",
        "title": "Kettles",
        "quote": "Boil water with vinegar in it to remove lime.",
    }

    knowledge = agents_folder / "care" / "knowledge"
    (knowledge / "kettle.md").write_text("# Kettles\nUse citric acid, never vinegar.")
    os.utime(knowledge / "kettle.md", ns=(time.time_ns(), time.time_ns() + 5_000_000))
    (knowledge / "secret.md").unlink()
    line.run("knowledge.index", generation=1)
    line.drain()
    time.sleep(2.1)  # workers look at their folders every two seconds
    second = submit(line, "how do I get lime out of my kettle?")
    line.drain()
    after = proposal(line, second)
    assert after["reply"] == "Use citric acid, never vinegar."
    assert after["fingerprint"] != found["fingerprint"]
    assert line.count("SELECT count(*) FROM classifiers WHERE kind = 'knowledge/care' AND blob <> ''") == 1
    silver = "SELECT count(*) FROM classifiers WHERE position(convert_to('silver', 'UTF8') IN blob) > 0"
    assert line.count(silver) == 0


def test_a_run_waits_until_the_knowledge_is_indexed(line: Line) -> None:
    ticket_id = submit(line, "what removes lime scale from a kettle?")
    tried = "SELECT count(*) FROM outbox WHERE task = 'item.work' AND error LIKE '%being indexed%'"
    line.wait(lambda: line.count(tried) == 1, 30, "the run is put off")
    line.run("knowledge.index")
    line.drain()
    assert "citric acid" in proposal(line, ticket_id)["reply"]


def test_a_folder_that_is_gone_is_gone_from_the_database(line: Line, agents_folder: Path) -> None:
    line.run("knowledge.index")
    line.drain()
    stored = "SELECT count(*) FROM classifiers WHERE kind = 'knowledge/care' AND blob <> ''"
    assert line.count(stored) == 1
    (agents_folder / "care" / "knowledge").rename(agents_folder.parent / "taken-away")
    Schedule().step(time.time())
    line.wait(lambda: line.count(stored) == 0, 30, "the schedule has the stored passages let go")
    assert line.count("SELECT count(*) FROM classifiers WHERE kind = 'knowledge/care' AND state = 'serving'") == 0
