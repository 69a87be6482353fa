"""The simulated reviewer: stands in for the company's staff in the demo, and is named simulated wherever it speaks.

It knows the truth of the generated inbox and judges a proposal by it, blind to scores and thresholds. Nothing that it
knows reaches an agent, a classifier or the gate: they see only its judgements, as they would see a person's.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

from cli.demo.answered import approved, own_words
from cli.demo.inbox import Truth
from cli.demo.phrasebook import topics

APPROVED_WORDS = 0.6  # share of the approved answer's words that must stand in a reply for it to be that answer
PERSONAL_TOUCH = 0.12  # share of right drafts to which staff add a friendly sentence before sending
_TOUCH = {
    "vi": "Chúc Quý khách một ngày tốt lành!",
    "en": "Have a lovely day!",
    "de": "Wir wünschen Ihnen einen schönen Tag!",
}


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """Whether a proposal was right, whether the mistake could do real harm, and why, in a few words."""

    right: bool
    critical: bool = False
    note: str


def judge(truth: Truth, audit: Mapping[str, Any]) -> dict[str, Any]:
    """Judge an audit as the API lists it (agent, intent, language, reply, actions); return the body to post."""
    return asdict(assess(truth, audit))


def assess(truth: Truth, draft: Mapping[str, Any]) -> Judgement:
    """Judge a draft (agent, intent, language, reply, actions): the matter first, then its words."""
    agent, intent, reply = draft["agent"], draft["intent"], draft["reply"]
    harm = truth.critical or bool(draft.get("actions"))
    if truth.label is None:
        return Judgement(right=False, critical=harm, note=f"no agent covers this: {truth.topic.split('/')[1]}")
    if f"{agent}/{intent.split('/')[-1]}" != truth.label:
        return Judgement(right=False, critical=harm, note=f"the customer asked about {truth.label}")
    if truth.second:
        return Judgement(right=False, note=f"leaves a second matter unanswered: {truth.second}")
    if draft["language"] and draft["language"] != truth.language:
        return Judgement(right=False, note=f"answers in {draft['language']}, the customer wrote in {truth.language}")
    if not _answers(truth, reply):
        return Judgement(right=False, note="does not say what the company approved")
    return Judgement(right=True, note="answers what the customer asked")


def decide(truth: Truth, held: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Say what becomes of a held decision as the API lists it: the action (approve, edit, reject, or reply where a
    person writes the answer) and the body to post. The same ticket is always handled alike."""
    random = Random(f"review {truth.ticket_id}")
    minutes = next(topic.minutes for topic in topics() if topic.name == truth.topic) * random.lognormvariate(0, 0.3)
    own = {"text": own_words(truth.topic, truth.second, truth.language, truth.name, truth.order, random)}
    if held["kind"] == "abstain" or not held["reply"]:
        return "reply", {**own, "seconds": round(minutes * 60)}
    judgement = assess(truth, held)
    if judgement.right and random.random() < PERSONAL_TOUCH:
        text = f"{held['reply']}\n\n{_TOUCH[truth.language]}"
        return "edit", {"text": text, "seconds": round(random.uniform(40, 90))}
    if judgement.right:
        return "approve", {"seconds": round(random.uniform(12, 40))}
    if judgement.note.startswith("leaves a second"):
        return "edit", {**own, "seconds": round(random.uniform(90, 240))}
    if truth.label is None:
        return "reply", {**own, "seconds": round(minutes * 60)}
    return "reject", {"reason": judgement.note, "seconds": round(random.uniform(20, 60))}


def after_reject(truth: Truth) -> dict[str, Any]:
    """Return the body of the reply that staff write once they have rejected a draft."""
    random = Random(f"after reject {truth.ticket_id}")
    text = own_words(truth.topic, truth.second, truth.language, truth.name, truth.order, random)
    return {"text": text, "seconds": round(random.uniform(120, 600))}


def answered_right(truth: Truth, history: Mapping[str, Any]) -> bool:
    """Say whether the last reply in a ticket's history (as the API shows it) answered the customer. What staff wrote
    counts as right; an agent's reply does when it says what is approved for the matter, and there was only one."""
    replies = [message for message in history["messages"] if message["author"] != "customer"]
    if not replies:
        return False
    if replies[-1]["author"] == "staff":
        return True
    return truth.label is not None and truth.second is None and _answers(truth, replies[-1]["text"])


def _answers(truth: Truth, reply: str) -> bool:
    """Whether the reply is complete and holds the approved answer of its matter in the customer's language. An agent
    without approved answers (one of the llm engine) passes with any complete reply."""
    if not reply.strip() or re.search(r"\{[a-z_.]+\}", reply):
        return False
    wanted = set(re.findall(r"\w+", approved(truth.label or "", truth.language).casefold())) - {"customer", "name"}
    said = set(re.findall(r"\w+", reply.casefold()))
    return not wanted or len(wanted & said) / len(wanted) >= APPROVED_WORDS
