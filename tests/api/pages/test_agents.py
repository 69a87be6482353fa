"""An agent's page: what it says of the certificate beyond the settings."""

from datetime import UTC, datetime
from uuid import UUID

from core.db import app_database
from core.store import standings
from tests.api.conftest import Desk
from tests.api.pages.test_session import signed_in, users

__all__ = ["users"]
SHIFT = {"moved": 0.2, "p": 0.0001, "kind": "de", "then": 0.02, "now": 0.22}


def test_an_early_warning_stands_beside_the_certificate(desk: Desk, users: dict[str, UUID]) -> None:
    client, _ = signed_in(desk, users, "ops")
    asked = {"target": 0.95, "confidence": 0.95, "critical_target": None, "threshold": 0.5, "share": 0.5}
    known = {"k": 500, "n": 500, "audits": 500, "log_e": 9.0, "missing": "", "audits_missing": None, "drift": None}
    alarm = {"alarm": {"value": 1.0, "level": 300.0}, "simulated": False, "since": datetime.now(UTC).isoformat()}
    for inputs, shown in (({}, False), ({"language": SHIFT}, True)):
        with app_database().transaction(desk.tenant_id) as connection:
            data = {**asked, **known, **alarm, "inputs": inputs}
            stands = standings.Standing("account_access", "f", "1", datetime.now(UTC), data)
            standings.set_standings(connection, desk.tenant_id, [stands])
        said = client.get("/agents/account_access").text
        assert ("Early warning" in said) == shown
        assert ("Languages are not what they were under the audits (German was 2%, is 22%" in said) == shown
        row = client.get("/agents").text.split('href="/agents/account_access"')[1].split("</tr>")[0]
        assert ('<span class="chip wait" title="Languages are not' in row) == shown
