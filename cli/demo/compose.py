"""One customer's message, put together from the phrase book: greeting, matter, details, noise of its channel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Literal

from cli.demo import noise
from cli.demo.details import slots
from cli.demo.grammar import Slots, fill, pick, sentence, tidy
from cli.demo.people import Person
from cli.demo.phrasebook import Topic, common

Channel = Literal["email", "web", "chat", "app"]
CHANNELS: Mapping[Channel, float] = {"email": 0.42, "web": 0.2, "chat": 0.26, "app": 0.12}
_VAGUE = {
    "vi": ("Hỏi", "Cần hỗ trợ", "Đơn <order>", "Giúp <I> với", "Câu hỏi", "Sao La"),
    "en": ("Question", "Help needed", "<order>", "Sao La Living", "Please help", "Request"),
    "de": ("Frage", "Bitte um Hilfe", "<order>", "Anfrage", "Sao La Living", "Anliegen"),
}
_MIXED_IN = {"vi": "en", "de": "en", "en": "de"}
NO_DIACRITICS, TEENCODE, UMLAUTS, TYPOS, MIXED = 0.13, 0.11, 0.12, 0.2, 0.008


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message and the slots it was filled with, so that an answer can name the same order."""

    subject: str
    text: str
    channel: Channel
    slots: Slots


def message(
    topic: Topic,
    person: Person,
    at: datetime,
    random: Random,
    *,
    progress: float,
    second: Topic | None = None,
    order: str = "",
    opening: str = "",
) -> Message:
    """Return a message about `topic`, and about `second` too where given. `progress` (0 to 1) is the place in time:
    the wording of customers drifts mildly with it. `opening` is a kind of common line to begin with."""
    language = person.language
    channel = random.choices(tuple(CHANNELS), tuple(CHANNELS.values()))[0]
    values = slots(language, at, random, name=person.name, order=order)
    lines = common()[language]
    core = _core(topic, language, random, progress)
    if random.random() < MIXED and topic.label:
        core.append(_one(topic.lines[_MIXED_IN[language]]["ask"], random, progress))
        values = {**slots(_MIXED_IN[language], at, random, name=person.name), **values}
    if second:
        core.append(f"{pick(random.choice(lines['second']), random)} {_core(second, language, random, progress)[-1]}")
    if opening:
        core.insert(0, pick(random.choice(lines[opening]), random))
    core = _surround(core, channel, lines, random, brief=topic.name == "uncovered/unclear")
    body = " ".join(sentence(fill(part, values)) for part in core)
    text = _dress(body, channel, lines, person, values, random)
    subject = _subject(topic, language, channel, random)
    subject = tidy(fill(subject, values))
    text, subject = _roughen(text, subject, language, channel, random)
    return Message(subject=subject, text=text, channel=channel, slots=values)


def _core(topic: Topic, language: str, random: Random, progress: float) -> list[str]:
    """One or two lines that say what the customer wants."""
    blocks = topic.lines[language]
    if "say" in blocks:
        return [_one(blocks["say"], random, progress)]
    shape = random.random()
    if shape < 0.40:
        return [_one(blocks["ask"], random, progress)]
    if shape < 0.68:
        return [_one(blocks["tell"], random, progress)]
    return [_one(blocks["tell"], random, progress), _one(blocks["ask"], random, progress)]


def _one(lines: Sequence[str], random: Random, progress: float) -> str:
    """Draw a line: the first of a block is the usual wording, the later ones are rarer and grow as time goes by."""
    drift = 0.9 * (progress - 0.5)
    weights = [(1 + drift * (2 * at / max(len(lines) - 1, 1) - 1)) / (1 + at) ** 1.9 for at in range(len(lines))]
    return pick(random.choices(lines, weights)[0], random)


def _surround(
    core: list[str], channel: Channel, lines: Mapping[str, Sequence[str]], random: Random, *, brief: bool
) -> list[str]:
    """Add what people also write: an opener, circumstances that have nothing to do with it, thanks."""
    chance = {"email": 0.36, "web": 0.25, "chat": 0.12, "app": 0.14}[channel] * (0.3 if brief else 1)
    parts = list(core)
    if random.random() < chance:
        parts.insert(random.choice((0, len(parts))), pick(random.choice(lines["context"]), random))
    if random.random() < chance * 0.35:
        parts.append(pick(random.choice(lines["context"]), random))
    if random.random() < chance * 0.6:
        parts.insert(0, pick(random.choice(lines["opener"]), random))
    if random.random() < chance * 0.9:
        parts.append(pick(random.choice(lines["closer"]), random))
    return parts


def _dress(
    body: str, channel: Channel, lines: Mapping[str, Sequence[str]], person: Person, values: Slots, random: Random
) -> str:
    """Put greeting and signature around a message where its channel has them."""
    greet = {"email": 0.92, "web": 0.6, "chat": 0.3, "app": 0.25}[channel]
    greeting = fill(pick(random.choice(lines["greeting"]), random), values) if random.random() < greet else ""
    greeting = tidy(greeting)[:1].upper() + tidy(greeting)[1:]
    if channel != "email":
        return f"{greeting} {body}".strip()
    name = random.choice((person.name, person.call))
    wish = f"\n\n{tidy(pick(random.choice(lines['signoff']), random))}" if random.random() < 0.85 else ""
    end = f"{wish}\n{name}"
    if random.random() < 0.12:
        end += f"\n{random.choice(lines['tail'])}"
    return f"{greeting}\n\n{body}{end}".strip()


def _subject(topic: Topic, language: str, channel: Channel, random: Random) -> str:
    if channel == "chat" or (channel == "app" and random.random() < 0.5):
        return ""
    if random.random() < 0.35:
        return random.choice(_VAGUE[language])
    return pick(random.choice(topic.lines[language]["subject"]), random)


def _roughen(text: str, subject: str, language: str, channel: Channel, random: Random) -> tuple[str, str]:
    hurried = channel in ("chat", "app")
    if language == "vi" and random.random() < TEENCODE * (1.8 if hurried else 0.6):
        text = noise.teencode(text, random)
    if language == "vi" and random.random() < NO_DIACRITICS * (1.4 if hurried else 0.8):
        text, subject = noise.without_diacritics(text), noise.without_diacritics(subject)
    if language == "de" and random.random() < UMLAUTS:
        text, subject = noise.umlauts_written_out(text), noise.umlauts_written_out(subject)
    if random.random() < TYPOS * (1.4 if hurried else 0.8):
        text = noise.typos(text, random, random.choice((1, 1, 2, 3)))
    if hurried and random.random() < 0.6:
        text = noise.careless(text, random)
    return text, subject
