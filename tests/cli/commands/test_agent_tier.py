"""`saola agent promote` and `demote` against a real database."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from typer.testing import CliRunner

from api import agents_seen
from cli.commands import agent
from cli.embedded.temporary import Database, Servers
from cli.first_tenant import ensure_tenant
from core import db
from core.errors import Rejected
from core.settings import settings
from core.store import journal, policies
from tests.agents.folders import MANIFEST, write_agent

runner = CliRunner()


@pytest.fixture(scope="module")
def tenant(module_database: Database, servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[UUID]:
    folder = tmp_path_factory.mktemp("agents")
    write_agent(folder, agent_yaml=MANIFEST.format(name="cards") + "tier: assisted\n")
    values = {**servers.environment(module_database), "SAOLA_AGENTS": str(folder), "SAOLA_LIBRARY": "false"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            patch.setenv(name, value)
        _forget()
        yield ensure_tenant(servers.home)[0]
        db.app_database().close()
        db.system_database().close()
    _forget()


def _forget() -> None:
    for cached in (settings, db.app_database, db.system_database):
        cached.cache_clear()
    agents_seen._seen.cache_clear()


def tier(tenant: UUID) -> str:
    with db.app_database().transaction(tenant) as connection:
        return policies.tenant_state(connection).agents["cards"].tier


def test_a_tier_is_lowered_and_raised_step_by_step_up_to_the_manifests(tenant: UUID) -> None:
    assert "assisted -> shadow" in runner.invoke(agent.app, ["demote", "cards"]).stdout
    assert tier(tenant) == "shadow"
    assert "shadow -> off" in runner.invoke(agent.app, ["demote", "cards"]).stdout
    told = runner.invoke(agent.app, ["demote", "cards"]).exception
    assert isinstance(told, Rejected) and "off already" in str(told)
    runner.invoke(agent.app, ["promote", "cards"])
    assert "shadow -> assisted" in runner.invoke(agent.app, ["promote", "cards"]).stdout
    told = runner.invoke(agent.app, ["promote", "cards"]).exception
    assert isinstance(told, Rejected) and "all that its manifest allows" in str(told)
    with db.app_database().transaction(tenant) as connection:
        entries = [row for row in journal.read(connection, 10) if row["action"] == "agent.set"]
    assert [row["data"]["after"]["tier"] for row in entries] == ["assisted", "shadow", "off", "shadow"]
