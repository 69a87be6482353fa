"""The pages' words are whole: every key in three languages, every figure's texts, no bare text in a template."""

import re
import string
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from api.pages.render import HERE
from api.words import LANGUAGES, Words, catalogue, phrases
from core.contracts import TIERS, OutcomeKind
from core.events import EventKind
from core.gate.words import SENTENCES
from core.rollups import MICRO
from metrics.beside import beside_fpt
from metrics.cohort import GROUPS
from metrics.estimate import Estimate
from metrics.report import DEFINITIONS, FIGURES
from metrics.sums import Sums
from metrics.waterfall import stages

TEMPLATES = sorted((HERE / "templates").glob("*.html"))
FORMATTER = string.Formatter()


def slots(text: str) -> set[str]:
    return {name for _, name, _, _ in FORMATTER.parse(text) if name}


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_every_key_is_there_in_every_language_with_the_same_slots(language: str) -> None:
    english, other = catalogue("en"), catalogue(language)
    singular = {key for key in english if key.endswith(".one")}  # Vietnamese has no singular
    assert set(english) - set(other) - (singular if language == "vi" else set()) == set()
    assert set(other) - set(english) == set()
    assert {key for key in other if slots(other[key]) - slots(english[key])} == set()
    assert {key for key in other if slots(english[key]) - slots(other[key])} == set()


def test_what_is_the_same_in_two_languages_is_meant_to_be() -> None:
    """A forgotten translation is a copy of the English; these words really are the same."""
    same = {
        "Agent", "Agenten", "API", "Chat", "Intent", "Manifest", "Name", "Normal", "Status", "Tickets", "Ticket",
        "Version", "Web", "FPT Smart Cloud", "n = {n}", "{n} s", "/", "?", "Dead", "live",
        "kappa {value} [{low}, {high}]",
    }  # fmt: skip
    for language in ("de", "vi"):
        copied = {
            text
            for key, text in catalogue(language).items()
            if text == catalogue("en")[key] and len(text) > 2 and text not in same and not key.startswith("help.key")
        }
        assert copied == set(), language


def test_every_key_that_a_template_names_exists() -> None:
    english = catalogue("en")
    for path in TEMPLATES:
        named = re.findall(r'\bt\("([a-z_.]+)"[,)]', path.read_text()) + re.findall(
            r"\bt\('([a-z_.]+)'[,)]", path.read_text()
        )
        assert [key for key in named if key not in english] == [], path.name
        counted = re.findall(r't\.count\("([a-z_.]+)"', path.read_text())
        assert [key for key in counted if f"{key}.other" not in english] == [], path.name


def test_no_template_has_words_of_its_own() -> None:
    for path in TEMPLATES:
        text = re.sub(r"{% macro post.*?endmacro %}|{%.*?%}|{#.*?#}|{{.*?}}", " ", path.read_text(), flags=re.S)
        text = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", text, flags=re.S)
        attributes = re.findall(r'(?:aria-label|placeholder|title|alt)="([^"]*)"', text)
        bare = re.sub(r"<[^>]*>", " ", text)
        words = [word for part in (bare, *attributes) for word in re.findall(r"&?[^\W\d_]{2,}", part)]
        assert set(words) <= {"Saola", "saola", "user", "link", "kB", "MB", "amp", "openapi", "json"}, path.name


def test_every_value_that_pages_show_has_a_word() -> None:
    english = catalogue("en")
    wanted = {f"event.{kind}" for kind in get_args(EventKind)}
    wanted |= {f"outcome.{kind}" for kind in get_args(OutcomeKind)} | {f"tier.{tier}" for tier in TIERS}
    wanted |= {f"reason.{code}" for code in SENTENCES} | {f"field.{group}" for group in GROUPS}
    assert wanted - set(english) == set()


def test_every_figure_is_explained_in_every_language() -> None:
    now = datetime.now(UTC)
    empty = Sums(since=now - timedelta(days=1), until=now, now=now)
    figures = {definition.name: estimate(empty) for definition, estimate in FIGURES}
    wanted = {one.words for one in beside_fpt(figures, empty)}
    wanted |= {e.missing for e in figures.values() if e.missing} | {s.share.missing for s in stages(empty)}
    for definition in DEFINITIONS.values():
        wanted |= {definition.title, definition.numerator, definition.denominator, definition.window}
        wanted |= {definition.exclusions}
    german, known = Words("de"), phrases()
    assert {text for text in wanted if text and german.phrase(text) == text and text not in known} == set()
    assert {text for text in known if set(known[text]) != set(LANGUAGES)} == set()
    assert {text for text in known if len({one.count("{}") for one in known[text].values()}) > 1} == set()


