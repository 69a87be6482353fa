"""The answers engine: approved text only, in the customer's language, with slots from verified look-ups.

It says nothing it has no source for: no intent, no approved answer in that language, a slot without a value, or an
answer that the customer has been given already all end in an abstention that says why. Where two intents of the agent
are close it asks one question, once a ticket.
"""

from functools import lru_cache

from agents import answers_file
from agents.answers_file import AnswersFile, Intent
from agents.contract import Agent, Context
from agents.engines import slots
from agents.yaml_errors import Invalid
from core.contracts import Proposal, Source, WorkItem
from core.errors import Broken

CLEAR = 0.60  # at and above this probability the best intent is answered without asking
BOTH = 0.80  # below it, a question is asked where one of the two best is this probable,
SECOND = 0.20  # and the second best alone at least this
QUESTIONS = {
    "en": 'To answer well: is it about "{first}" or about "{second}"?',
    "de": "Damit wir richtig antworten: Geht es um „{first}“ oder um „{second}“?",
    "vi": 'Để trả lời chính xác, xin cho biết Quý khách hỏi về "{first}" hay về "{second}"?',
}


class AnswersEngine:
    """Runs answers agents. Keeps nothing between runs but parsed answers files."""

    def run(self, agent: Agent, item: WorkItem, context: Context) -> Proposal:
        """Return the approved answer to the routed intent, or an abstention. Raises Broken for an unreadable file."""
        route = context.route
        file = _parsed(str(agent.folder), agent.files.get("answers.md", ""))
        language = route.language
        common = {
            "agent": agent.manifest.name,
            "agent_version": agent.version,
            "fingerprint": agent.fingerprint,
            "intent": route.intent,
            "language": language,
            "signals": dict(route.signals),
        }

        def abstain(reason: str) -> Proposal:
            return Proposal.model_validate({**common, "kind": "abstain", "reason": reason, "score": 0.0})

        intent = file.intents.get(route.intent)
        if intent is None:
            return abstain(f"there is no approved answer for {route.intent!r}" if route.intent else "nothing fits")
        question = _question(agent.manifest.name, file, intent, item, context)
        if question:
            both = min(1.0, route.score + route.signals.get("runner_up", 0.0))
            sources = _sources(agent, intent, language)
            return Proposal.model_validate(
                {**common, "kind": "reply", "reply": question, "question": True, "score": both, "sources": sources}
            )
        if not intent.answers:
            found = abstain(f"{intent.summary or intent.name}: a person answers this")
            return found.model_copy(update={"signals": {**found.signals, "person": 1.0}})
        if language not in intent.answers:
            return abstain(f"there is no approved answer in {language!r} for {intent.name!r}")
        needed = intent.slots(language)
        values, looked_up = slots.values(agent, item, context, needed)
        reply = answers_file.fill(intent.answers[language], values)
        if reply is None:
            wanted = ", ".join(slot for slot in needed if slot not in values)
            return abstain(f"the answer needs {wanted}, which no verified look-up gives")
        if any(message.author != "customer" and message.text.strip() == reply.strip() for message in item.messages):
            return abstain("the customer has had this answer already and wrote again")
        sources = (*_sources(agent, intent, language), *looked_up)
        return Proposal.model_validate(
            {**common, "kind": "reply", "reply": reply, "score": route.score, "sources": sources}
        )


@lru_cache(maxsize=2048)  # a worker of many agents uses them by turns
def _parsed(folder: str, text: str) -> AnswersFile:
    try:
        return answers_file.parse(text)
    except Invalid as error:
        raise Broken(f"{folder}/answers.md: {error}") from None


def _sources(agent: Agent, intent: Intent, language: str) -> tuple[Source, ...]:
    """The approved answer, as it was approved: values are put in for its slots."""
    identity = f"{agent.manifest.name}/{intent.name}/{language}"
    quote = intent.answers.get(language, "")
    return (Source(kind="answer", id=identity, title=intent.summary or intent.name, quote=quote),)


def _question(name: str, file: AnswersFile, first: Intent, item: WorkItem, context: Context) -> str:
    """Return one clarifying question, or '' where none is called for, or was asked before."""
    route = context.route
    agent, _, other = route.runner_up.partition("/")
    runner_up = route.signals.get("runner_up", 0.0)
    if route.score >= CLEAR or runner_up < SECOND or route.score + runner_up < BOTH:
        return ""
    if agent != name or other not in file.intents or any(one.author == "agent" for one in item.messages):
        return ""
    wording = QUESTIONS.get(route.language)
    names = [_said(intent, route.language) for intent in (first, file.intents[other])]
    return wording.format(first=names[0], second=names[1]) if wording and all(names) else ""


def _said(intent: Intent, language: str) -> str:
    """Return how customers say the intent in this language: its first example."""
    return next((one.text.rstrip(" .?!") for one in intent.examples if one.language == language), "")
