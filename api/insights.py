"""What the figures of a period mean: what changed and why, who is served worse, which knowledge would help most."""

from datetime import timedelta

from sqlalchemy import Connection

from api.figures import Wanted, added, counted
from core.contracts import Frozen
from core.store import rollup_reads, rollups
from metrics import automation_share, resolution
from metrics.change import Change, Explained, change, explain
from metrics.cohort import GroupBy
from metrics.fairness import Gap
from metrics.fairness import gaps as gaps_between
from metrics.gaps import KnowledgeGap
from metrics.gaps import gaps as knowledge_missing
from metrics.report import FIGURES
from metrics.sums import Sums

QUALITIES: tuple[GroupBy, ...] = ("agent", "intent", "language", "channel")
SHOWN = 10
_EXPLAINED = {
    "automation_share": (automation_share.estimate, "durable", "settled"),
    "resolution": (resolution.estimate, "durable", "attempted"),
}


class Changes(Frozen):
    """A period beside the one before it, of the same length: every figure, and the slices that explain most of a
    change of the automation share, largest first. Periods that are not settled yet are compared as far as they are."""

    pending: int
    figures: tuple[Change, ...]
    explained: tuple[Explained, ...]


def changes(connection: Connection, wanted: Wanted, figure: str = "automation_share") -> Changes:
    """Compare a period with the one before. figure: whose change is explained (automation_share, resolution)."""
    length = wanted.until - wanted.since
    earlier = wanted._replace(since=wanted.since - length, until=wanted.since)
    now, before = (added(connection, one._replace(by=None)).whole for one in (wanted, earlier))
    share_of, k, n = _EXPLAINED[figure]
    parts = [
        counted(connection, one, QUALITIES, ("items", "settled", "attempted", "durable")) for one in (wanted, earlier)
    ]

    def counts(sums: Sums) -> tuple[int, int]:
        return sums.tickets[k], sums.tickets[n]

    return Changes(
        pending=now.pending,
        figures=tuple(change(d.name, estimate(now), estimate(before)) for d, estimate in FIGURES if d.unit != "count"),
        explained=explain(counts, share_of, parts[0], parts[1])[:SHOWN],
    )


def fairness(connection: Connection, wanted: Wanted) -> tuple[Gap, ...]:
    """Each language (or whatever `wanted.by` names) against all others."""
    found = added(connection, wanted._replace(by=wanted.by or "language"))
    return gaps_between(found.whole, found.parts)


def knowledge_gaps(connection: Connection, wanted: Wanted) -> tuple[KnowledgeGap, ...]:
    """The ten intents whose automation would add most workload share, and what keeps them back."""
    whole = added(connection, wanted._replace(by=None)).whole
    standing = rollups.standing(connection)
    if standing is None:
        return ()
    days = rollup_reads.Wanted(whole.since.date(), whole.until.date(), wanted.origin)
    held = rollup_reads.held(connection, standing.build, days, ("intent",))
    return knowledge_missing(whole, {intent: reasons for (_, intent), reasons in held.items()})


def settled_week(wanted: Wanted) -> Wanted:
    """The last seven days of which every ticket can be judged: those that ended a week before `wanted.until`."""
    until = wanted.until - timedelta(days=7)
    return wanted._replace(since=until - timedelta(days=7), until=until)
