"""Candidates beside what serves: each ticket or document that concerns them is worked on once more, in shadow.

A candidate is a version of triage, or a confidence model that scores an agent's proposals in another way.

Nothing of it is sent or shown. Its runs are audited by the same coin as the live ones, and a proposal that is the same
as the live one is judged together with it, so that reviewers judge only what differs.
"""

from collections.abc import Sequence

from core.contracts import Proposal, Route
from core.db import app_database
from core.store import audits, items, triage_versions
from core.store.items import Loaded
from core.store.outbox import Job
from core.store.policies import TenantState
from workers.jobs import OneByOne, finish
from workers.pipeline import Worked, choose_agents, record, run
from workers.resources import Workshop, audit_coin, workshop


def work_beside(jobs: Sequence[Job]) -> None:
    """Run the candidate on items that the version in service has worked on."""
    if len({job.generation for job in jobs}) > 1:
        raise OneByOne
    shop, tenant_id = workshop(), jobs[0].tenant_id
    shop.refresh()
    state = shop.state(tenant_id)
    by_item = {job.subject_id: job for job in jobs}
    with app_database().transaction(tenant_id) as connection:
        if not state.candidates:
            finish(connection, jobs)
            return
        found = items.load(connection, list(by_item), jobs[0].generation)
        live = triage_versions.live_proposals(connection, list(by_item))
        gone = [job for item_id, job in by_item.items() if item_id not in {one.item.id for one in found} & set(live)]
        finish(connection, gone)
    ready = [one for one in found if one.item.id in live]
    beside = state.beside._replace(certificates=())
    same_triage = "triage" not in state.candidates
    if not same_triage:
        routes = choose_agents(shop, beside, by_item, ready)
    else:  # the same triage has said already where they go
        routes = [Route(**live[one.item.id]["route"]) for one in ready]
    worked = [
        _work(
            shop,
            by_item[one.item.id],
            one,
            chosen,
            beside,
            Proposal(**live[one.item.id]["proposal"]),
            again=same_triage,
        )
        for one, chosen in zip(ready, routes, strict=True)
    ]
    coins = {one.item.id: audit_coin(live[one.item.id]["id"]) for one in ready}
    record(shop, tenant_id, worked, beside, shadow=True, coins=coins)
    with app_database().transaction(tenant_id) as connection:
        audits.pair(connection, list(by_item))


def _work(
    shop: Workshop, job: Job, loaded: Loaded, chosen: Route, state: TenantState, live: Proposal, *, again: bool
) -> Worked:
    """A model is not asked again what it was asked already: under the same route its proposal is the live one. Where
    triage is the same, so is every agent's."""
    entry = shop.catalog.entries.get(chosen.agent or "")
    same = (live.agent, live.intent) == (chosen.agent, chosen.intent)
    if entry is None or not (again or (same and entry.manifest.asks_a_model)):
        return run(shop, job, loaded, chosen, state)
    return run(shop, job, loaded, chosen, state, told=live)
