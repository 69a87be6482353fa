"""The gate: a pure function from a proposal, a certificate and a policy to a decision.

No clock, no chance, no database: the audit coin and the certificate are handed in, so that history can be replayed
under other targets. Every rule that holds is named in the decision's reasons, the first that mattered first.
"""

import re

from core.contracts import (
    FAMILY,
    INHERITED,
    TIERS,
    WHOLE,
    Certificate,
    Decision,
    Policy,
    Proposal,
    Reason,
    Tier,
    WorkItem,
)
from core.gate.links import foreign_links
from core.gate.words import PLACES

UNTRUSTED = frozenset({"ticket", "document", "tool", "agent"})
HELD_BY = {"broken_rules": "rule_broken", "came_before": "came_before"}  # signals of a document that a person must see
_IMAGE = re.compile(r"!\[|<img\b", re.IGNORECASE)


def lower_tier(first: Tier, second: Tier) -> Tier:
    """Return the lower of two tiers: a manifest's is a ceiling, a live setting may only lower it."""
    return TIERS[min(TIERS.index(first), TIERS.index(second))]


def decide(
    item: WorkItem,
    proposal: Proposal,
    policy: Policy,
    certificate: Certificate | None,
    *,
    audit_probability: float = 0.0,
    audit_coin: float = 1.0,
    audit_smallest: float | None = None,
    flagged: bool = False,
) -> Decision:
    """Decide on a proposal: automate (send), hold (a person reviews the draft) or decline (a person writes).

    `audit_coin` is uniform in [0, 1) and drawn before the outcome is known; the run is audited when it falls below
    `audit_probability`. `audit_smallest` is what a run that nothing speaks against would have had (default: the same).
    """
    reasons = _declined(proposal, policy) or _held(item, proposal, policy, certificate)
    if proposal.kind == "abstain" or policy.tier == "off":
        action = "decline"
    elif reasons:
        action = "hold"
    else:
        action = "automate"
    if action == "automate" and certificate is not None:
        reasons = [_certified(proposal, certificate)]
    return Decision.model_validate(
        {
            "action": action,
            "reasons": tuple(reasons),
            "tier": policy.tier,
            "score": proposal.score,
            "threshold": certificate.threshold if certificate else None,
            "certificate_id": certificate.id if certificate else None,
            "audit_probability": audit_probability if proposal.kind != "abstain" else 0.0,
            "audited": proposal.kind != "abstain" and audit_coin < audit_probability,
            "audit_smallest": audit_probability if audit_smallest is None else audit_smallest,
            "flagged": flagged,
        }
    )


def _declined(proposal: Proposal, policy: Policy) -> list[Reason]:
    if policy.tier == "off":
        return [Reason(code="agent_off", values={"agent": proposal.agent})]
    if proposal.kind == "abstain":
        return [Reason(code="no_draft", values={"reason": proposal.reason})]
    return []


def _held(item: WorkItem, proposal: Proposal, policy: Policy, certificate: Certificate | None) -> list[Reason]:
    """Every reason for which a person must look first; empty when it may go out alone."""
    reasons: list[Reason] = []
    if policy.paused:
        reasons.append(Reason(code="paused"))
    if policy.tier in ("shadow", "assisted"):
        reasons.append(Reason(code=f"tier_{policy.tier}", values={"agent": proposal.agent}))
    reasons += _forbidden(item, proposal, policy)
    if certificate is None:
        reasons.append(Reason(code="no_certificate", values={"agent": proposal.agent, "target": policy.target}))
    elif certificate.target < policy.target or certificate.confidence < policy.confidence:
        values = {"certified": certificate.target, "target": policy.target}
        reasons.append(Reason(code="certificate_too_low", values=values))
    elif (policy.critical_target or 0.0) > (certificate.critical_target or 0.0):
        reasons.append(Reason(code="critical_uncertified", values={"target": policy.critical_target}))
    elif proposal.score < certificate.threshold:
        values = {"score": round(proposal.score, PLACES), "threshold": round(certificate.threshold, PLACES)}
        reasons.append(Reason(code="score_below_threshold", values=values))
    return reasons


def _forbidden(item: WorkItem, proposal: Proposal, policy: Policy) -> list[Reason]:
    reasons: list[Reason] = []
    for action in proposal.actions:
        if action.name not in policy.may:
            reasons.append(Reason(code="action_not_allowed", values={"action": action.name}))
        if action.name in policy.verified_only and not (item.customer and item.customer.verified):
            reasons.append(Reason(code="customer_not_verified", values={"action": action.name}))
        if action.name in policy.confirm_first and not action.confirmed:
            reasons.append(Reason(code="not_confirmed", values={"action": action.name}))
        for argument in policy.sinks.get(action.name, ()):
            source = action.provenance.get(argument, "agent")
            if argument in action.arguments and source in UNTRUSTED:
                values = {"action": action.name, "argument": argument, "source": source}
                reasons.append(Reason(code="untrusted_argument", values=values))
    if _IMAGE.search(proposal.reply):
        reasons.append(Reason(code="image_in_reply"))
    reasons += [
        Reason(code="link_not_allowed", values={"link": link[:200]})
        for link in foreign_links(proposal.reply, policy.allowed_links)
    ]
    if proposal.kind == "fields":
        missing = [f.name for f in proposal.fields if f.value is not None and f.evidence is None]
        if missing:
            reasons.append(Reason(code="value_without_evidence", values={"fields": missing}))
        seen = [code for signal, code in HELD_BY.items() if proposal.signals.get(signal)]
        reasons += [Reason(code=code, values={"reason": proposal.reason}) for code in seen]
    return reasons


def _certified(proposal: Proposal, certificate: Certificate) -> Reason:
    """What let it out: the agent's own certificate, that of its family, or that of the version before, by choice."""
    code, values = "certified", {}
    if certificate.method == INHERITED:
        code = "certified_inherited"
        values = {"until": f"{certificate.expires_at:%Y-%m-%d}" if certificate.expires_at else "–"}
    elif certificate.agent.startswith(FAMILY):
        code, values = "certified_family", {"family": certificate.agent.removeprefix(FAMILY)}
    return Reason(
        code=code,
        values={
            **values,
            "score": round(proposal.score, PLACES),
            "threshold": round(certificate.threshold, PLACES),
            "target": certificate.target,
            "k": certificate.k,
            "n": certificate.n,
            "simulated": certificate.simulated,
        },
    )


def pick_certificate(
    certificates: tuple[Certificate, ...],
    agent: str,
    fingerprint: str,
    family: str,
    family_fingerprint: str,
    intent: str = "",
) -> Certificate | None:
    """Return the certificate that speaks for a run: the agent's own at this fingerprint, else its family's.

    An agent with certificates of single intents goes out in these alone; its other runs are nobody's, its family's
    neither."""
    for name, wanted in ((agent, fingerprint), (f"{FAMILY}{family}", family_fingerprint)):
        found = [one for one in certificates if one.agent == name and one.fingerprint == wanted]
        if found:
            return next((one for one in found if one.slice in (WHOLE, intent)), None)
    return None
