"""What certificates and alarms are computed from, and what is known of each agent's way there. One agent or family
("family:NAME") at one fingerprint is called an owner here."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.store.labels import owner_columns
from core.store.sql import execute, maybe_row, plain_rows, rows, scalar


def one_at_a_time(connection: Connection, tenant_id: UUID, owner: str) -> None:
    """Wait until nobody else looks at this owner; until the transaction ends nobody will."""
    execute(connection, "SELECT pg_advisory_xact_lock(hashtextextended(:key, 2))", key=f"gate:{tenant_id}:{owner}")


def all_at_a_time(connection: Connection, tenant_id: UUID, owners: Sequence[str]) -> None:
    """Wait until nobody else looks at any of these owners, as `one_at_a_time` does for one."""
    keys = [f"gate:{tenant_id}:{owner}" for owner in sorted(owners)]
    sql = "SELECT pg_advisory_xact_lock(hashtextextended(key, 2)) FROM unnest(CAST(:keys AS text[])) AS o (key)"
    execute(connection, sql, keys=keys)


def has_verdict(connection: Connection, owner: str, fingerprint: str | None) -> bool:
    """Return whether any of an owner's audits is judged, or any of its held drafts decided on: at any fingerprint that
    it had, or at one."""
    name, column, plain = owner_columns(owner)
    return bool(
        scalar(
            connection,
            f"""SELECT EXISTS (SELECT 1 FROM audits
                WHERE {name} = :plain AND {column} = coalesce(:fingerprint, {column}) AND state = 'judged')
                OR EXISTS (SELECT 1 FROM runs r JOIN decisions d ON d.run_id = r.id
                WHERE r.{name} = :plain AND r.{column} = coalesce(:fingerprint, r.{column}) AND NOT r.shadow
                  AND d.review IN ('approved', 'edited', 'rejected', 'taken_over'))""",
            plain=plain,
            fingerprint=fingerprint,
        )
    )


def first_scores(connection: Connection, owner: str, fingerprint: str, count: int) -> list[float]:
    """Return the scores of an owner's first runs: they fix the levels that are tested."""
    _, column, _ = owner_columns(owner)
    found = plain_rows(
        connection,
        f"SELECT score FROM runs WHERE {column} = :fingerprint AND kind <> 'abstain' ORDER BY id LIMIT :count",
        fingerprint=fingerprint,
        count=count,
    )
    return [float(score) for (score,) in found]


def first_runs(connection: Connection, owner: str, fingerprint: str, count: int) -> list[tuple[str, float]]:
    """Return intent and score of an owner's first runs: they fix the levels that are tested, and declare the intents
    that may be certified each."""
    _, column, _ = owner_columns(owner)
    found = plain_rows(
        connection,
        f"""SELECT intent, score FROM runs WHERE {column} = :fingerprint AND kind <> 'abstain'
            ORDER BY id LIMIT :count""",
        fingerprint=fingerprint,
        count=count,
    )
    return [(intent, float(score)) for intent, score in found]


def first_fields(connection: Connection, fingerprint: str, count: int) -> list[dict[str, float | None]]:
    """Return the scores of each field of a processor's first documents, by name; None where it has no value."""
    found = rows(
        connection,
        """SELECT (SELECT jsonb_object_agg(f ->> 'name', CASE WHEN f ->> 'value' IS NOT NULL THEN f -> 'score' END)
                   FROM jsonb_array_elements(proposal -> 'fields') f) AS fields
           FROM runs WHERE fingerprint = :fingerprint AND kind = 'fields' ORDER BY id LIMIT :count""",
        fingerprint=fingerprint,
        count=count,
    )
    return [row["fields"] or {} for row in found]


def recent_scores(connection: Connection, owner: str, fingerprint: str, days: int, most: int = 20_000) -> list[float]:
    """Return the scores of an owner's newest runs of some days, oldest first."""
    _, column, _ = owner_columns(owner)
    found = plain_rows(
        connection,
        f"""SELECT score FROM (SELECT id, score FROM runs WHERE {column} = :fingerprint AND kind <> 'abstain'
                AND created_at > clock_timestamp() - make_interval(days => :days) ORDER BY id DESC LIMIT :most) newest
            ORDER BY id""",
        fingerprint=fingerprint,
        days=days,
        most=most,
    )
    return [float(score) for (score,) in found]


