"""A forecast from past tickets: what could be automated at which accuracy, before anything is set up.

Each ticket is answered by a classifier that has not seen it (two halves, each by what the other taught), and held to
what the company did. Right means: it is the intent, and so the answer, that people gave. Whether an answer's words and
facts are right is for audits to say.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.triage.embedder import BundledEmbedder, Embedder, clean
from agents.triage.examples import OUT_OF_SCOPE, Example
from agents.triage.training import train
from core.contracts import Frozen
from core.errors import Rejected
from metrics.certificates import binomial
from metrics.certificates.curve import Curve, risk_curve, share_at

TARGETS = (0.90, 0.95, 0.97, 0.99)
LEAST_TICKETS = 100
LEAST_OF_INTENT = 30  # routed to it, before a share of its own is shown
FEW_EXAMPLES = 10
ALIKE = 0.55  # cosine of centred reply vectors from which two replies are one answer
RECURS = 3  # tickets with one answer, before it is an intent
MOST_REPLIES = 4_000

Floats = NDArray[np.float64]


class Past(NamedTuple):
    """A past ticket: what was asked, in which language, what was answered, and its intent where the file says so."""

    text: str
    reply: str = ""
    language: str = ""
    label: str = ""


class Share(Frozen):
    """At a target: the share of all tickets with its 95 % interval. `audits_first`: about how many audits until a
    first certificate; `audits_most`: until it covers four fifths of the share; None where the past shows no level that
    is right so often. `audits_least`: as many at least, were the truth at the band's upper end; None where that too is
    not above the target, or no number of audits that anybody judges would do."""

    target: float
    share: float
    low: float
    high: float
    audits_first: int | None
    audits_most: int | None
    audits_least: int | None


class IntentForecast(Frozen):
    """One intent: its tickets, how many the classifier sent there and how many of these rightly, and its shares."""

    intent: str
    tickets: int
    routed: int
    right: int
    low: float
    high: float
    shares: tuple[Share, ...]
    gaps: tuple[str, ...]


class Forecast(Frozen):
    """What the past says. `labels` tells where the intents come from: the file, or groups of replies alike."""

    tickets: int
    intents: int
    labels: str
    without_intent: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    shares: tuple[Share, ...]
    by_intent: tuple[IntentForecast, ...]
    samples_without_intent: tuple[str, ...]


class Remembering:
    """An embedder that embeds a text once and says after each how far it is."""

    def __init__(self, inner: Embedder, advance: Callable[[int], None]) -> None:
        self.inner, self.advance = inner, advance
        self.name = inner.name
        self._known: dict[str, NDArray[np.float32]] = {}

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return n x d vectors."""
        for text in texts:
            if text not in self._known:
                self._known[text] = self.inner.embed([text])[0]
                self.advance(1)
        return np.stack([self._known[text] for text in texts]) if texts else self.inner.embed([])


def assess(
    tickets: Sequence[Past], *, advance: Callable[[int], None] = lambda _: None, embedder: Embedder | None = None
) -> Forecast:
    """The forecast. Raises Rejected where there are too few tickets, or nothing tells what was right."""
    if len(tickets) < LEAST_TICKETS:
        told = f"{len(tickets)} tickets are too few for a forecast: at least {LEAST_TICKETS}"
        raise Rejected(told, code="too_few_tickets")
    labels, source = _labels(tickets, advance)
    if len({label for label in labels if label != OUT_OF_SCOPE}) < 2:
        hint = "Name the column with the intent (--label) or with the reply that was sent (--reply)."
        raise Rejected("nothing in the file tells tickets of one kind from another", code="no_labels", hint=hint)
    memory = Remembering(embedder or BundledEmbedder(), advance)
    score, routed = _answers(tickets, labels, memory)
    right = np.array([said == true for said, true in zip(routed, labels, strict=True)], dtype=float)
    k = int(right.sum())
    low, high = binomial.interval(k, len(labels))
    outside = [ticket.text for ticket, label in zip(tickets, labels, strict=True) if label == OUT_OF_SCOPE]
    return Forecast(
        tickets=len(tickets),
        intents=len(set(labels) - {OUT_OF_SCOPE}),
        labels=source,
        without_intent=len(outside),
        accuracy=k / len(labels),
        accuracy_low=low,
        accuracy_high=high,
        shares=_shares(score, right, 1.0),
        by_intent=_by_intent(tickets, labels, routed, score, right),
        samples_without_intent=tuple(" ".join(text.split())[:100] for text in outside[:3]),
    )


