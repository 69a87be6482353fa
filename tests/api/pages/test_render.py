"""What pages are made of beside their templates."""

from api.pages.render import htmx_folder


def test_htmx_is_served_from_the_installed_package() -> None:
    assert (htmx_folder() / "htmx-4.min.js").stat().st_size > 10_000