def input_mix(
    connection: Connection, owner: str, fingerprint: str, since: datetime, until: datetime, most: int
) -> dict[str, dict[str, int]]:
    """Count what an owner's items of [since, until) were, by intent, language and channel: of at most so many runs
    drawn at random; a ticket of several messages counts once."""
    _, column, _ = owner_columns(owner)
    found = plain_rows(
        connection,
        f"""WITH items AS (SELECT DISTINCT ON (coalesce(w.ticket_id, w.document_id)) r.intent, r.language,
                coalesce(t.channel, 'document') AS channel
            FROM (SELECT work_item_id, intent, language FROM runs
                  WHERE {column} = :fingerprint AND created_at >= :since AND created_at < :until
                  ORDER BY right(id::text, 12) LIMIT :most) r
            JOIN work_items w ON w.id = r.work_item_id LEFT JOIN tickets t ON t.id = w.ticket_id)
            SELECT 'intent', intent, count(*) FROM items GROUP BY intent
            UNION ALL SELECT 'language', language, count(*) FROM items GROUP BY language
            UNION ALL SELECT 'channel', channel, count(*) FROM items GROUP BY channel""",
        fingerprint=fingerprint,
        since=since,
        until=until,
        most=most,
    )
    mixes: dict[str, dict[str, int]] = {"intent": {}, "language": {}, "channel": {}}
    for mix, kind, items in found:
        mixes[mix][kind] = items
    return mixes


def newest_since(connection: Connection, owner: str, fingerprint: str, since: datetime, least: int) -> datetime:
    """Return when an owner's newest runs began: those since a time, or more where these are too few."""
    _, column, _ = owner_columns(owner)
    found = scalar(
        connection,
        f"""SELECT min(created_at) FROM (SELECT created_at FROM runs WHERE {column} = :fingerprint
            ORDER BY created_at DESC LIMIT :least) newest""",
        fingerprint=fingerprint,
        least=least,
    )
    return since if found is None else min(since, found)


def half_lives(
    connection: Connection, owner: str, fingerprint: str, *, days: timedelta, items: int, now: datetime
) -> list[datetime]:
    """Return when each half life of an owner's evidence began: at its first run, or anew at its latest alarm, and then
    each time after so many days or runs, whichever was first."""
    _, column, _ = owner_columns(owner)
    begun = scalar(
        connection,
        f"""SELECT greatest((SELECT min(created_at) FROM runs WHERE {column} = :fingerprint),
                (SELECT max(at) FROM alarms
                 WHERE agent = :owner AND fingerprint = :fingerprint AND kind = 'accuracy'))""",
        fingerprint=fingerprint,
        owner=owner,
    )
    found = [begun] if begun else []
    while found:
        full = scalar(
            connection,
            f"""SELECT created_at FROM runs WHERE {column} = :fingerprint AND created_at > :begun
                ORDER BY created_at OFFSET :items LIMIT 1""",
            fingerprint=fingerprint,
            begun=found[-1],
            items=items - 1,
        )
        ends = found[-1] + days if full is None else min(found[-1] + days, full)
        if ends > now:
            break
        found.append(ends)
    return found


def has_rung(connection: Connection, owner: str, fingerprint: str) -> bool:
    """Return whether an owner's accuracy alarm ever rang at this fingerprint."""
    return bool(
        scalar(
            connection,
            """SELECT EXISTS (SELECT 1 FROM alarms
               WHERE agent = :owner AND fingerprint = :fingerprint AND kind = 'accuracy')""",
            owner=owner,
            fingerprint=fingerprint,
        )
    )


def share_at_or_above(
    connection: Connection, owner: str, fingerprint: str, threshold: float, intent: str | None = None
) -> float:
    """Return which part of an owner's runs of the last 30 days scored a threshold or more, of one intent or of all."""
    _, column, _ = owner_columns(owner)
    found = scalar(
        connection,
        f"""SELECT avg((score >= :threshold AND (CAST(:intent AS text) IS NULL OR intent = :intent))::int)
            FROM runs WHERE {column} = :fingerprint AND kind <> 'abstain'
                AND created_at > clock_timestamp() - interval '30 days'""",
        fingerprint=fingerprint,
        threshold=threshold,
        intent=intent,
    )
    return float(found or 0.0)


def sent_by_probability(
    connection: Connection, since: datetime, until: datetime, agent: str | None = None
) -> Sequence[RowMapping]:
    """Return for each agent and audit probability how many automated runs were recorded in [since, until), and when.

    Shadow runs are left out: nothing of theirs was sent.
    """
    return rows(
        connection,
        """SELECT r.agent, d.audit_probability AS probability, count(*) AS sent
           FROM decisions d JOIN runs r ON r.id = d.run_id
           WHERE d.action = 'automate' AND NOT r.shadow AND d.created_at >= :since AND d.created_at < :until
             AND (CAST(:agent AS text) IS NULL OR r.agent = :agent)
           GROUP BY r.agent, d.audit_probability ORDER BY r.agent, 2""",
        since=since,
        until=until,
        agent=agent,
    )