def _labels(tickets: Sequence[Past], advance: Callable[[int], None]) -> tuple[list[str], str]:
    """An intent for each ticket: the file's, or the group of tickets that were answered alike."""
    if any(ticket.label for ticket in tickets):
        counts = Counter(ticket.label for ticket in tickets)
        known = {label for label, count in counts.items() if label and count >= RECURS}
        return [ticket.label if ticket.label in known else OUT_OF_SCOPE for ticket in tickets], "the file's own"
    found = group_replies([ticket.reply for ticket in tickets], advance)
    names = {number: _name(tickets, found, number) for number in set(found) if number >= 0}
    return [names.get(number, OUT_OF_SCOPE) for number in found], "groups of tickets that were answered alike"


def group_replies(replies: Sequence[str], advance: Callable[[int], None]) -> list[int]:
    """Number groups of replies that say the same: -1 where an answer was given fewer than three times."""
    from sklearn.cluster import AgglomerativeClustering

    bare = [
        _without_greeting(clean(reply.strip())) for reply in replies
    ]  # or replies would be alike by whom they greet
    written = sorted({text for text in bare if text})
    if len(written) > MOST_REPLIES:
        told = f"{len(written):,} different replies are more than can be compared: at most {MOST_REPLIES:,}"
        raise Rejected(told, code="too_many_replies", hint="Take fewer rows: --limit 4000.")
    if len(written) < 2:
        return [0 if reply.strip() else -1 for reply in replies]
    vectors = Remembering(BundledEmbedder(kind="passage"), advance).embed(written)
    centred = vectors - vectors.mean(axis=0)
    centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    made = AgglomerativeClustering(n_clusters=None, metric="cosine", linkage="average", distance_threshold=1 - ALIKE)
    group_of = dict(zip(written, made.fit_predict(centred).tolist(), strict=True))
    found = [group_of.get(text, -1) for text in bare]
    counts = Counter(found)
    return [number if number >= 0 and counts[number] >= RECURS else -1 for number in found]


GREETING = re.compile(
    r"(dear|hi|hello|good (morning|day|evening)|hallo|guten (morgen|tag|abend)|sehr geehrte\w*|liebe\w*|chào|xin chào|"
    r"kính (gửi|chào)|thưa)\b[^,.!:\n]{0,60}[,.!:\n]+\s*",
    re.IGNORECASE,
)


def _without_greeting(text: str) -> str:
    """A reply without the words that greet its reader by name; one that is nothing else stays."""
    return GREETING.sub("", text, count=1) or text if GREETING.match(text) else text


def _name(tickets: Sequence[Past], groups: Sequence[int], number: int) -> str:
    """A group is called by the reply that was given most often in it."""
    replies = Counter(t.reply.strip() for t, group in zip(tickets, groups, strict=True) if group == number)
    return " ".join(replies.most_common(1)[0][0].split())[:60]


def _answers(tickets: Sequence[Past], labels: Sequence[str], embedder: Embedder) -> tuple[Floats, list[str]]:
    """Score and intent for each ticket, from the half that it is not in."""
    half = np.array([number % 2 for number in range(len(tickets))])
    score, routed = np.zeros(len(tickets)), [""] * len(tickets)
    for test in (0, 1):
        rows = [n for n in range(len(tickets)) if half[n] != test]
        taught = [Example(tickets[n].text, labels[n], tickets[n].language) for n in rows]
        classifier = train(taught, embedder=embedder)
        asked = [n for n in range(len(tickets)) if half[n] == test]
        for n, scored in zip(asked, classifier.route([tickets[n].text for n in asked], embedder=embedder), strict=True):
            score[n], routed[n] = scored.score, scored.label
    return score, routed


