"""What pages are made of beside their templates."""

from api.pages.render import htmx_folder, templates


def test_htmx_is_served_from_the_installed_package() -> None:
    assert (htmx_folder() / "htmx-4.min.js").stat().st_size > 10_000


def test_a_name_goes_on_in_the_next_line_at_its_joints_and_keeps_its_signs_escaped() -> None:
    made = templates().from_string("{{ text|breakable }}")
    assert made.render(text="mai.le@mail.example") == "mai.le@<wbr>mail.example"
    assert made.render(text="agent3/intent15, <b>") == "agent3/<wbr>intent15, &lt;b&gt;"


def test_what_stands_in_backticks_is_code() -> None:
    made = templates().from_string("{{ text|coded }}")
    assert made.render(text="Send `<b>` twice.") == "Send <code>&lt;b&gt;</code> twice."
