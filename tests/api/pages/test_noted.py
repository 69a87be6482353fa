"""What the journal's entries say, in the reader's words."""

import re
from pathlib import Path

import pytest

from api.pages.noted import noted
from api.words import Words, catalogue

ROOT = Path(__file__).parents[3]
WRITTEN = re.compile(r'action="([a-z_]+\.[a-z_]+)"')


def test_of_a_change_only_what_changed_is_told() -> None:
    data = {
        "before": {"target": None, "tier": "automated", "paused": False},
        "after": {"target": 0.95, "tier": "automated", "paused": True},
        "alarm": "01a2",
    }
    assert noted(data, Words("en")) == [("Target", "– → 95.0%"), ("Paused", "no → yes")]
    assert noted(data, Words("de")) == [("Ziel", "– → 95,0\u202f%"), ("Angehalten", "nein → ja")]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"name": "shop", "scopes": ["ops", "staff"]}, [("Name", "shop"), ("Darf", "Betrieb, Kundendienst")]),
        ({"reason": "the first version", "compared": None}, [("Grund", "die erste Version")]),
        (
            {"intent": "track_order", "before": "1+a", "after": "2+b"},
            [("Anliegen", "Bestellung verfolgen"), ("Version vorher", "1+a"), ("Version nachher", "2+b")],
        ),
        (
            {"threshold": 0.8113, "k": 1215, "slice": "all"},
            [("Ab Wert", "0,811"), ("Richtig", "1.215"), ("Für", "alles")],
        ),
        ({"slice": "track_order"}, [("Für", "Bestellung verfolgen")]),
        ({"expires_at": "2027-01-14T09:45:00+00:00"}, [("Gültig bis", "14.01.2027, 09:45")]),
        (
            {"hours": {"mon": [["08:00:00", "12:00:00"], ["13:00:00", "17:30:00"]]}, "holidays": []},
            [("Zeiten", "Montag 08:00–12:00, 13:00–17:30")],
        ),
        ({"first_reply": {"high": 1.0}}, [("Erste Antwort binnen (Stunden)", "Dringend 1")]),
        ({}, []),
    ],
)
def test_names_and_values_are_told_in_the_readers_language(
    data: dict[str, object], told: list[tuple[str, str]]
) -> None:
    assert noted(data, Words("de")) == told


def test_every_action_of_the_journal_has_words() -> None:
    written = {
        action
        for package in ("api", "core", "workers", "cli")
        for path in (ROOT / package).rglob("*.py")
        for action in WRITTEN.findall(path.read_text(encoding="utf-8"))
    }
    assert len(written) > 20
    assert {action for action in written if f"did.{action}" not in catalogue("en")} == set()
