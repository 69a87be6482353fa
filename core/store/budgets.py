"""What a budget of audits is set by: an agent's runs a day, how many of them show a doubt, and what was drawn."""

from uuid import UUID

from sqlalchemy import Connection, RowMapping

from core.store.sql import execute, one_row


def week(connection: Connection, agent: str) -> RowMapping:
    """Return of an agent's live runs of the last 7 days: `runs_a_day`, `drawn` by a coin in the last 24 hours,
    `doubtful` (their part, by the audits' own probabilities), and judged and wrong ones of plain and doubtful
    audits."""
    return one_row(
        connection,
        """WITH recent AS (
               SELECT r.id, r.created_at, a.flagged, a.probability, a.state, a."right", d.audited
               FROM runs r JOIN decisions d ON d.run_id = r.id LEFT JOIN audits a ON a.run_id = r.id
               WHERE r.agent = :agent AND NOT r.shadow AND r.kind <> 'abstain'
                 AND r.created_at > clock_timestamp() - interval '7 days')
           SELECT count(*) / greatest(1.0, extract(epoch FROM max(created_at) - min(created_at)) / 86400)
                   AS runs_a_day,
               count(*) FILTER (WHERE audited AND created_at > clock_timestamp() - interval '24 hours') AS drawn,
               coalesce(sum(1 / probability) FILTER (WHERE audited AND flagged), 0)
                   / greatest(1, coalesce(sum(1 / probability) FILTER (WHERE audited), 0)) AS doubtful,
               count(*) FILTER (WHERE audited AND state = 'judged' AND NOT flagged) AS plain_judged,
               count(*) FILTER (WHERE audited AND state = 'judged' AND NOT flagged AND NOT "right") AS plain_wrong,
               count(*) FILTER (WHERE audited AND state = 'judged' AND flagged) AS doubtful_judged,
               count(*) FILTER (WHERE audited AND state = 'judged' AND flagged AND NOT "right") AS doubtful_wrong
           FROM recent""",
        agent=agent,
    )


def set_probabilities(connection: Connection, tenant_id: UUID, agent: str, plain: float, doubtful: float) -> None:
    """Audit so from now on; no entry in the journal, because the owner's word was the budget."""
    execute(
        connection,
        """INSERT INTO agent_settings AS s (tenant_id, agent, audit_probability, audit_flagged)
           VALUES (:tenant_id, :agent, :plain, :doubtful)
           ON CONFLICT (tenant_id, agent) DO UPDATE SET audit_probability = :plain, audit_flagged = :doubtful
           WHERE abs(s.audit_probability - :plain) > 0.05 * :plain OR s.audit_flagged IS NULL
              OR abs(s.audit_flagged - :doubtful) > 0.05 * :doubtful""",
        tenant_id=tenant_id,
        agent=agent,
        plain=plain,
        doubtful=doubtful,
    )
