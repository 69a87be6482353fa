from agents.knowledge.words import letters, words


def test_words_and_their_pairs_are_counted_without_diacritics() -> None:
    assert words("Đổi điểm thưởng") == ["doi", "diem", "thuong", "doi diem", "diem thuong"]


def test_words_are_cut_so_that_their_forms_are_one() -> None:
    assert words("payment")[0] == words("payments")[0] == "paymen"
    assert words("Rechnung")[0] == words("Rechnungen")[0]


def test_words_that_say_nothing_are_left_out_in_every_language() -> None:
    assert words("What is the fee of my card?") == ["fee", "card", "fee card"]
    assert words("Wie ist die Gebühr für meine Karte?") == ["gebuhr", "karte", "gebuhr karte"]
    assert words("Phí của thẻ là gì ạ?") == ["phi", "the", "phi the"]


def test_a_vietnamese_word_without_its_diacritics_is_kept() -> None:
    assert words("la") == ["la"]  # it may also be a leaf


def test_letters_are_runs_of_each_word() -> None:
    assert letters("Zu!") == [" zu", "zu ", " zu "]
    assert letters("") == []
