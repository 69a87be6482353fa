"""The draft is what most of the staff wrote, without the name of the customer it was written to."""

from agents.answers_draft import Sent, answers, examples

LATE = "Dear {}, we are sorry that your parcel is late. It comes within two days."


def test_the_reply_that_resembles_the_others_is_the_draft_and_names_nobody() -> None:
    sent = [Sent(LATE.format(name), "en", name) for name in ("Mai Nguyen", "Jonas Weber", "Lan")]
    sent += [Sent("Please call us.", "en"), Sent("Ihr Paket kommt morgen.", "de"), Sent("no language", "")]
    found = answers(sent)
    assert found["en"] == LATE.format("{customer.name}")
    assert set(found) == {"en", "de"}


def test_examples_are_short_differ_and_are_not_there_already() -> None:
    asked = [
        ("Where is my parcel?", "en"),
        ("where is my parcel", "en"),
        ("Wo ist mein\nPaket?", "de"),
        ("x " * 400, "en"),
    ]
    found = examples([*asked, ("Is it lost?", "")], taken=["Wo ist mein Paket?"])
    assert [(one.text, one.language) for one in found] == [("Where is my parcel?", "en")]


def test_nothing_is_drafted_from_nothing() -> None:
    assert (answers([]), examples([])) == ({}, [])
