"""From a catalog's entry to an agent that can run: code is loaded here, lazily, and only in workers.

Most agents are configuration and run on their engine. Where that is not enough, agent.py may define

    def run(agent: Agent, item: WorkItem, context: Context, engine: Engine) -> Proposal: ...

which is called instead, with the engine of its manifest at hand.
"""

import hashlib
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from agents.agent_module import load_module
from agents.catalog import Catalog
from agents.contract import Agent, Context, Engine
from agents.manifest import Manifest
from core.contracts import Proposal, WorkItem
from core.errors import Broken, SaolaError
from core.settings import settings

ENGINES: Mapping[str, tuple[str, str]] = {
    "answers": ("agents.engines.answers", "AnswersEngine"),
    "llm": ("agents.engines.llm", "LlmEngine"),
    "extract": ("agents.engines.extract", "ExtractEngine"),
}


class Loader:
    """Loads agents of one catalog. `engines` hands in ready ones (tests, case runs); others are made when needed."""

    def __init__(self, catalog: Catalog, engines: Mapping[str, Engine] | None = None) -> None:
        self.catalog = catalog
        self._engines: dict[str, Engine] = dict(engines or {})
        self._agents: dict[tuple[str, str], Agent] = {}

    def load(self, name: str, triage_fingerprint: str = "none") -> Agent:
        """Return the agent as its folder is. Raises Rejected if there is none, TryLater while its folder changes."""
        entry = self.catalog.get(name)
        kept = self._agents.get((name, triage_fingerprint))
        if kept is not None and kept.version == entry.version and kept.manifest == entry.manifest:
            return kept
        agent = Agent(
            manifest=entry.manifest,
            folder=entry.folder,
            version=entry.version,
            fingerprint=fingerprint(entry.manifest, entry.content_hash, triage_fingerprint),
            files=entry.files,
        )
        # Older versions of the same agent go: a worker holds only what it uses.
        self._agents = {key: one for key, one in self._agents.items() if key[0] != name or one.version == entry.version}
        self._agents[(name, triage_fingerprint)] = agent
        return agent

    def engine(self, agent: Agent) -> Engine:
        """Return what runs the agent: its engine, or the `run` of its agent.py. Raises Broken where that fails."""
        engine = self._engine(agent.manifest.engine)
        source = agent.files.get("agent.py")
        if source is None:
            return engine
        path = agent.folder / "agent.py"
        run = getattr(load_module(path, agent.manifest.name, agent.version, source), "run", None)
        return engine if run is None else _OwnRun(run, engine, str(path))

    def _engine(self, name: str) -> Engine:
        if name not in self._engines:
            module, maker = ENGINES[name]
            try:
                self._engines[name] = getattr(import_module(module), maker)()
            except ImportError as error:
                raise Broken(f"the engine {name!r} cannot be loaded: {error}") from error
        return self._engines[name]


def fingerprint(manifest: Manifest, content_hash: str, triage_fingerprint: str) -> str:
    """Return 16 hex digits that change with anything that could change a proposal or its score: the folder, the model,
    the model that was learnt for its scores, and, for agents of tickets, the triage classifier with its calibrator.

    triage_fingerprint: that of triage, and behind a stroke those of learnt scores (Workshop.scored_by)."""
    parts = [content_hash]
    if manifest.asks_a_model:
        parts += [str(manifest.model or settings().model), manifest.base_url or settings().model_base_url]
    if manifest.kind == "agent":
        parts.append(triage_fingerprint)
    elif learnt := triage_fingerprint.partition("|")[2]:
        parts.append(learnt)
    return hashlib.sha256("|".join([manifest.name, *parts]).encode()).hexdigest()[:16]


class _OwnRun:
    def __init__(self, run: Callable[..., Any], engine: Engine, path: str) -> None:
        self._run, self._engine, self._path = run, engine, path

    def run(self, agent: Agent, item: WorkItem, context: Context) -> Proposal:
        try:
            proposal = self._run(agent, item, context, self._engine)
        except SaolaError:
            raise
        except Exception as error:
            raise Broken(f"{self._path}: run raised {type(error).__name__}: {error}") from error
        if not isinstance(proposal, Proposal):
            raise Broken(f"{self._path}: run returned {type(proposal).__name__} instead of a Proposal")
        return proposal
