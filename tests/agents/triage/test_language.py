import pytest

from agents.triage import language
from agents.triage.classifier import Classifier


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my card", "en"),
        ("toi bi mat the", "vi"),
        ("don hang cua toi dau roi", "vi"),
        ("Karte weg", "de"),
        ("Où est ma commande ? Je l'attends depuis une semaine.", "fr"),
    ],
)
def test_the_tenants_own_examples_help_with_short_messages(classifier: Classifier, text: str, expected: str) -> None:
    assert classifier.route([text])[0].language == expected


def test_without_examples_the_identifier_alone_is_asked() -> None:
    assert language.choose("Ich habe meine Karte verloren", {}) == "de"


def test_folding_takes_diacritics_and_case_away() -> None:
    assert language.fold("Đổi ĐỊA chỉ, Größe") == "doi dia chi, große"


def test_words_are_spelt_as_the_examples_most_often_do() -> None:
    known = language.spellings(["Thẻ của tôi", "thẻ mất, thể", "mat the", "Giờ tôi tới"])
    assert known == {"the": "thẻ", "cua": "của", "toi": "tôi", "mat": "mất", "gio": "giờ"}
    assert language.spelt("Toi MAT the xanh, 12!", known) == "tôi mất thẻ xanh, 12!"
    assert language.is_bare("Toi mat the")
    assert not language.is_bare("Tôi mat the")
    assert not language.is_bare("To\u0302i mat the")
