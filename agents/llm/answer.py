"""The form in which a model ends its run; a module of its own, so that cases are checked without LangChain."""

from pydantic import BaseModel, Field


class Answer(BaseModel):
    """The final answer. Call this once, alone, when everything else is done."""

    reply: str = Field(description="the reply to the customer; empty if you hand over or wait for an action's outcome")
    language: str = Field(description="two-letter code of the reply's language, such as vi, en or de")
    sure: float = Field(ge=0, le=1, description="how sure you are that all of this is right, 0 to 1")
    hand_over: str = Field("", description="why a person must take over, in a few words; empty if nobody must")
    question: bool = Field(False, description="true if the reply only asks the customer for what is missing")
