"""Agent folders for the tests, written as an operator would write them."""

from pathlib import Path

MANIFEST = """\
name: {name}
summary: Answers questions about lost cards.
owner: card team
engine: answers
languages: [en, vi]
version: "3"
"""

ANSWERS = """\
# Cards

## card_lost
The card is lost.

### examples
- [en] I lost my card
- [en] my card is gone
- [vi] Tôi bị mất thẻ

### answer en
Dear {customer.name}, block it in the app.

### answer vi
Mời Quý khách khoá thẻ.

## card_fee
### examples
- [en] what does a card cost

### answer en
Nothing.
"""

CASES = """\
- name: lost card, English
  ticket: {text: "I lost my card", language: en}
  expect: {kind: reply, intent: card_lost, language: en, reply_contains: [block]}
"""


def write_agent(root: Path, name: str = "cards", **files: str) -> Path:
    """Write an agent's folder under `root`; `files` replace the ordinary ones (agent_yaml -> agent.yaml)."""
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    texts = {"agent_yaml": MANIFEST.format(name=name), "answers_md": ANSWERS, "cases_yaml": CASES, **files}
    for key, text in texts.items():
        stem, _, suffix = key.rpartition("_")
        (folder / f"{stem}.{suffix}").write_text(text, encoding="utf-8")
    return folder