@pytest.mark.parametrize("audits", [0, 3, 400])
@pytest.mark.parametrize("right", [0.5, 1])
def test_what_is_said_beside_a_figure_is_in_the_readers_language_whatever_its_numbers(
    audits: int, right: float
) -> None:
    now = datetime.now(UTC)
    sums = Sums(since=now - timedelta(days=1), until=now, now=now)
    k = round(right * audits)
    weights = {"audit_n": audits, "audit_k": k, "audit_w": audits * MICRO, "audit_ww": audits * MICRO}
    weights |= {"audit_wk": k * MICRO, "audit_wwk": k * MICRO, "audit_sent": 1200, "audit_waiting": audits // 2}
    sums.documents.update({"items": audits, "settled": audits, **weights})
    figures = {definition.name: estimate(sums) for definition, estimate in FIGURES}
    some = Estimate(value=0.2 + right / 3, low=0.1, high=0.9, n=audits, k=k)
    said = {e.missing for e in figures.values()} | {one.note for one in beside_fpt(figures, sums)}
    said |= {one.note for one in beside_fpt(figures | {"workload_share": some, "field_accuracy": some}, sums)}
    for language in ("de", "vi"):
        words = Words(language)
        assert {text for text in said if text and words.phrase(text) == text} == set()


def test_numbers_in_a_sentence_are_written_as_the_language_does() -> None:
    words = Words("de")
    assert words.phrase("1,500 more agent folders in service") == "noch 1.500 Agenten-Ordner in Betrieb"
    assert words.phrase("12.5% of the workload more; the intents that would add most come first") == (
        "noch 12,5\u202f% des Aufwands; zuerst die Anliegen, die am meisten bringen"
    )
    assert words.phrase("not yet known: audits: none drawn from 0 sent unseen") == (
        "noch nicht bekannt: Prüfungen: keine gezogen aus 0 ungesehen Gesendeten"
    )


def test_stages_have_names() -> None:
    now = datetime.now(UTC)
    empty = Sums(since=now - timedelta(days=1), until=now, now=now)
    assert {f"stage.{stage.name}" for stage in stages(empty)} <= set(catalogue("en"))


def test_numbers_and_dates_are_written_as_each_language_does() -> None:
    at = datetime(2026, 3, 1, 20, 5, tzinfo=UTC)
    written = {code: Words(code, "Asia/Ho_Chi_Minh") for code in LANGUAGES}
    assert [written[code].share(0.1234) for code in ("en", "de", "vi")] == ["12.3%", "12,3\u202f%", "12,3%"]
    assert [written[code].number(1234567) for code in ("en", "de", "vi")] == ["1,234,567", "1.234.567", "1.234.567"]
    assert written["de"].day(at) == "02.03.2026"  # already tomorrow in Ho Chi Minh City
    assert written["en"].count("audit.left", 1) == "1 left"
    assert written["vi"].count("audit.left", 1) == "còn 1"


def test_a_word_that_is_nowhere_is_shown_as_it_is() -> None:
    words = Words("de")
    assert words.known("agent", "our_own_agent") == "our own agent"
    assert words("no.such.key") == "no.such.key"
    assert Words("xx").language == "en"
    assert words.phrase("never heard of") == "never heard of"


def test_names_in_an_english_sentence_are_written_as_elsewhere_on_the_page() -> None:
    words = Words("en")
    assert words.phrase("it reads like 'parcel_late'") == "it reads like 'parcel late'"
    assert words.phrase("nobody_knows this") == "nobody_knows this"


@pytest.mark.parametrize(
    ("language", "told"), [("en", "no language model is configured"), ("de", "es ist kein Sprachmodell eingerichtet")]
)
def test_the_class_of_an_error_is_left_out(language: str, told: str) -> None:
    assert Words(language).phrase("NeedsHuman: no language model is configured") == told


def test_a_folders_faults_are_told_after_their_place() -> None:
    words = Words("de")
    assert words.fault("agent.yaml:6: unknown key 'tierr' - did you mean 'tier'?") == (
        "agent.yaml:6: unbekannter Schlüssel „tierr“ – war „tier“ gemeint?"
    )
    assert words.fault("agent.yaml:5: target: target must be one of 0.9, 0.95 (given: 0.5)") == (
        "agent.yaml:5: target: target muss eines von 0.9, 0.95 sein (angegeben: 0.5)"
    )
    assert words.fault("there is no such folder") == "es gibt keinen solchen Ordner"
