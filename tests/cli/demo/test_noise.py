from random import Random

from cli.demo import noise


def test_diacritics_go_and_nothing_else() -> None:
    assert noise.without_diacritics("Đơn hàng của mình ở đâu ạ?") == "Don hang cua minh o dau a?"


def test_umlauts_are_written_out() -> None:
    assert noise.umlauts_written_out("Größe, Übergabe") == "Groesse, Uebergabe"


def test_typos_change_words_but_never_numbers_or_codes() -> None:
    text = "please check order SL-48213 and repair R-4471 before Monday"
    for seed in range(30):
        spoiled = noise.typos(text, Random(seed), 2)
        assert spoiled != text
        assert "SL-48213" in spoiled
        assert "R-4471" in spoiled


def test_teencode_shortens_whole_words_only() -> None:
    assert noise.teencode("không được", Random(1), 1.0).split() != ["không", "được"]
    assert noise.teencode("khôngg đượcc", Random(1), 1.0) == "khôngg đượcc"


def test_a_hurried_message_is_still_the_same_words() -> None:
    text = "Where is my order? Please tell me."
    for seed in range(10):
        assert noise.careless(text, Random(seed)).lower().replace("?", "").replace(".", "").split()[:4] == (
            ["where", "is", "my", "order"]
        )
