"""Translations for reviewers: asked for in the pages, made by the configured model, shown beside the text."""

from collections.abc import Sequence
from typing import Any

from agents.llm.settings import ModelSettings
from agents.llm.translate import translate as ask
from core.db import app_database
from core.errors import Broken, NeedsHuman
from core.settings import settings
from core.store import translations
from core.store.outbox import Job
from workers.jobs import OneByOne, finish


def translate(jobs: Sequence[Job]) -> None:
    """Make one translation; where the model cannot, the page says why."""
    if len(jobs) > 1:
        raise OneByOne
    (job,) = jobs
    with app_database().transaction(job.tenant_id) as connection:
        wanted = translations.wanted(connection, job.subject_id)
    done: dict[str, Any] = {}
    if wanted is not None and wanted.state == "waiting":
        try:
            text, used = ask(wanted.text, wanted.language, ModelSettings.of(settings()))
            done = {"text": text, "model": used.model, "cost": used.cost_usd}
        except (NeedsHuman, Broken) as error:
            done = {"error": str(error)[:500]}
    with app_database().transaction(job.tenant_id) as connection:
        if done:
            translations.settle(connection, job.subject_id, **done)
        finish(connection, jobs)
