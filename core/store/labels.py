"""Labels of drafts: audits drawn by coin, and reviewers' decisions on what was held. Certificates rest on them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.contracts import FAMILY, FIELD, SIMULATED_REVIEWER, WHOLE
from core.store.sql import execute, plain_rows, rows


def owner_columns(owner: str) -> tuple[str, str, str]:
    """The columns that name an owner, and its plain name."""
    if owner.startswith(FAMILY):
        return "family", "family_fingerprint", owner.removeprefix(FAMILY)
    return "agent", "fingerprint", owner


# A held draft is labelled by the reviewer who decides on it: sent as it was, or not. All of them are, so a held run has
# probability 1, whether its label is a blind audit's or the reviewer's. While a certificate let others of its owner go
# out alone, those were only audited with `audit_smallest`, which is then the smallest of the time.
_HELD = "d.action = 'hold' AND NOT r.shadow AND d.audit_smallest IS NOT NULL"
_OWN_LEAST = "CASE WHEN d.certificate_id IS NULL OR d.tier <> 'automated' THEN 1.0 ELSE d.audit_smallest END"
# While an agent goes out intent by intent, the held drafts of its other intents weigh in the whole like those below a
# threshold; among their own intent all are held.
_LEAST = """CASE WHEN d.tier <> 'automated' OR (d.certificate_id IS NULL AND NOT EXISTS (SELECT 1 FROM by_intent b
    WHERE b.fingerprint = r.fingerprint AND b.issued_at <= d.created_at AND d.created_at < b.ended))
    THEN 1.0 ELSE d.audit_smallest END"""
_BY_INTENT = f"""WITH by_intent AS MATERIALIZED (
    SELECT fingerprint, issued_at, least(revoked_at, expires_at, 'infinity') AS ended
    FROM certificates WHERE agent = :owner AND slice <> '{WHOLE}' AND slice NOT LIKE '{FIELD}%')"""
_SETTLED = "interval '1 minute'"  # a reviewer's decision can be taken back for some seconds
HANDED_OVER = timedelta(hours=48)  # held drafts that nobody decided on by then are audited


def _least(owner: str) -> tuple[str, str]:
    """The smallest probability that a held run counts with: among its intent, and in the whole."""
    return ("d.audit_smallest", "d.audit_smallest") if owner.startswith(FAMILY) else (_OWN_LEAST, _LEAST)


class Seen(NamedTuple):
    """Up to where an owner's evidence was read: the last run that counts, and the time of the newest judgements."""

    run: UUID
    ran_at: datetime
    judged_at: datetime


def evidence(
    connection: Connection,
    owner: str,
    fingerprint: str,
    since: datetime | None = None,
    *,
    after: Seen | None = None,
) -> Sequence[RowMapping]:
    """Return an owner's audits drawn since a time, and its held drafts since then, in the order in which they ran.

    after: only of runs after that one, and what was judged since.

    `smallest` is the smallest probability of the time in the whole, `own_smallest` among the run's intent. The
    judgements themselves are not among it: who names them asks for them (`words_on`).
    `coin` and `coin_smallest` are the audit's own probability and the smallest of the time; 0 for a held draft that no
    coin drew (`source` review; its id is the decision's). Ids are texts: of thousands that is read a lot faster.
    """
    name, column, plain = owner_columns(owner)
    own, least = _least(owner)
    return rows(
        connection,
        f"""{_BY_INTENT} SELECT CAST(a.id AS text) AS id, a.run_id, a.agent, a.score, a.state, a."right", a.critical,
                'audit' AS source,
                CASE WHEN {_HELD} THEN 1.0 ELSE a.probability END AS probability,
                CASE WHEN {_HELD} THEN {least} ELSE a.smallest END AS smallest,
                CASE WHEN {_HELD} THEN {own} ELSE a.smallest END AS own_smallest, r.intent,
                CASE WHEN d.audited THEN a.probability ELSE 0.0 END AS coin,
                coalesce(a.smallest, a.probability) AS coin_smallest,
                a.simulated, a.action, a.drawn_at, a.due_at, a.judged_at, r.shadow, r.created_at AS ran_at
            FROM audits a JOIN runs r ON r.id = a.run_id JOIN decisions d ON d.run_id = a.run_id
            WHERE a.{name} = :plain AND a.{column} = :fingerprint
              AND (CAST(:since AS timestamptz) IS NULL OR a.drawn_at >= :since)
              {"AND (a.run_id > :run OR a.judged_at > :judged_at)" if after else ""}
            UNION ALL
            SELECT CAST(d.id AS text), r.id, r.agent, r.score,
                CASE WHEN d.review <> 'open' AND d.reviewed_at < clock_timestamp() - {_SETTLED} THEN 'judged'
                    ELSE 'open' END,
                d.review = 'approved', false, 'review', 1.0, {least}, {own}, r.intent, 0.0, 0.0,
                d.reviewed_by IN (:simulated, 'key:' || :simulated), d.action, d.created_at,
                d.created_at + :handed_over, d.reviewed_at,
                false, r.created_at
            FROM runs r JOIN decisions d ON d.run_id = r.id
            WHERE r.{name} = :plain AND r.{column} = :fingerprint AND {_HELD} AND r.kind <> 'abstain'
              AND NOT d.audited AND d.review IN ('open', 'approved', 'edited', 'rejected', 'taken_over')
              AND (CAST(:since AS timestamptz) IS NULL OR d.created_at >= :since)
              {"AND r.id > :run AND r.created_at >= :ran_at" if after else ""}
              AND NOT EXISTS (SELECT 1 FROM audits a WHERE a.run_id = r.id)
            ORDER BY run_id""",
        owner=owner,
        plain=plain,
        fingerprint=fingerprint,
        since=since,
        handed_over=HANDED_OVER,
        simulated=SIMULATED_REVIEWER,
        **(after._asdict() if after else {}),
    )


