"""An agent's confidence model: learnt from its judged runs, another fingerprint, never under a live certificate."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import RowMapping

from agents.confidence import Confidence
from agents.documents import joint
from agents.llm.confidence import START
from cli.embedded.temporary import Database, Servers
from core.contracts import Certificate
from core.db import app_database
from core.ids import new_id
from core.store import outbox, policies
from core.store.sql import rows
from tests.workers.made import Shop, open_shop
from workers.candidates import consider
from workers.certify import renew_certificates
from workers.confidence import train_confidence
from workers.resources import workshop
from workers.shadow import work_beside

RIGHT = [n % 4 != 0 for n in range(120)]  # a quarter is wrong, and only the support tells which


@pytest.fixture
def shop(database: Database, servers: Servers, tmp_path: Path) -> Iterator[Shop]:
    with open_shop(database, servers, tmp_path) as made:
        yield made


def judged_runs(shop: Shop, times: int = 1) -> None:
    shop.run([0.9 if right else 0.8 for right in RIGHT * times], RIGHT * times, probability=0.5)
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


def test_a_processor_s_score_is_learnt_from_its_judged_documents(shop: Shop) -> None:
    judged_runs(shop)
    shop.sql(
        """UPDATE runs r SET proposal = jsonb_set(proposal, '{signals}', jsonb_build_object('document', 0.8,
               'field.total', 0.97, 'field.company', CASE WHEN a."right" THEN 0.95 ELSE 0.8 END))
           FROM audits a WHERE a.run_id = r.id"""
    )
    before, fingerprint = serving(shop)
    shop.do(train_confidence, "confidence.train")
    blob, another = serving(shop)
    assert (before, models(shop)) == (b"", [("confidence:shop", "serving")])
    assert another != fingerprint, "what goes straight through by it must earn a certificate of its own"
    good, bad = ({"document": 0.8, "field.total": 0.97, "field.company": share} for share in (0.95, 0.8))
    assert joint.score(good, b"") == joint.score(bad, b"") == 0.8
    assert joint.score(good, blob) > 0.85 > 0.5 > joint.score(bad, blob)


def test_under_a_live_certificate_a_model_stays_a_candidate(shop: Shop) -> None:
    judged_runs(shop)
    certify(shop.tenant, serving(shop)[1])
    shop.do(train_confidence, "confidence.train")
    assert models(shop) == [("confidence:shop", "candidate")]
    assert serving(shop)[0] == b""


def test_a_candidate_is_scored_in_shadow_judged_with_the_live_runs_and_served_when_certified(shop: Shop) -> None:
    with app_database().transaction(shop.tenant) as connection:
        policies.set_agent(connection, shop.tenant, "shop", audit_probability=1.0)
    judged_runs(shop, 5)
    live = serving(shop)[1]
    shop.do(renew_certificates, "certificates.renew")
    assert certified(shop) == [live]
    shop.do(train_confidence, "confidence.train")
    shop.do(train_confidence, "confidence.train")
    assert models(shop) == [("confidence:shop", "candidate")], "nothing more is learnt while it earns its place"

    runs_beside(shop)
    shadows = found(shop, "SELECT score, fingerprint, proposal FROM runs WHERE shadow")
    assert len(shadows) == 5 * len(RIGHT)
    assert live not in {row["fingerprint"] for row in shadows}
    scores = {row["proposal"]["signals"]["support"]: row["score"] for row in shadows}
    assert {0.8, 0.9}.isdisjoint(scores.values()), "scored by the candidate"
    assert scores[0.9] > scores[0.3]
    assert found(shop, "SELECT id FROM audits WHERE state = 'open'") == [], "one judgement counts for both"
    shop.do(renew_certificates, "certificates.renew")
    assert models(shop) == [("confidence:shop", "serving")]
    now = serving(shop)[1]
    assert certified(shop) == [now] != [live], "the old model's certificate went with it"
    told = found(shop, "SELECT data ->> 'reason' AS why FROM journal WHERE action = 'confidence.served'")
    assert [row["why"] for row in told] == ["certified in shadow: family:tests, shop"]


def test_a_candidate_waits_while_its_own_runs_are_not_certified(shop: Shop) -> None:
    judged_runs(shop)
    certify(shop.tenant, serving(shop)[1])
    shop.do(train_confidence, "confidence.train")
    with app_database().transaction(shop.tenant) as connection:
        consider(connection, workshop(), shop.tenant)
    assert models(shop) == [("confidence:shop", "candidate")]


def test_a_candidate_serves_when_nothing_is_certified_any_more(shop: Shop) -> None:
    judged_runs(shop)
    certify(shop.tenant, serving(shop)[1])
    shop.do(train_confidence, "confidence.train")
    shop.sql("UPDATE certificates SET revoked_at = clock_timestamp()")
    with app_database().transaction(shop.tenant) as connection:
        consider(connection, workshop(), shop.tenant)
    assert models(shop) == [("confidence:shop", "serving")]


def runs_beside(shop: Shop) -> None:
    """Work on every item once more, as the line has it done where a candidate is."""
    with app_database().transaction(shop.tenant) as connection:
        for row in rows(connection, "SELECT id FROM work_items"):
            outbox.enqueue(connection, shop.tenant, "item.shadow", "bulk", row["id"])
    workshop.cache_clear()  # what it knows of the tenant may be a second old
    work_beside(shop.jobs("item.shadow"))


def found(shop: Shop, question: str) -> list[RowMapping]:
    with app_database().transaction(shop.tenant) as connection:
        return list(rows(connection, question))


def certified(shop: Shop) -> list[str]:
    """The fingerprints under which the agent alone is certified."""
    live = "SELECT DISTINCT fingerprint FROM certificates WHERE agent = 'shop' AND revoked_at IS NULL"
    return [row["fingerprint"] for row in found(shop, live)]


def certify(tenant: UUID, fingerprint: str) -> None:
    given = {"target": 0.95, "confidence": 0.95, "threshold": 0.5, "k": 300, "n": 300, "bound": 0.96}
    certificate = Certificate(id=new_id(), agent="shop", fingerprint=fingerprint, method="given by a test", **given)
    with app_database().transaction(tenant) as connection:
        policies.add_certificate(
            connection, tenant, certificate, window=None, code_version="test", digest="", evidence={}
        )