def _shares(score: Floats, right: Floats, part: float) -> tuple[Share, ...]:
    curve = risk_curve(score, right, population=score)
    made = []
    for target in TARGETS:
        share, low, high = share_at(curve, target)
        first, most = _audits(curve, target, share)
        made.append(
            Share(
                target=target,
                share=part * share,
                low=part * low,
                high=part * high,
                audits_first=first,
                audits_most=most,
                audits_least=_least(curve, target),
            )
        )
    return tuple(made)


def _audits(curve: Curve, target: float, share: float) -> tuple[int | None, int | None]:
    """About how many audits, drawn from all drafts, certify the easiest level, and one with most of the share."""
    if share <= 0:
        return None, None
    cautious = np.where(curve.audits < LEAST_OF_INTENT, 0, curve.accuracy - 0.5 / np.maximum(curve.audits, 1))
    needed = _needed(curve, cautious, target)
    first = min((count for _, count in needed), default=None)
    most = min((count for part, count in needed if part >= 0.8 * share), default=None)
    return first, most


def _least(curve: Curve, target: float) -> int | None:
    """As few audits as the band allows: were every level as right as its interval's upper end."""
    return min((count for _, count in _needed(curve, curve.high, target)), default=None)


def _needed(curve: Curve, accuracy: Floats, target: float) -> list[tuple[float, int]]:
    """For each level that is certified some day, were it right so often: its share, and audits of all drafts."""
    needed = []
    for part, rate in zip(curve.shares, accuracy, strict=True):
        if rate > target:
            at_level = binomial.audits_for_rate(float(1 - rate), target, 0.975)
            if at_level is not None:
                needed.append((float(part), int(np.ceil(at_level / part))))
    return needed


def _by_intent(
    tickets: Sequence[Past], labels: Sequence[str], routed: Sequence[str], score: Floats, right: Floats
) -> tuple[IntentForecast, ...]:
    truly = Counter(labels)
    made = []
    for intent, count in truly.most_common():
        if intent == OUT_OF_SCOPE:
            continue
        sent = np.array([said == intent for said in routed])
        n, k = int(sent.sum()), int(right[sent].sum())
        low, high = binomial.interval(k, n)
        of_intent = [ticket for ticket, label in zip(tickets, labels, strict=True) if label == intent]
        made.append(
            IntentForecast(
                intent=intent,
                tickets=count,
                routed=n,
                right=k,
                low=low,
                high=high,
                shares=_shares(score[sent], right[sent], n / len(tickets)) if n >= LEAST_OF_INTENT else (),
                gaps=_gaps(of_intent),
            )
        )
    return tuple(made)


def _gaps(tickets: Sequence[Past]) -> tuple[str, ...]:
    """Which knowledge an intent lacks."""
    gaps = []
    if len(tickets) < FEW_EXAMPLES:
        gaps.append(f"{len(tickets)} examples: {FEW_EXAMPLES} or more are better")
    by_language: dict[str, int] = defaultdict(int)
    for ticket in tickets:
        by_language[ticket.language] += 1
    gaps += [f"{count} examples in {name}" for name, count in sorted(by_language.items()) if name and count < 5]
    replies = Counter(" ".join(ticket.reply.split()) for ticket in tickets if ticket.reply)
    if replies.total() >= 5:
        usual = replies.most_common(1)[0][0]
        alike = sum(count for reply, count in replies.items() if _alike(reply, usual))
        if alike < replies.total() / 2:
            gaps.append(
                f"only {alike} of {replies.total()} replies are alike: one approved answer or a look-up is missing"
            )
    return tuple(gaps)


def _alike(first: str, second: str) -> bool:
    """Whether two replies share most of their words: names and greetings may differ."""
    a, b = set(first.lower().split()), set(second.lower().split())
    return len(a & b) >= 0.6 * len(a | b)