class Words(NamedTuple):
    """The words that an audit's verdict rests on, the first reviewer's latest and a second reviewer's after it."""

    judgements: tuple[str, ...]
    right: bool
    critical: bool


def words_on(connection: Connection, audits: Sequence[str]) -> dict[str, Words]:
    """Return the words on each of these audits that anybody judged, and the verdict that they give together."""
    found = plain_rows(
        connection,
        """SELECT CAST(audit_id AS text), string_agg(CAST(id AS text), ' ' ORDER BY at), bool_and("right"),
               bool_or(critical)
           FROM (SELECT id, audit_id, at, "right", critical,
                   max(at) FILTER (WHERE NOT second) OVER (PARTITION BY audit_id) AS latest
               FROM judgements WHERE audit_id = ANY(CAST(string_to_array(:audits, ' ') AS uuid[]))) said
           WHERE at >= latest GROUP BY audit_id""",
        audits=" ".join(audits),  # one text: a list of thousands takes a driver ten times as long
    )
    return {audit: Words(tuple(words.split()), right, critical) for audit, words, right, critical in found}


def hand_over(connection: Connection) -> int:
    """Let held drafts that nobody decided on within 48 hours, or that a newer message overtook, be audited; returns how
    many. Leaving them out would leave out the hard ones."""
    return execute(
        connection,
        f"""INSERT INTO audits (id, tenant_id, run_id, work_item_id, agent, fingerprint, family, family_fingerprint,
                intent, language, probability, smallest, score, action, drawn_at, due_at)
            SELECT gen_random_uuid(), d.tenant_id, r.id, r.work_item_id, r.agent, r.fingerprint, r.family,
                r.family_fingerprint, r.intent, r.language, 1.0, d.audit_smallest, r.score, d.action, d.created_at,
                clock_timestamp() + :handed_over
            FROM decisions d JOIN runs r ON r.id = d.run_id
            WHERE d.review IN ('open', 'superseded') AND {_HELD} AND r.kind <> 'abstain' AND NOT d.audited
              AND d.created_at > clock_timestamp() - interval '90 days'
              AND (d.review = 'superseded' OR d.created_at < clock_timestamp() - :handed_over)
            ON CONFLICT (run_id) DO NOTHING""",
        handed_over=HANDED_OVER,
    )


