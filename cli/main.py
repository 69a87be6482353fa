"""The `saola` command. Each command is a file in cli/commands, found there by its name: nothing to register.

A command file holds a function of its own name, or a typer app called `app` for a group such as `saola key new`.
(`import_.py` is `saola import`.) Its docstring's first line is the line in `saola --help`. Only the file of the command
that is asked for is imported; the others are merely read, so that help is there at once.
"""

import ast
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from core.errors import Rejected, SaolaError

COMMANDS = Path(__file__).parent / "commands"
HELP = (
    "AI agents for customer service. Automation is earned: `saola up` starts everything, `saola doctor` looks around."
)


class Commands(typer.Typer):
    """A typer app that ends with our errors' own words instead of a traceback."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().__call__(*args, **kwargs)
        except SaolaError as error:
            typer.secho(str(error), fg="red", err=True)
            if isinstance(error, Rejected) and error.hint:
                typer.secho(error.hint, err=True)
            raise SystemExit(1) from None


def make_app(words: Sequence[str]) -> Commands:
    """Return the app for a command line of `words`; only the command it names is imported."""
    made = Commands(
        help=HELP,
        no_args_is_help=True,
        rich_markup_mode=None,  # rich would cost 0.2 s of each --help
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    made.callback()(_options)  # keeps `saola up` a command also while there is only one
    wanted = next((word for word in words if not word.startswith("-")), "")
    for path in sorted(COMMANDS.glob("[a-z]*.py")):
        name = path.stem.rstrip("_").replace("_", "-")
        if name != wanted:
            made.command(name, short_help=_summary(path))(_stand_in)
            continue
        module = importlib.import_module(f"cli.commands.{path.stem}")
        if isinstance(group := getattr(module, "app", None), typer.Typer):
            made.add_typer(group, name=name, help=module.__doc__, no_args_is_help=True)
        else:
            made.command(name, help=module.__doc__)(getattr(module, path.stem))
    return made


def _options() -> None:
    pass


def _stand_in() -> None:
    """Stands in help for a command that was not asked for."""


def _summary(path: Path) -> str:
    return (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n")[0]


app = make_app(sys.argv[1:])
