"""A customer's yes to exactly what will be done: for tools with `confirm: true`.

The list of what will be done is written here, from the actions themselves, never by the model: what the customer reads
is what is carried out. An action counts as confirmed if its line stands, word for word, in the last message that we
sent, and the customer's answer is a plain yes and nothing else. "Yes, but ..." is no yes.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from core.contracts import Message

_ASK = {
    "en": "Please confirm with a simple yes that we may do this:",
    "de": "Bitte bestätigen Sie mit einem einfachen Ja, dass wir Folgendes tun dürfen:",
    "vi": 'Vui lòng trả lời "đồng ý" để chúng tôi thực hiện:',
}
# Compared without case, diacritics and punctuation.
_YES = {"yes", "yep", "ok", "okay", "sure", "correct", "confirmed", "i confirm", "go ahead", "yes i confirm"} | {
    "ja", "genau", "bestatigt", "ich bestatige", "einverstanden", "ja ich bestatige",
    "co", "vang", "da", "da vang", "u", "dung", "dung roi", "dong y", "xac nhan", "da dong y", "toi dong y",
}  # fmt: skip
_POLITE = re.compile(r"\b(please|thank you|thanks|bitte|danke|cam on|lam on|nhe|nha|a)\b")


def question(actions: Sequence[tuple[str, Mapping[str, Any]]], language: str) -> str:
    """Return the text that asks for a yes to `actions`, each (name, arguments), in `language` (else English)."""
    return "\n".join([_ASK.get(language, _ASK["en"]), *(line(name, arguments) for name, arguments in actions)])


def line(name: str, arguments: Mapping[str, Any]) -> str:
    """Return the line that stands for one action: the same for the same action, another for any other."""
    told = "; ".join(f"{key.replace('_', ' ')}: {_told(value)}" for key, value in sorted(arguments.items()))
    return f"- {name.replace('_', ' ')} ({told})" if told else f"- {name.replace('_', ' ')}"


def agreed_to(messages: Sequence[Message], text: str) -> frozenset[str]:
    """Return the lines that the customer's newest message, `text`, says yes to; `messages` is the thread."""
    if not is_yes(text):
        return frozenset()
    sent = [message for message in messages if message.author in ("agent", "staff")]
    if not sent:
        return frozenset()
    last = max(sent, key=lambda message: message.at)
    later = [m for m in messages if m.author == "customer" and m.at > last.at and m.text != text]
    # Another message in between may have taken something back.
    return frozenset() if later else frozenset(row.strip() for row in last.text.splitlines() if row.startswith("- "))


def is_yes(text: str) -> bool:
    """Say whether a message is a plain yes in English, German or Vietnamese, with or without diacritics."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    plain = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(_POLITE.sub(" ", plain).split()) in _YES


def _told(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_told(part)}" for key, part in sorted(value.items())) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_told(part) for part in value) + "]"
    return re.sub(r"\s+", " ", str(value))
