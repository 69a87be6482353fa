"""Owners that are followed: what is told and what is in force are what a whole look at all rows gives."""

import random
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection

from core.db import app_database
from core.store import alarms, gate, labels, policies, standings
from metrics.certificates import alarm
from metrics.certificates.live import HALF_DAYS, HALF_ITEMS, Rules, closed, examine
from tests.workers.made import Shop
from workers import followed
from workers.certify import code_version, renew_certificates

SCORES = [(number * 37 % 100) / 100 for number in range(100)]
OWNERS = ("shop", "family:tests")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Owners all of whose rows were read."""
    whole: list[str] = []
    evidence = labels.evidence

    def counted(connection: Connection, owner: str, *rest: Any, **named: Any) -> object:
        if named.get("after") is None:
            whole.append(owner)
        return evidence(connection, owner, *rest, **named)

    monkeypatch.setattr(labels, "evidence", counted)
    monkeypatch.setattr(followed, "_followed", {})
    return whole


def renew(shop: Shop) -> None:
    shop.do(renew_certificates, "certificates.renew")


def told(connection: Connection, owner: str) -> dict[str, Any]:
    return next(dict(row["data"]) for row in standings.standings(connection) if row["agent"] == owner)


def agrees(shop: Shop) -> None:
    """Hold what stands of each owner to its rows."""
    for owner in OWNERS:
        with app_database().transaction(shop.tenant) as connection:
            now = datetime.now(UTC)
            said = told(connection, owner)
            fingerprint = next(row["fingerprint"] for row in standings.standings(connection) if row["agent"] == owner)
            halves = gate.half_lives(connection, owner, fingerprint, days=HALF_DAYS, items=HALF_ITEMS, now=now)
            audits = closed(labels.evidence(connection, owner, fingerprint, halves[-1]), now)
            rules = Rules(target=0.95, confidence=0.95, boundaries=tuple(halves))
            found = examine(audits, gate.first_scores(connection, owner, fingerprint, 100), rules)
            live = [one.threshold for one in policies.live_certificates(connection, owner)]
        assert live == [one for one in [found.threshold] if one is not None]
        choice = found.accuracy
        assert (said["threshold"], said["k"], said["n"]) == (choice.threshold, choice.k, choice.n)
        assert (said["audits"], said["audits_missing"]) == (len(audits), choice.audits_missing)
        assert said["missing"] == found.missing
        assert said["log_e"] == pytest.approx(choice.log_e)


def earned(shop: Shop) -> list[UUID]:
    audits = shop.run(SCORES * 10, [True] * 1_000)
    renew(shop)
    return audits


def test_a_new_audit_that_changes_nothing_is_counted_and_nothing_else_is_read(shop: Shop, read: list[str]) -> None:
    earned(shop)
    assert set(read) == set(OWNERS)
    read.clear()
    shop.run([0.9], [True], action="automate")
    renew(shop)
    assert read == []
    agrees(shop)


def test_a_corrected_word_takes_a_whole_look(shop: Shop, read: list[str]) -> None:
    audits = earned(shop)
    shop.run([0.9], [True])
    renew(shop)
    read.clear()
    shop.judge(audits[:1], [False])
    renew(shop)
    assert set(read) == set(OWNERS)
    agrees(shop)


def test_a_look_that_was_not_written_down_is_taken_again(
    shop: Shop, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    audits = earned(shop)
    shop.judge(audits[:1], [False])
    with monkeypatch.context() as broken:
        broken.delattr(standings, "set_standings")
        renew(shop)
    read.clear()
    renew(shop)
    assert set(read) == set(OWNERS)
    agrees(shop)


def test_the_alarm_rings_as_soon_as_in_a_whole_look(shop: Shop, read: list[str]) -> None:
    earned(shop)
    wave = [True, True, False]
    expected = next(n for n in range(1, 50) if alarm.listen(wave * n, [1.0] * 3 * n, 0.95).peak >= alarm.LEVEL)
    for number in range(1, expected + 1):
        with app_database().transaction(shop.tenant) as connection:
            assert alarms.newest(connection) == [], number
        shop.run([0.005] * 3, wave, action="automate")  # below the threshold: nothing else moves
        read.clear()
        renew(shop)
        assert bool(read) == (number == expected)
    with app_database().transaction(shop.tenant) as connection:
        assert {row["agent"] for row in alarms.newest(connection)} == set(OWNERS)
        assert policies.live_certificates(connection) == []


@pytest.mark.parametrize("seed", range(3))
def test_whatever_comes_the_owners_stand_as_all_rows_say(shop: Shop, read: list[str], seed: int) -> None:
    """Good and bad answers, judged in any order, some late, some corrected, held drafts that reviewers decide on."""
    chance = random.Random(seed)
    audits = earned(shop)
    waiting: list[UUID] = []
    spared = 0
    for _ in range(12):
        read.clear()
        scores = [chance.random() for _ in range(chance.randint(1, 6))]
        right: list[bool | None] = [chance.random() < 0.2 + s for s in scores]
        late = chance.random() < 0.3
        new = shop.run(scores, [None] * len(scores) if late else right, probability=chance.choice([0.5, 1.0]))
        waiting += new if late else []
        audits += new
        if chance.random() < 0.4:
            shop.judge(waiting, [chance.random() < 0.9 for _ in waiting])
            waiting = []
        if chance.random() < 0.2:
            shop.judge(chance.sample(audits[:1_000], 1), [False])
        if chance.random() < 0.3:
            shop.run(scores)
            decided = """UPDATE decisions SET review = 'approved', reviewed_by = 'mai',
                reviewed_at = clock_timestamp() - interval '2 minutes' WHERE review = 'open' AND NOT audited"""
            shop.sql(decided)
        renew(shop)
        spared += not read
        agrees(shop)
    assert spared


def test_no_certificate_names_words_that_say_something_else_than_the_verdicts_it_counted(
    shop: Shop, read: list[str]
) -> None:
    """So it is where a word comes between two readings; the next round sees both."""
    audits = shop.run(SCORES * 10, [True] * 1_000)
    shop.sql('UPDATE audits SET "right" = false WHERE id = :one', one=audits[0])
    renew(shop)
    with app_database().transaction(shop.tenant) as connection:
        assert policies.live_certificates(connection) == []
    shop.sql('UPDATE audits SET "right" = true')
    renew(shop)
    agrees(shop)
    assert set(read) == set(OWNERS)


def test_a_certificate_names_the_code_that_computed_it(shop: Shop, read: list[str]) -> None:
    earned(shop)
    with app_database().transaction(shop.tenant) as connection:
        named = {row["code_version"] for row in policies.list_certificates(connection)}
    assert named == {code_version()}
    assert read
    assert re.fullmatch(r"format \d+, [0-9a-f]{16}", code_version())


def test_once_an_hour_all_is_read_again(shop: Shop, read: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    earned(shop)
    read.clear()
    monkeypatch.setattr(followed, "FOR", -followed.FOR)
    renew_one(shop)
    assert read == []  # kept until then
    monkeypatch.setattr(followed, "_followed", {})
    renew_one(shop)
    assert set(read) == set(OWNERS)
    read.clear()
    renew_one(shop)
    assert set(read) == set(OWNERS)


def renew_one(shop: Shop) -> None:
    shop.run([0.9], [True])
    renew(shop)
