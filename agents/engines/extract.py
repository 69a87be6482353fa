"""The extract engine: reads the fields of one document as its fields.yaml says.

Who reads is the manifest's `read_by`: rules (no language model), a model, or both; then what both read alike is surer.
"""

import time
from functools import lru_cache
from typing import Any, NamedTuple

from agents import yaml_errors
from agents.contract import Agent, Context
from agents.documents import joint
from agents.documents.classify import Kind, classify
from agents.documents.einvoice.beyond import doubts
from agents.documents.einvoice.rules import check
from agents.documents.extract.engine import checked, document_score, extract, marked
from agents.documents.extract.exact import invoice_of
from agents.documents.extract.layout import lay_out
from agents.documents.extract.told import agreed, held_against
from agents.documents.splitting import named, split
from agents.documents.values import Reading
from agents.fields_file import FieldsFile
from core.contracts import FieldValue, Proposal, Usage, WorkItem
from core.errors import Broken, NeedsHuman, Rejected
from core.settings import settings as all_settings

FIELDS = "fields.yaml"
MOST_NAMED = 5
UNSEEN = 0.7  # times the score of fields that the model should have read too and could not
LEAST_FITTING = 0.15  # a document that fits the processor's types less, and another type twice as well, is declined


class ModelsFields(NamedTuple):
    """What was read with a model: the fields, the document's score, the share on which both agree, what it used."""

    fields: tuple[FieldValue, ...]
    score: float
    agreement: float | None
    usage: Usage


class ExtractEngine:
    """Runs document processors. Keeps nothing between runs but the parsed fields files.

    `settings` are those of language models (agents.llm.settings.ModelSettings); tests hand in their own.
    """

    def __init__(self, settings: Any = None) -> None:
        self._settings = settings

    def run(self, agent: Agent, item: WorkItem, context: Context) -> Proposal:
        """Read the item's document and propose its fields; abstain when the file holds several documents or one of
        another type, or nothing was found. Raises Rejected when the item holds no document or the file must be
        refused, Broken when the worker offers no reader."""
        started = time.monotonic()
        if not item.documents:
            raise Rejected("the item holds no document", code="no_document")
        if context.read_document is None:
            raise Broken("this worker offers no read_document capability to the extract engine")
        file = fields_file(agent)
        reading = context.read_document(item.documents[0].id)
        kind = classify(reading)
        wanted = agent.manifest.accepts.document_types or file.document_types
        fitting = sum(kind.scores.get(name, 0.0) for name in wanted)

        def propose(what: str, reason: str = "", **values: object) -> Proposal:
            return Proposal.model_validate(
                {
                    "agent": agent.manifest.name,
                    "agent_version": agent.version,
                    "fingerprint": agent.fingerprint,
                    "kind": what,
                    "intent": kind.type,
                    "document_type": kind.type,
                    "language": reading.language,
                    "reason": reason,
                    "usage": Usage(seconds=time.monotonic() - started),
                    **values,
                }
            )

        documents = split(reading)
        if len(documents) > 1:
            return propose("abstain", f"the file holds {len(documents)} documents: {named(documents)}")
        if _is_another(kind, fitting):
            return propose("abstain", f"it looks like a document of type {kind.type!r}, not {' or '.join(wanted)}")
        told: ModelsFields | None = None
        if agent.manifest.read_by == "rules":
            fields, score = extract(reading, file)
        else:
            told = self._with_model(agent, item, reading, file, context)
            fields, score = told.fields, told.score
        if not any(field.value is not None for field in fields):
            return propose("abstain", "none of the fields was found")
        broken, doubtful = broken_rules(reading), doubts_of(reading)
        whole = round(score * (0.5 + 0.5 * fitting), 4)
        signals = {joint.DOCUMENT: whole, joint.TYPE: round(fitting, 4), "pages": float(len(reading.pages))}
        signals |= {f"{joint.FIELD}{field.name}": field.score for field in fields if field.value is not None}
        signals |= {joint.RULES: float(len(broken))} if broken else {}
        signals |= {"doubts": float(len(doubtful))} if doubtful else {}
        values: dict[str, object] = {}
        if told is not None:
            signals |= {joint.AGREEMENT: told.agreement} if told.agreement is not None else {}
            values["usage"] = told.usage.model_copy(update={"seconds": time.monotonic() - started})
        score = joint.score(signals, context.confidence)
        reason = "; ".join([*broken, *doubtful][:MOST_NAMED])
        return propose("fields", reason, fields=fields, score=score, signals=signals, **values)

    def _with_model(
        self, agent: Agent, item: WorkItem, reading: Reading, file: FieldsFile, context: Context
    ) -> ModelsFields:
        """Read with a model, alone or beside the rules. Values from XML, codes and machine-readable zones stay the
        rules'. Raises Broken where pages are to be shown and the worker cannot draw them."""
        from agents.llm.extraction import MOST_PICTURES, ModelReader  # LangChain takes seconds to load
        from agents.llm.settings import ModelSettings

        pictures = _pictures(agent, item, reading, context, MOST_PICTURES)
        reader = ModelReader(self._settings or ModelSettings.of(all_settings()))
        read, _ = extract(reading, file)
        both = agent.manifest.read_by == "both"
        try:
            told, usage = reader.read(agent, reading, file, context, pictures)
        except NeedsHuman as error:
            if not both:
                raise
            doubtful = tuple(one.model_copy(update={"score": one.score * UNSEEN, "reason": str(error)}) for one in read)
            return ModelsFields(doubtful, document_score(doubtful), 0.0, Usage(**(error.spent or {})))
        exact = {one.name: one for one in read if one.evidence is not None and one.evidence.kind in ("xml", "code")}
        model = [exact.get(one.name, one) for one in held_against(lay_out(reading), file, told)]
        if both:
            together, agreement = agreed(read, model)
            merged = marked(together, file)
            return ModelsFields(merged, document_score(merged), agreement, usage)
        tables = [one for one in read if one.type == "table"]  # they are left to the rules
        fields = marked(checked([*model, *tables], file), file)
        return ModelsFields(fields, document_score(fields), None, usage)


