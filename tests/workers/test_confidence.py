"""An agent's confidence model: learnt from its judged runs, another fingerprint, never under a live certificate."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from agents.llm.confidence import START, Confidence
from cli.embedded.temporary import Database, Servers
from core.contracts import Certificate
from core.db import app_database
from core.ids import new_id
from core.store import policies
from tests.workers.made import Shop, open_shop
from workers.confidence import train_confidence
from workers.resources import workshop

RIGHT = [n % 4 != 0 for n in range(120)]  # a quarter is wrong, and only the support tells which


@pytest.fixture
def shop(database: Database, servers: Servers, tmp_path: Path) -> Iterator[Shop]:
    with open_shop(database, servers, tmp_path) as made:
        yield made


def judged_runs(shop: Shop) -> None:
    shop.run([0.9] * len(RIGHT), RIGHT, probability=0.5)
    shop.sql(
        """UPDATE runs r SET proposal = jsonb_set(proposal, '{signals}', jsonb_build_object(
               'self_report', 0.95, 'support', CASE WHEN a."right" THEN 0.9 ELSE 0.3 END))
           FROM audits a WHERE a.run_id = r.id"""
    )


def models(shop: Shop) -> list[tuple[str, str]]:
    with app_database().transaction(shop.tenant) as connection:
        return [(row["kind"], row["state"]) for row in policies.list_classifiers(connection)]


def serving(shop: Shop) -> tuple[bytes, str]:
    """The agent's model in service, and its fingerprint under it."""
    with app_database().transaction(shop.tenant) as connection:
        state = policies.tenant_state(connection)
    scored_by = workshop().scored_by(state, "none", "shop")
    return workshop().confidence(state, shop.tenant, "shop"), workshop().agent("shop", scored_by).fingerprint


def test_a_model_is_learnt_and_served_under_a_fingerprint_of_its_own(shop: Shop) -> None:
    judged_runs(shop)
    before, fingerprint = serving(shop)
    assert before == b""
    shop.do(train_confidence, "confidence.train")
    assert models(shop) == [("confidence:shop", "serving")]
    blob, another = serving(shop)
    assert another != fingerprint
    model = Confidence.from_bytes(blob)
    wrong = {"self_report": 0.95, "support": 0.3}
    assert model.score(wrong) < START.score(wrong)
    shop.do(train_confidence, "confidence.train")  # nothing new was judged
    assert len(models(shop)) == 1


def test_under_a_live_certificate_a_model_stays_a_candidate(shop: Shop) -> None:
    judged_runs(shop)
    certify(shop.tenant, serving(shop)[1])
    shop.do(train_confidence, "confidence.train")
    assert models(shop) == [("confidence:shop", "candidate")]
    assert serving(shop)[0] == b""


def certify(tenant: UUID, fingerprint: str) -> None:
    given = {"target": 0.95, "confidence": 0.95, "threshold": 0.5, "k": 300, "n": 300, "bound": 0.96}
    certificate = Certificate(id=new_id(), agent="shop", fingerprint=fingerprint, method="given by a test", **given)
    with app_database().transaction(tenant) as connection:
        policies.add_certificate(
            connection, tenant, certificate, window=None, code_version="test", digest="", evidence={}
        )
