"""An agent's own cases, run where it works: the tenant's classifier, scripts instead of models, nothing recorded."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agents import cases
from agents.contract import Engine
from agents.documents.values import Reading
from agents.triage.classifier import Classifier
from agents.yaml_errors import Invalid
from core.db import app_database
from core.errors import Rejected
from core.store import case_results
from core.store.outbox import Job
from workers.jobs import OneByOne, finish
from workers.knowledge import searcher
from workers.parse_client import parse
from workers.resources import Workshop, workshop


def run_cases(jobs: Sequence[Job]) -> None:
    """Run the cases of one agent."""
    if len(jobs) > 1:
        raise OneByOne
    (job,) = jobs
    shop = workshop()
    shop.refresh()
    with app_database().transaction(job.tenant_id) as connection:
        asked = case_results.find(connection, job.subject_id)
    entry = shop.catalog.entries.get(asked["agent"]) if asked else None
    found = _results(shop, job, entry.name) if entry and "cases.yaml" in entry.files else []
    with app_database().transaction(job.tenant_id) as connection:
        case_results.settle(connection, job.subject_id, entry.version if entry else "", found)
        finish(connection, jobs)


def _results(shop: Workshop, job: Job, name: str) -> list[dict[str, Any]]:
    bench = cases.Bench(
        loader=shop.loader,
        classifier=lambda: _classifier(shop, job),
        read_document=_read,
        scripted=scripted,
        search=lambda entry, item: searcher(job.tenant_id, shop.state(job.tenant_id), entry, item),
        manifests=shop.catalog.manifests,
    )
    try:
        return [
            {"name": one.case.name, "passed": one.passed, "differences": list(one.differences), "skipped": one.skipped}
            for one in cases.run(shop.catalog.entries[name], bench)
        ]
    except Invalid as error:
        told = [f"cases.yaml:{fault.line}: {fault.message}" for fault in error.faults]
        return [{"name": "cases.yaml", "passed": False, "differences": told, "skipped": ""}]


def _classifier(shop: Workshop, job: Job) -> Classifier:
    found = shop.triage(shop.state(job.tenant_id), job.tenant_id)
    if found is None:
        raise Rejected("triage has not been trained yet", code="not_trained", hint="Wait a minute and run them again.")
    return found


def _read(path: Path) -> Reading:
    return parse(path, filename=path.name)


def scripted(script: Sequence[Mapping[str, Any]]) -> Engine:
    """Return the llm engine with a model that plays a script."""
    from agents.engines.llm import LlmEngine  # seconds of imports that only cases with a script need
    from agents.llm.scripted import scripted_chain
    from agents.llm.settings import ModelSettings

    return LlmEngine(ModelSettings(), chain=lambda *_: scripted_chain(list(script)))
