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
IN_A_ROW = 3  # failures, after which the model is left alone until the next round


def ask_judge(jobs: Sequence[Job]) -> None:
    """Ask about replies that went out and were not asked about yet; no connection is held while the model works."""
    tenant_id = jobs[0].tenant_id
    with app_database().transaction(tenant_id) as connection:
        chosen = judge.setting(connection)
        waiting = judge.to_judge(connection, chosen, A_ROUND) if chosen.model else []
    begun, failed = time.monotonic(), 0
    for row in waiting:
        if failed == IN_A_ROW or time.monotonic() - begun > A_ROUND_SECONDS:
            break
        given = (row["question"] or "", row["reply"] or "", row["actions"] or [], row["sources"] or [])
        try:
            right, reason, used = model_judge.ask(chosen.model, *given, ModelSettings.of(settings()))
            cost = used.cost_usd
        except (NeedsHuman, Broken) as error:
            log.warning("judge.failed", model=chosen.model, why=str(error)[:300])
            failed += 1  # of one reply it may be the reply's fault: it must not stop those after it
            continue
        failed = 0
        with app_database().transaction(tenant_id) as connection:
            judge.add_word(
                connection, tenant_id, row["run_id"], model=chosen.model, right=right, reason=reason, cost=cost
            )
    with app_database().transaction(tenant_id) as connection:
        finish(connection, jobs)
