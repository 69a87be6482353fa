"""The judge: a model that is asked about automated replies, a few each minute. What it says is a figure, no label."""

import time
from collections.abc import Sequence

import structlog

from agents.llm import judge as model_judge
from agents.llm.settings import ModelSettings
from core.db import app_database
from core.errors import Broken, NeedsHuman
from core.settings import settings
from core.store import judge
from core.store.outbox import Job
from workers.jobs import finish

log = structlog.get_logger()

A_ROUND = 20  # replies, and no new one after so many seconds; the rest waits for the next minute
A_ROUND_SECONDS = 40.0


def ask_judge(jobs: Sequence[Job]) -> None:
    """Ask about replies that went out and were not asked about yet; no connection is held while the model works."""
    tenant_id = jobs[0].tenant_id
    with app_database().transaction(tenant_id) as connection:
        chosen = judge.setting(connection)
        waiting = judge.to_judge(connection, chosen, A_ROUND) if chosen.model else []
    begun = time.monotonic()
    for row in waiting:
        if time.monotonic() - begun > A_ROUND_SECONDS:
            break
        given = (row["question"] or "", row["reply"] or "", row["actions"] or [], row["sources"] or [])
        try:
            right, reason, used = model_judge.ask(chosen.model, *given, ModelSettings.of(settings()))
            cost = used.cost_usd
        except (NeedsHuman, Broken) as error:
            log.warning("judge.failed", model=chosen.model, why=str(error)[:300])
            break  # the same would happen to the next one; the next round tries again
        with app_database().transaction(tenant_id) as connection:
            judge.add_word(
                connection, tenant_id, row["run_id"], model=chosen.model, right=right, reason=reason, cost=cost
            )
    with app_database().transaction(tenant_id) as connection:
        finish(connection, jobs)
