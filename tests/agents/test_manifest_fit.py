"""What is refused when a folder is read, each with its line and one sentence that says what to write."""

from pathlib import Path

import pytest

from agents import catalog
from tests.agents.folders import write_agent

LLM = """\
name: desk
summary: Sends parcels back.
owner: desk team
engine: llm
"""
SHOP = "openapi: 3.1.0\n"


def told(root: Path, more: str, **files: str) -> list[str]:
    """Return the faults of an llm agent whose manifest ends with `more`, as 'file:line: message'."""
    folder = write_agent(root, "desk", agent_yaml=LLM + more, prompt_md="Help.", shop_yaml=SHOP, **files)
    _, problems = catalog.check(folder)
    return [f"{one.file}:{one.line}: {one.message}" for one in problems]


TOOL = "agent.yaml:5: the tool "
SOURCES = "knowledge, openapi:FILE#operationId, mcp:URL or mcp:stdio:COMMAND"


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ("may: [refund]\n", "agent.yaml:5: may: no tool 'refund' with effect: write stands under tools:"),
        (
            "tools:\n  - {name: send_back, source: 'openapi:shop.yaml#x', effect: write}\nmay: [send_bak, send_back]\n",
            "agent.yaml:7: may: no tool 'send_bak' with effect: write stands under tools: - did you mean 'send_back'?",
        ),
        (
            "tools: [{name: send_back, source: 'openapi:shop.yaml#x', effect: write}]\n",
            TOOL + "'send_back' writes, and may: does not allow it: add it there",
        ),
        ("tools: [{name: find, source: knowledge, sinks: [a]}]\n", TOOL + "'find' has sinks: and only reads: "),
        ("tools: [{name: find, source: knowledge, confirm: true}]\n", TOOL + "'find' has confirm: and only reads: "),
        (
            "tools: [{name: find}]\n",
            TOOL + "'find' is a function of agent.py, which is missing: write it, or say source: " + SOURCES,
        ),
        ("tools: [{name: find, source: opnapi:a}]\n", "agent.yaml:5: source: 'opnapi:a' is not known: write python, "),
        ("tools: [{name: find, source: 'openapi:no.yaml#x'}]\n", "agent.yaml:5: source: the file 'no.yaml' is not in"),
        ("tools: [{name: find, source: 'openapi:shop.yaml'}]\n", "agent.yaml:5: source: 'openapi:shop.yaml' must be"),
        (
            "tools:\n  - {name: find, source: knowledge}\n  - {name: find, source: knowledge}\n",
            "agent.yaml:7: the tool 'find' stands here a second time",
        ),
        ("languages: [english]\n", "agent.yaml:5: languages: 'english' is no language code, such as en, vi or de"),
        ("model: gpt-5-mini\n", "agent.yaml:5: model: 'gpt-5-mini' must be written provider:name, such as "),
        ("larger: {model: big}\n", "agent.yaml:5: larger: 'big' must be written provider:name, such as "),
        ("base_url: localhost:8000\n", "agent.yaml:5: base_url: 'localhost:8000' must begin with http:// or https://"),
        ("otherwise: other\n", "agent.yaml:5: otherwise: is for the engine 'answers'"),
    ],
)
def test_what_does_not_fit_together_is_refused_with_its_line(tmp_path: Path, more: str, fault: str) -> None:
    (found,) = told(tmp_path, more)
    assert found.startswith(fault)


def test_what_fits_is_taken(tmp_path: Path) -> None:
    more = """\
model: [openai:small, anthropic:small]
larger: {model: openai:big}
base_url: http://127.0.0.1:8000/v1
languages: [en, vi]
tools:
  - {name: find}
  - {name: articles, source: knowledge}
  - {name: stock, source: "openapi:./shop.yaml#getStock"}
  - {name: weather, source: "mcp:stdio:python weather.py"}
  - {name: send_back, source: "mcp:http://127.0.0.1:9/mcp#send", effect: write, sinks: [parcel], confirm: true}
may: [send_back]
"""
    assert told(tmp_path, more, agent_py="") == []
