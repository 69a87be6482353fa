"""Pages escape everything, and mark what a source supports."""

from api.pages.render import htmx_folder, marked


def test_supported_passages_are_marked_and_all_is_escaped() -> None:
    made = marked("<b>Returns take 30 days.</b> Bye", ["Returns take 30 days", "not in it at all", "short"])
    assert str(made) == "&lt;b&gt;<mark>Returns take 30 days</mark>.&lt;/b&gt; Bye"


def test_passages_that_overlap_are_marked_once() -> None:
    assert str(marked("abcdefghijklmnop", ["abcdefghij", "efghijklmn"])) == "<mark>abcdefghij</mark>klmnop"


def test_of_a_quote_that_was_filled_in_the_sentences_that_stand_there_are_marked() -> None:
    made = marked("Dear An, it is late. We pay it back.", ["Dear {customer.name}, it is late. We pay it back."])
    assert str(made) == "Dear An, it is late. <mark>We pay it back.</mark>"


def test_htmx_is_served_from_the_installed_package() -> None:
    assert (htmx_folder() / "htmx-4.min.js").stat().st_size > 10_000
