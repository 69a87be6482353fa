"""A budget of audits a day: the probabilities of an agent's coins follow from it, before the runs they are for."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from agents.catalog import Catalog
from core.gate import audits as coins
from core.settings import settings
from core.store import budgets
from core.store.policies import AgentSetting, TenantState
from metrics.certificates.audits import neyman

GUESSED = {"plain": 0.02, "doubtful": 0.3}  # part wrong, with the weight of 20 audits, before there are any


def spend(connection: Connection, tenant_id: UUID, catalog: Catalog, state: TenantState) -> None:
    """Set the audit probabilities of every agent that has a budget, by its live setting or else by its manifest."""
    for name, entry in catalog.entries.items():
        budget = state.agents.get(name, AgentSetting()).audits_a_day or entry.manifest.audits_a_day
        if budget is not None:
            plain, doubtful = probabilities(budgets.week(connection, name), budget, settings().audit_floor)
            budgets.set_probabilities(connection, tenant_id, name, plain, doubtful)


def probabilities(week: Mapping[Any, Any], budget: int, floor: float) -> tuple[float, float]:
    """Audit probabilities of plain and doubtful runs that spend `budget` a day: Neyman's, by how often each was wrong.

    week: as `core.store.budgets.week` gives. The floor once the budget of the last 24 hours is spent, and never less.
    """
    runs = float(week["runs_a_day"] or 0)
    if runs <= 0:
        return max(coins.USUAL, floor), min(1.0, max(coins.USUAL, floor) * coins.MORE)
    part = min(1.0, budget / runs)
    if week["drawn"] >= budget or part <= floor:
        return floor, floor
    wrong = [(week[f"{kind}_wrong"] + 20 * guess) / (week[f"{kind}_judged"] + 20) for kind, guess in GUESSED.items()]
    doubtful = min(max(float(week["doubtful"]), 0.01), 0.99)
    plain, more = neyman([1 - doubtful, doubtful], wrong, part, floor)
    return float(plain), max(float(plain), float(more))