def as_judged(connection: Connection, owner: str, listed: Sequence[tuple[str, Sequence[str]]]) -> Sequence[RowMapping]:
    """Return an owner's audits with the verdict that the named judgements give, and held drafts with their reviewer's,
    in the order of `listed`; lost ones are left out.

    `changed` says that the verdict in force is another one by now. Where the first and the second reviewer differ it
    counts as wrong; where nobody judged in time it does too.
    """
    own, least = _least(owner)
    return rows(
        connection,
        f"""{_BY_INTENT} SELECT CAST(coalesce(a.id, d.id) AS text) AS id, coalesce(a.score, r.score) AS score,
               v.ids AS judgements,
               CASE WHEN {_HELD} THEN 1.0 ELSE a.probability END AS probability,
               CASE WHEN {_HELD} THEN {least} ELSE coalesce(a.smallest, a.probability) END AS smallest,
               CASE WHEN {_HELD} THEN {own} ELSE coalesce(a.smallest, a.probability) END AS own_smallest, r.intent,
               CASE WHEN a.id IS NOT NULL AND d.audited THEN a.probability ELSE 0.0 END AS coin,
               CASE WHEN a.id IS NULL THEN 0.0 ELSE coalesce(a.smallest, a.probability) END AS coin_smallest,
               coalesce(a.drawn_at, d.created_at) AS drawn_at,
               CASE WHEN a.id IS NULL THEN d.review = 'approved' ELSE coalesce(v."right", false) END AS "right",
               CASE WHEN a.id IS NULL THEN false ELSE coalesce(v.critical, true) END AS critical,
               'judged' AS state, false AS shadow, a.due_at,
               a.id IS NOT NULL AND a."right" IS DISTINCT FROM coalesce(v."right", false) AS changed
           FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS l (id, place)
           LEFT JOIN audits a ON a.id = l.id
           JOIN decisions d ON d.run_id = a.run_id OR (a.id IS NULL AND d.id = l.id)
           JOIN runs r ON r.id = d.run_id
           LEFT JOIN LATERAL (SELECT string_agg(CAST(j.id AS text), ' ' ORDER BY j.at) AS ids,
               bool_and(j."right") AS "right", bool_or(j.critical) AS critical FROM judgements j
               WHERE j.audit_id = a.id AND j.id = ANY(CAST(:judgements AS uuid[]))) v ON true
           ORDER BY l.place""",
        owner=owner,
        ids=[one for one, _ in listed],
        judgements=[judgement for _, some in listed for judgement in some],
    )


def fields_judged(
    connection: Connection, listed: Sequence[tuple[str, Sequence[str]]]
) -> dict[str, dict[str, tuple[float, bool]]]:
    """Return for each of these audits or held documents the score of each field that has a value, and whether it is
    right by the named judgements, or by the reviewer's decision.

    What was judged wrong without a word on which field counts as wrong in all; so does what nobody judged in time, and
    a held document that was rejected.
    """
    found = rows(
        connection,
        """SELECT CAST(l.id AS text) AS id, f ->> 'name' AS name, CAST(f ->> 'score' AS float) AS score,
               CASE WHEN a.id IS NOT NULL THEN coalesce(v."right" OR (v.known AND NOT EXISTS (
                       SELECT 1 FROM judgements j WHERE j.audit_id = a.id AND j.id = ANY(CAST(:judgements AS uuid[]))
                       AND f ->> 'name' = ANY(j.wrong_fields))), false)
                   WHEN d.review = 'approved' THEN true
                   WHEN d.review = 'edited' THEN EXISTS (
                       SELECT 1 FROM jsonb_array_elements(d.final_fields) x WHERE x ->> 'name' = f ->> 'name'
                       AND x ->> 'value' IS NOT DISTINCT FROM f ->> 'value')
                   ELSE false END AS "right"
           FROM unnest(CAST(:ids AS uuid[])) AS l (id) LEFT JOIN audits a ON a.id = l.id
           JOIN decisions d ON d.id = coalesce((SELECT x.id FROM decisions x WHERE x.run_id = a.run_id), l.id)
           JOIN runs r ON r.id = d.run_id CROSS JOIN LATERAL jsonb_array_elements(r.proposal -> 'fields') f
           LEFT JOIN LATERAL (SELECT bool_and(j."right") AS "right",
               bool_and(j."right" OR j.wrong_fields IS NOT NULL) AS known FROM judgements j
               WHERE j.audit_id = a.id AND j.id = ANY(CAST(:judgements AS uuid[]))) v ON true
           WHERE f ->> 'value' IS NOT NULL""",
        ids=[one for one, _ in listed],
        judgements=[judgement for _, some in listed for judgement in some],
    )
    judged: dict[str, dict[str, tuple[float, bool]]] = {}
    for row in found:
        judged.setdefault(row["id"], {})[row["name"]] = (float(row["score"]), bool(row["right"]))
    return judged