def _pictures(agent: Agent, item: WorkItem, reading: Reading, context: Context, most: int) -> list[bytes]:
    if agent.manifest.show == "text":
        return []
    if context.see_page is None:
        raise Broken("this worker offers no see_page capability, which `show: pages` needs")
    return [context.see_page(item.documents[0].id, page + 1) for page in range(min(most, len(reading.pages)))]


def broken_rules(reading: Reading) -> list[str]:
    """Return the rules that the e-invoice in a reading breaks, by name with what is wrong; none without one."""
    invoice = invoice_of(reading)
    return [f"breaks {one.rule}: {one.message}" for one in check(invoice)] if invoice is not None else []


def doubts_of(reading: Reading) -> list[str]:
    """Return what a person should look at in the e-invoice in a reading though it breaks no rule; none without one."""
    invoice = invoice_of(reading)
    return [f"doubtful by {one.rule}: {one.message}" for one in doubts(invoice)] if invoice is not None else []


def fields_file(agent: Agent) -> FieldsFile:
    """Return the agent's parsed fields.yaml. Raises Broken with the line when it is wrong (the catalog refuses such a
    folder before, so this is a surprise)."""
    return _parsed(agent.files.get(FIELDS, ""), agent.manifest.name)


@lru_cache(maxsize=256)
def _parsed(text: str, name: str) -> FieldsFile:
    try:
        return yaml_errors.parse(FieldsFile, text)
    except yaml_errors.Invalid as error:
        raise Broken(f"{FIELDS} of {name}: {error}") from error


def _is_another(kind: Kind, fitting: float) -> bool:
    """Say whether the document is clearly of another type; one whose type is open may still be read."""
    return fitting < LEAST_FITTING and fitting < kind.score / 2
