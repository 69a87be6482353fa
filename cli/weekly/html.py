"""The weekly report as one HTML file: no script, nothing fetched, fit to be printed."""

import functools
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, Template

from cli.weekly.content import Weekly


@functools.lru_cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    return Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True).get_template("weekly.html")


def page(made: Weekly) -> str:
    """Return the whole page; every text in it is escaped."""
    return _template().render(made=made)
