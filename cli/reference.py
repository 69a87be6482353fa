"""The reference pages of docs/, made from the code by `make docs`; a test fails when one is behind.

What a page says of a thing is what the code says of it: a setting's description, a command's help, a comment beside an
event, the first line of a job's docstring.
"""

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import typer

from cli.main import COMMANDS, make_app
from cli.stack import PROJECT

DOCS = PROJECT / "docs"
MADE = "Made from the code by `make docs`; a test fails when this page is behind."


def settings_page() -> str:
    """Return docs/settings.md."""
    from core.settings import Settings

    head = f"""# Settings

Read from environment variables when a process starts. `saola doctor` names variables that begin with `SAOLA_` and are
no setting, with the nearest one that is.

{MADE}

| variable | default | meaning |
|---|---|---|
"""
    lines = [
        f"| `SAOLA_{name.upper()}` | {_default(field.get_default(call_default_factory=True))} | {field.description} |\n"
        for name, field in Settings.model_fields.items()
    ]
    return head + "".join(lines)


def _default(value: Any) -> str:
    shown = getattr(value, "get_secret_value", lambda: value)()
    if isinstance(shown, bool):
        return str(shown).lower()
    return f"`{shown}`" if shown not in ("", None, {}) else "empty"


def events_page() -> str:
    """Return docs/events.md, from the comments beside the kinds in core/events.py."""
    from core import events

    head = f"""# Events

Everything that happens to an item is a row of the append-only table `events`; states, pages and figures are read from
it. A row has a kind, when it happened, the ids of ticket, document, work item and run as far as they apply, and the
data named here.

{MADE}

| kind | data |
|---|---|
"""
    found = [(kind, what.replace("|", "or")) for kind, what in event_kinds(inspect.getsource(events))]
    return head + "".join(f"| `{kind}` | {what} |\n" for kind, what in found)


def event_kinds(source: str) -> Iterator[tuple[str, str]]:
    """Yield each kind of event with the comment beside it, which may go on in the lines below."""
    block = source[source.index("EventKind = Literal[") :].split("\n]", 1)[0]
    kind, what = "", ""
    for line in block.splitlines()[1:]:
        begins = re.match(r'\s*"([\w.]+)",\s*(?:# (.*))?$', line)
        if begins:
            if kind:
                yield kind, what
            kind, what = begins[1], begins[2] or ""
        else:
            what += " " + line.strip().lstrip("# ")
    yield kind, what


def tasks_page() -> str:
    """Return docs/tasks.md: the Celery task, and the kinds of jobs that it does."""
    from workers.app import app
    from workers.schedule import EVERY
    from workers.tasks import HANDLERS

    names = ", ".join(f"`{name}`" for name in sorted(app.tasks) if not name.startswith("celery."))
    head = f"""# Tasks

Celery runs {names} and nothing else: ids of outbox rows in, one call. A task is the function, a job is one launch;
what a job does is said by the name on its row. Why: [0003](decisions/0003-celery-carries-ids.md).

{MADE}

| job | every | what it does |
|---|---|---|
"""
    lines = [
        f"| `{name}` | {f'{EVERY[name]:g} s' if name in EVERY else 'when asked for'} | {_first_line(do)} |\n"
        for name, do in HANDLERS.items()
    ]
    return head + "".join(lines)


def _first_line(do: Callable[..., object]) -> str:
    return (inspect.getdoc(do) or "").split("\n")[0].replace("|", "or")


def commands_page() -> str:
    """Return docs/cli.md: every command with its help, arguments and options."""
    names = [path.stem.rstrip("_").replace("_", "-") for path in sorted(COMMANDS.glob("[a-z]*.py"))]
    parts = [f"# The command line\n\n`saola` is `.venv/bin/saola` after `make setup`.\n\n{MADE}\n"]
    for name in names:
        group: Any = typer.main.get_command(make_app([name]))
        parts += list(_command(f"saola {name}", group.commands[name]))
    return "\n".join(parts)


def _command(title: str, command: Any) -> Iterator[str]:
    help_text = inspect.cleandoc(command.help or "")
    yield f"## {title}\n\n{help_text}\n"
    lines = [_parameter(one) for one in command.params if getattr(one, "name", "") != "help"]
    if lines:
        yield "| option | default | meaning |\n|---|---|---|\n" + "".join(lines)
    for name, inner in sorted(getattr(command, "commands", {}).items()):
        yield from _command(f"{title} {name}", inner)


def _parameter(one: Any) -> str:
    names = [one.name.upper()] if one.param_type_name == "argument" else [*one.opts, *one.secondary_opts]
    default = "required" if one.required else _default(one.default() if callable(one.default) else one.default)
    text = " ".join((getattr(one, "help", "") or "").split()).replace("|", "or")
    return f"| {', '.join(f'`{name}`' for name in names)} | {default} | {text} |\n"


PAGES = {"settings": settings_page, "events": events_page, "tasks": tasks_page, "cli": commands_page}


def main() -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (DOCS / f"{name}.md").write_text(page())


if __name__ == "__main__":
    main()
