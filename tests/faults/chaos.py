"""Killing what carries the work, while it is carried: shared by the short journey and the long fault test."""

import random
import time
from datetime import UTC, datetime
from typing import NamedTuple

from core.store import intake
from core.store.intake import NewTicket
from tests.journeys.line import Line
from tests.journeys.test_line import certify, submit, ticket

QUESTIONS = ("When do you open?", "Where is my parcel, it is late", "I lost my card", "Are you open on Sunday?")


class Damage(NamedTuple):
    """What was done and what came of it."""

    accepted: int
    recorded: int
    answered: int
    sent_twice: int
    mails: int
    dead: int


def run_chaos(line: Line, *, tickets: int, kills: int, wipes: int, seconds: float) -> Damage:
    """Send tickets through a certified line while its workers are killed and its broker is emptied."""
    probe = submit(line, QUESTIONS[0], address="c0@example.com")
    line.drain()
    certify(line, str(ticket(line, probe)["family_fingerprint"]))
    time.sleep(1.2)
    for batch in range(0, tickets, 100):
        with line.database.transaction(line.tenant) as connection:
            for number in range(batch, min(batch + 100, tickets)):
                new = NewTicket(
                    text=f"{QUESTIONS[number % len(QUESTIONS)]} (number {number})",
                    received_at=datetime.now(UTC),
                    customer_address=f"c{number}@example.com",
                    customer_verified=True,
                )
                intake.add_ticket(connection, line.tenant, new)
    blows = ["kill"] * kills + ["wipe"] * wipes
    random.Random(7).shuffle(blows)
    for blow in blows:
        # A blow only hurts when work is under way.
        done = line.count("SELECT count(*) FROM runs")
        line.wait(lambda done=done: line.count("SELECT count(*) FROM runs") > done, seconds, "work under way")  # type: ignore[misc] # mypy cannot infer a lambda's default
        if blow == "wipe":
            line.broker.flushall()
        else:
            line.kill("tickets")
            line.start("tickets")
    line.drain(seconds)
    return Damage(
        accepted=tickets + 1,
        recorded=line.count("SELECT count(DISTINCT work_item_id) FROM runs"),
        answered=line.count("SELECT count(DISTINCT ticket_id) FROM messages WHERE author = 'agent'"),
        sent_twice=line.count(
            """SELECT count(*) FROM
               (SELECT 1 FROM messages WHERE author = 'agent' GROUP BY ticket_id HAVING count(*) > 1) x"""
        ),
        mails=len(list((line.home / "outbox").glob("*.eml"))),
        dead=line.count("SELECT count(*) FROM outbox WHERE state = 'dead'"),
    )