def audits_of_sent(
    connection: Connection, since: datetime, until: datetime, agent: str | None = None
) -> Sequence[RowMapping]:
    """Return the audits of automated runs recorded in [since, until), in the order drawn: agent, probability, state,
    right, critical, due_at, simulated."""
    return rows(
        connection,
        """SELECT r.agent, a.probability, a.state, a."right", a.critical, a.due_at, a.simulated
           FROM audits a JOIN decisions d ON d.run_id = a.run_id JOIN runs r ON r.id = a.run_id
           WHERE d.action = 'automate' AND NOT r.shadow AND d.created_at >= :since AND d.created_at < :until
             AND (CAST(:agent AS text) IS NULL OR r.agent = :agent)
           ORDER BY a.id""",
        since=since,
        until=until,
        agent=agent,
    )


# Reasons that a threshold or the owner's settings make; any other rule holds a run at every threshold.
_BY_CHOICE = [
    "certified",
    "certified_family",
    "certified_inherited",
    "no_certificate",
    "certificate_too_low",
    "critical_uncertified",
    "score_below_threshold",
    "paused",
    "tier_shadow",
    "tier_assisted",
    "agent_off",
]


def runs_with_rules(
    connection: Connection, owner: str, fingerprint: str, days: int, most: int = 50_000
) -> Sequence[RowMapping]:
    """Return an owner's newest runs of some days: id, score, and `by_rule`: whether the gate holds it at any threshold
    or there was no draft."""
    _, column, _ = owner_columns(owner)
    return rows(
        connection,
        f"""SELECT r.id, r.score, r.kind = 'abstain' OR EXISTS (SELECT 1 FROM jsonb_array_elements(d.reasons) reason
                WHERE NOT reason ->> 'code' = ANY(:by_choice)) AS by_rule
            FROM runs r JOIN decisions d ON d.run_id = r.id
            WHERE r.{column} = :fingerprint AND r.created_at > clock_timestamp() - make_interval(days => :days)
            ORDER BY r.id DESC LIMIT :most""",
        by_choice=_BY_CHOICE,
        fingerprint=fingerprint,
        days=days,
        most=most,
    )


def judged_per_day(connection: Connection, owner: str) -> float:
    """Return how many of an owner's audits were judged a day, as a mean over 7 days."""
    name, _, plain = owner_columns(owner)
    found = scalar(
        connection,
        f"""SELECT count(*) FROM audits WHERE {name} = :plain
                AND judged_at > clock_timestamp() - interval '7 days'""",
        plain=plain,
    )
    return int(found or 0) / 7


def complete_until(connection: Connection, since: datetime, until: datetime, agent: str | None = None) -> datetime:
    """Return up to when, within [since, until), every audit of what was sent is judged or overdue."""
    found = scalar(
        connection,
        """SELECT min(d.created_at) FROM audits a JOIN decisions d ON d.run_id = a.run_id
           JOIN runs r ON r.id = a.run_id
           WHERE a.state = 'open' AND a.due_at >= clock_timestamp() AND d.action = 'automate' AND NOT r.shadow
             AND d.created_at >= :since AND d.created_at < :until
             AND (CAST(:agent AS text) IS NULL OR r.agent = :agent)""",
        since=since,
        until=until,
        agent=agent,
    )
    return until if found is None else min(until, found)


def second_words(connection: Connection, most: int = 2_000) -> Sequence[RowMapping]:
    """Return the first and the second reviewer's word on the newest audits that two judged, oldest first; a verdict
    that a twin was given with its audit counts once."""
    return rows(
        connection,
        """SELECT f."right" AS first, s."right" AS second
           FROM (SELECT audit_id, "right", at FROM judgements j WHERE second AND EXISTS (
                     SELECT 1 FROM audits a WHERE a.id = j.audit_id AND a.twin_of IS NULL)
                 ORDER BY at DESC LIMIT :most) s
           CROSS JOIN LATERAL (SELECT "right" FROM judgements WHERE audit_id = s.audit_id AND NOT second
               ORDER BY at LIMIT 1) f ORDER BY s.at""",
        most=most,
    )


def newest_fingerprint(connection: Connection, owner: str) -> str | None:
    """Return the fingerprint of an owner's newest run, None where it has not run; a candidate of triage's is none."""
    name, column, plain = owner_columns(owner)
    row = maybe_row(
        connection,
        f"""SELECT {column} AS fingerprint FROM runs r WHERE {name} = :plain AND NOT EXISTS (
                SELECT 1 FROM standings s
                WHERE s.agent = :owner AND s.fingerprint = r.{column} AND s.data ->> 'candidate' = 'true')
            ORDER BY id DESC LIMIT 1""",
        plain=plain,
        owner=owner,
    )
    return None if row is None else str(row["fingerprint"])
