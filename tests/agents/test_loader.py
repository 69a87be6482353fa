import os
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from agents.catalog import Catalog
from agents.contract import Agent, Context
from agents.engines.answers import AnswersEngine
from agents.loader import Loader
from core.contracts import Proposal, Route, WorkItem
from core.errors import Broken, Rejected
from tests.agents.folders import ANSWERS, write_agent
from tests.agents.triage.test_route import NOW

OWN_RUN = """\
calls = []
def run(agent, item, context, engine):
    calls.append(1)
    {line}
    return engine.run(agent, item, context).model_copy(update={{"score": {score}}})
"""


def loader_for(root: Path) -> Loader:
    found = Catalog([root], library=False)
    found.refresh()
    return Loader(found)


def run(loader: Loader, agent: Agent) -> Proposal:
    item = WorkItem(id=uuid4(), tenant_id=uuid4(), kind="ticket", received_at=NOW, text="x")
    context = Context(route=Route(agent="cards", intent="card_fee", language="en", score=0.9), deadline=0)
    return loader.engine(agent).run(agent, item, context)


def own(root: Path, code: str) -> tuple[Loader, Agent]:
    write_agent(root)
    (root / "cards" / "agent.py").write_text(code)
    loader = loader_for(root)
    return loader, loader.load("cards")


def test_an_agent_is_loaded_with_its_files_version_and_fingerprint(tmp_path: Path) -> None:
    write_agent(tmp_path)
    loader = loader_for(tmp_path)
    agent = loader.load("cards", "triage1")
    assert agent.files["answers.md"] == ANSWERS
    assert agent.version == loader.catalog.get("cards").version
    assert isinstance(loader.engine(agent), AnswersEngine)
    assert loader.load("cards", "triage1") is agent


def test_another_classifier_or_another_folder_is_another_fingerprint(tmp_path: Path) -> None:
    folder = write_agent(tmp_path)
    loader = loader_for(tmp_path)
    first = loader.load("cards", "triage1").fingerprint
    assert loader.load("cards", "triage2").fingerprint != first
    (folder / "answers.md").write_text(ANSWERS.replace("Nothing.", "Five euros."))
    os.utime(folder / "answers.md", ns=(time.time_ns(), time.time_ns() + 5_000_000))
    loader.catalog.refresh()
    assert loader.load("cards", "triage1").fingerprint != first
    assert "Five euros." in loader.load("cards", "triage1").files["answers.md"]


def test_an_unknown_agent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Rejected):
        loader_for(tmp_path).load("cards")


def test_an_agents_own_run_is_called_with_its_engine_at_hand(tmp_path: Path) -> None:
    code = OWN_RUN.format(score="0.1", line="pass")
    loader, agent = own(tmp_path, code)
    assert run(loader, agent).score == 0.1
    assert run(loader, agent).reply == "Nothing."


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("def run(agent, item, context, engine):\n    return 1 / 0\n", "ZeroDivisionError"),
        ("def run(agent, item, context, engine):\n    return 'hello'\n", "instead of a Proposal"),
        ("x = 1\ndef run(:\n", "agent.py:2: SyntaxError"),
        ("import nothing_of_that_name\n", "agent.py:1: ModuleNotFoundError"),
    ],
)
def test_faulty_code_is_named_with_its_file(tmp_path: Path, code: str, told: str) -> None:
    loader, agent = own(tmp_path, code)
    with pytest.raises(Broken, match=told.replace(".", r"\.")):
        run(loader, agent)


def test_two_versions_of_the_same_code_do_not_share_a_module(tmp_path: Path) -> None:
    loader, agent = own(tmp_path, OWN_RUN.format(score="len(calls) / 10", line="pass"))
    assert [run(loader, agent).score for _ in range(2)] == [0.1, 0.2]
    other, later = own(tmp_path, OWN_RUN.format(score="len(calls) / 10", line="int()"))
    assert run(other, later).score == 0.1


def test_handed_in_engines_are_used(tmp_path: Path) -> None:
    class Silent:
        def run(self, agent: Agent, item: WorkItem, context: Context) -> Any: ...

    write_agent(tmp_path)
    silent = Silent()
    loader = Loader(loader_for(tmp_path).catalog, {"answers": silent})
    assert loader.engine(loader.load("cards")) is silent
