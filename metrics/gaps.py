"""Knowledge gaps: the intents whose automation would add most to the workload share, and what keeps them back."""

from collections.abc import Mapping

from core.contracts import Frozen
from metrics.estimate import Estimate, share
from metrics.handoffs import WhyHeld
from metrics.sums import Sums

TEN = 10


class KnowledgeGap(Frozen):
    """One intent: what automating the rest of it would add to the workload share, at most.

    adds          points of workload share, 0 to 1, if every ticket of it were automated for good
    minutes       what a person needs for one, as measured
    automated     the share that agents deal with now
    unattempted   tickets for which no agent made a draft: knowledge is missing altogether
    held          the gate's reasons for the others, most frequent first
    missing       in one sentence, what it takes
    """

    intent: str
    tickets: int
    adds: float
    minutes: float | None
    automated: Estimate
    unattempted: int
    held: tuple[WhyHeld, ...]
    missing: str


def gaps(sums: Sums, held: Mapping[str, Mapping[str, int]]) -> tuple[KnowledgeGap, ...]:
    """The ten intents that would add most, largest first. held: the gate's reasons by intent.

    Without measured handling times every ticket weighs the same.
    """

    def seconds(intent: str) -> float:
        return sums.minutes.seconds(intent) if sums.minutes else 1.0

    total = sum(counts["settled"] * seconds(intent) for intent, counts in sums.by_intent.items())
    if total <= 0:
        return ()
    rest = {i: (c["settled"] - c["durable"]) * seconds(i) / total for i, c in sums.by_intent.items()}
    chosen = sorted((i for i in rest if rest[i] > 0), key=lambda i: (-rest[i], i))[:TEN]
    return tuple(_gap(intent, rest[intent], sums, held.get(intent, {})) for intent in chosen)


def _gap(intent: str, adds: float, sums: Sums, held: Mapping[str, int]) -> KnowledgeGap:
    counts = sums.by_intent[intent]
    reasons = sorted(held.items(), key=lambda pair: (-pair[1], pair))
    unattempted = counts["settled"] - counts["attempted"]
    return KnowledgeGap(
        intent=intent,
        tickets=counts["settled"],
        adds=adds,
        minutes=sums.minutes.seconds(intent) / 60 if sums.minutes else None,
        automated=share(counts["durable"], counts["settled"], missing="no ticket is 7 days old yet"),
        unattempted=unattempted,
        held=tuple(WhyHeld(code=code, tickets=n) for code, n in reasons if n),
        missing=_missing(intent, counts, unattempted, [code for code, n in reasons if n]),
    )


def _missing(intent: str, counts: Mapping[str, int], unattempted: int, reasons: list[str]) -> str:
    rest = counts["settled"] - counts["durable"]
    if not intent:
        return "no intent of any agent fits these tickets: an intent, with approved answers"
    if unattempted * 2 >= rest:
        return "approved answers or a tool: agents made no draft for most of them"
    if counts["contained"] - counts["durable"] > (counts["settled"] - counts["contained"]):
        return "better answers: customers came back after most of them"
    if "no_certificate" in reasons[:2] or "certificate_too_low" in reasons[:2]:
        return "audits: drafts are there, and not yet certified"
    return "surer drafts: most were held for a person"
