"""What is looked at of an owner, and when."""

from typing import Any

import pytest
from sqlalchemy import Connection

from core.db import app_database
from core.store import gate, policies, standings
from tests.workers.made import Shop
from workers.certify import renew_certificates


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whose newest runs were compared with those before."""
    found: list[str] = []
    scores = gate.recent_scores

    def counted(connection: Connection, owner: str, *rest: Any) -> list[float]:
        found.append(owner)
        return scores(connection, owner, *rest)

    monkeypatch.setattr(gate, "recent_scores", counted)
    return found


def test_an_owner_that_has_just_begun_is_compared_with_nothing_and_an_hour_old_one_is(
    shop: Shop, compared: list[str]
) -> None:
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


def test_a_certificate_that_moves_within_the_hour_moves_the_share_and_compares_nothing_again(
    shop: Shop, compared: list[str]
) -> None:
    def stands() -> Any:
        shop.do(renew_certificates, "certificates.renew")
        with app_database().transaction(shop.tenant) as connection:
            return next(row["data"] for row in standings.standings(connection) if row["agent"] == "shop")

    scores = [number * 37 % 100 / 100 for number in range(1000)]
    shop.run(scores, [score > 0.3 or number % 3 > 0 for number, score in enumerate(scores)])
    shop.sql("UPDATE runs SET created_at = created_at - interval '2 hours'")
    before = stands()
    assert set(compared) == {"shop", "family:tests"}
    compared.clear()
    with app_database().transaction(shop.tenant) as connection:
        policies.set_agent(connection, shop.tenant, "shop", target=0.9)
    after = stands()
    assert (after["target"], compared) == (0.9, [])
    assert after["share"] > before["share"] > 0.5
    assert all(after[name] == before[name] for name in ("drift", "inputs", "seen_at"))
