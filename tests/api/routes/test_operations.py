"""Dead letters, health and gauges."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from api import figures
from core.db import app_database, system_database
from core.events import Event
from core.store import events, tenants
from core.store.rollup_items import Asked
from core.store.sql import execute, scalar
from metrics.behind import behind
from tests.api import made
from tests.api.conftest import Desk
from workers.rollup import catch_up


def kill(desk: Desk, ticket_id: UUID) -> str:
    """Make the ticket's job a dead letter and return its id."""
    with app_database().transaction(desk.tenant_id) as connection:
        found = scalar(
            connection,
            """UPDATE outbox SET state = 'dead', error = 'Broken: no model', finished_at = clock_timestamp()
               WHERE subject_id = (SELECT id FROM work_items WHERE ticket_id = :id) RETURNING id""",
            id=ticket_id,
        )
    return str(found)


def test_a_dead_letter_is_shown_and_replayed(desk: Desk) -> None:
    client = desk.client("ops")
    ticket_id = made.ticket(desk.tenant_id, subject="Broken one")
    job = kill(desk, ticket_id)
    letter = client.get("/v1/dead-letters").json()["dead_letters"][0]
    assert (letter["id"], letter["ticket_id"], letter["subject"]) == (job, str(ticket_id), "Broken one")
    assert client.post(f"/v1/dead-letters/{job}/replay").json() == {"replayed": 1}
    assert client.post(f"/v1/dead-letters/{job}/replay").status_code == 404
    assert client.get("/v1/dead-letters").json() == {"dead_letters": []}


def test_all_dead_letters_are_replayed_at_once(desk: Desk) -> None:
    for _ in range(3):
        kill(desk, made.ticket(desk.tenant_id))
    assert desk.client("ops").post("/v1/dead-letters/replay").json() == {"replayed": 3}


def test_what_is_no_dead_letter_is_not_found(desk: Desk) -> None:
    assert desk.client("ops").post(f"/v1/dead-letters/{uuid4()}/replay").status_code == 404


def test_health_looks_at_progress_not_at_a_port(desk: Desk) -> None:
    client = desk.client()
    del client.headers["authorization"]
    assert client.get("/healthz").json() == {"status": "up"}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["detail"].split(" in")[0]) == (503, "no progress from relay, schedule")
    with system_database().transaction() as connection:
        for name in ("relay", "schedule"):
            tenants.beat(connection, name, {})
    assert client.get("/readyz").status_code == 200
    with system_database().transaction() as connection:
        execute(connection, "UPDATE heartbeats SET at = at - interval '1 minute' WHERE name = 'relay'")
    assert "relay" in client.get("/readyz").json()["detail"]


def test_gauges_are_computed_when_they_are_asked_for(desk: Desk) -> None:
    kill(desk, made.ticket(desk.tenant_id))
    made.held(desk.tenant_id)
    text = desk.client("ops").get("/metrics").text
    assert 'saola_dead_letters{queue="tickets"} 1.0' in text
    assert 'saola_tickets{attention="review",state="open"}' in text
    assert 'saola_decisions{action="hold"}' in text
    assert "saola_paused 0.0" in text


def test_figures_that_are_not_known_have_no_sample(desk: Desk) -> None:
    made.held(desk.tenant_id)
    catch_up(desk.tenant_id)
    figures._kept.clear()
    text = desk.client("ops").get("/metrics").text
    assert 'saola_figure{figure="agents_in_service"} 1.0' in text
    assert 'saola_figure{figure="accuracy"}' not in text
    assert 'saola_figure_n{figure="accuracy"} 0.0' in text
    assert 'saola_waterfall_tickets{stage="received"} 0.0' in text


def test_calls_of_models_that_failed_are_told_by_provider_and_model(desk: Desk) -> None:
    ticket_id = made.ticket(desk.tenant_id)
    told = [
        ("run.recorded", {"agent": "shop", "answered": {"a:one": 6, "b:two": 1}, "failed": {"a:one": 1}}),
        ("item.failed", {"error": "TryLater", "failed": {"a:one": 2}}),
    ]
    with app_database().transaction(desk.tenant_id) as connection:
        for kind, data in told:
            run = uuid4() if kind == "run.recorded" else None
            about = {"tenant_id": desk.tenant_id, "ticket_id": ticket_id, "run_id": run}
            events.append(
                connection, Event.model_validate({"kind": kind, "at": datetime.now(UTC), "data": data, **about})
            )
    catch_up(desk.tenant_id)
    figures._kept.clear()
    client = desk.client("ops")
    report = client.get("/v1/metrics/report").json()
    found = {one["model"]: (one["provider"], one["calls"], one["errors"]["k"]) for one in report["calls"]}
    assert found == {"a:one": ("a", 9, 3), "b:two": ("b", 1, 0)}
    whole = client.get("/v1/metrics/provider_errors").json()["estimate"]
    assert (whole["k"], whole["n"], whole["value"]) == (3, 10, 0.3)
    one = behind("provider_errors")
    with app_database().transaction(desk.tenant_id) as connection:
        wanted = figures.Wanted(desk.tenant_id, *figures.period(None, None), None, None)
        asked = Asked(one.item, one.of, one.hit, "hit")
        rows = figures.behind_figure(connection, wanted, asked, None, 9)
    assert [row["id"] for row in rows] == [ticket_id]
    text = client.get("/metrics").text
    assert 'saola_model_calls{ended="failed",model="a:one",provider="a"} 3.0' in text
    assert 'saola_figure{figure="provider_errors"} 0.3' in text
