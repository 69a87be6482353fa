"""What is looked at of an owner, and when."""

from typing import Any

import pytest
from sqlalchemy import Connection

from core.db import app_database
from core.store import gate, standings
from tests.workers.made import Shop
from workers.certify import renew_certificates


def test_an_owner_that_has_just_begun_is_compared_with_nothing_and_an_hour_old_one_is(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str] = []
    scores = gate.recent_scores

    def counted(connection: Connection, owner: str, *rest: Any) -> list[float]:
        compared.append(owner)
        return scores(connection, owner, *rest)

    monkeypatch.setattr(gate, "recent_scores", counted)
    shop.run([0.5] * 20, [True] * 20)
    shop.do(renew_certificates, "certificates.renew")
    assert compared == []
    with app_database().transaction(shop.tenant) as connection:
        (stands,) = [row["data"] for row in standings.standings(connection) if row["agent"] == "shop"]
    assert (stands["share"], stands["drift"], stands["inputs"]) == (0.0, None, {})
    shop.sql("DELETE FROM standings")
    shop.sql("UPDATE runs SET created_at = created_at - interval '2 hours'")
    shop.do(renew_certificates, "certificates.renew")
    assert set(compared) == {"shop", "family:tests"}
