"""Chat models that follow a script (script_turns.py): part of the product, so that an agent's cases run without a
model, a key or chance."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable

from agents.llm.breaker import Breaker
from agents.llm.providers import Model
from agents.llm.script_turns import Turn, calls_of
from core.errors import Broken

Script = Sequence[Turn] | Callable[[Sequence[BaseMessage]], Turn]


class ScriptedChat(BaseChatModel):
    """A chat model that plays a script, or asks a function of the messages so far for its next turn."""

    script: Any

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[Any], **options: Any) -> Runnable[Any, AIMessage]:  # noqa: ARG002 - LangChain's
        """Accept tools without a word: the script knows which it calls."""
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 - the signature is LangChain's
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 - the same
        **options: Any,  # noqa: ARG002 - the same
    ) -> ChatResult:
        number = sum(isinstance(message, AIMessage) for message in messages)
        if callable(self.script):
            turn = self.script(messages)
        elif number < len(self.script):
            turn = self.script[number]
        else:
            raise Broken(f"the script has {len(self.script)} turns and the model is asked for one more")
        message = message_of(turn, number)
        read = sum(len(str(m.content)) for m in messages) // 4
        written = len(str(message.content) + json.dumps([call["args"] for call in message.tool_calls])) // 4
        message.usage_metadata = {"input_tokens": read, "output_tokens": written, "total_tokens": read + written}
        return ChatResult(generations=[ChatGeneration(message=message)])


def message_of(turn: Turn, number: int) -> AIMessage:
    """Return a turn as the message that a chat model would give back; `number` makes its call ids unique."""
    calls = [
        {"name": name, "args": arguments, "id": f"call_{number}_{place}"}
        for place, (name, arguments) in enumerate(calls_of(turn))
    ]
    return AIMessage(content=turn.get("text", ""), tool_calls=calls)


def scripted_chain(script: Script, name: str = "scripted:script") -> tuple[Model, ...]:
    """Return a chain of one model that plays `script`."""
    return (Model(name=name, chat=ScriptedChat(script=script), breaker=Breaker()),)
