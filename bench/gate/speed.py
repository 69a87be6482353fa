"""What the gate costs: one decision, and a new certificate for each of 1,500 agents with 1,000 audits."""

import statistics
import time
from datetime import UTC, datetime
from uuid import UUID

import numpy as np

from bench.gate import worlds
from core.contracts import ActionProposal, Certificate, Customer, Policy, Proposal, WorkItem
from core.gate.decide import decide
from metrics.certificates.certify import certify
from metrics.certificates.eprocess import plan, stand
from metrics.certificates.fixed_sequence import choose_threshold

ITEM = WorkItem(
    id=UUID(int=1),
    tenant_id=UUID(int=2),
    kind="ticket",
    text="I lost my card yesterday and want it blocked.",
    received_at=datetime(2026, 1, 1, tzinfo=UTC),
    customer=Customer(id=UUID(int=3), address="an@example.org", verified=True),
)
PROPOSAL = Proposal(
    agent="cards",
    agent_version="1",
    fingerprint="f",
    kind="reply",
    reply="Your card is blocked. See https://help.example.org/cards for what comes next.",
    actions=(ActionProposal(name="block_card", arguments={"card": "1"}, provenance={"card": "customer"}),),
    score=0.97,
)
POLICY = Policy(
    tier="automated",
    may=("block_card",),
    allowed_links=("example.org",),
    sinks={"block_card": ("card",)},
    verified_only=("block_card",),
)
CERTIFICATE = Certificate(
    id=UUID(int=4),
    agent="cards",
    fingerprint="f",
    target=0.95,
    confidence=0.95,
    threshold=0.8,
    k=980,
    n=1_000,
    bound=0.97,
    method="bench",
)


def decision_microseconds(rounds: int = 30, each: int = 500) -> dict[str, float]:
    """Median and worst of `rounds` means over `each` decisions of the gate's own function."""
    assert decide(ITEM, PROPOSAL, POLICY, CERTIFICATE).action == "automate"
    means = []
    for _ in range(rounds):
        begin = time.perf_counter()
        for _ in range(each):
            decide(ITEM, PROPOSAL, POLICY, CERTIFICATE, audit_probability=0.05, audit_coin=0.5)
        means.append((time.perf_counter() - begin) / each * 1e6)
    return {"value": statistics.median(means), "low": min(means), "high": max(means)}


def recertify_seconds(agents: int = 1_500, audits: int = 1_000) -> dict[str, float]:
    """Seconds for all agents one after the other, by each of the two methods, and by both as workers call them."""
    rng = np.random.default_rng(0)
    population, _ = worlds.draw("stationary", 2_000, rng)
    drawn = [worlds.draw("stationary", audits, rng) for _ in range(agents)]
    begin = time.perf_counter()
    for scores, right in drawn:
        choose_threshold(scores, right, population=population)
    middle = time.perf_counter()
    fixed = plan(population, target=worlds.TARGET)
    for scores, right in drawn:
        stand(fixed, scores, right)
    last = time.perf_counter()
    for scores, right in drawn:
        certify(scores, right, population=population[:audits], first_look=audits)
    return {"one_look": middle - begin, "any_time": last - middle, "live": time.perf_counter() - last}
