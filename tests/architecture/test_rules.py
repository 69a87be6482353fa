"""Who may do what: each rule with the places where it does not hold, and why. A rule is first shown to catch."""

import ast
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from tests.architecture import rules
from tests.architecture.tree import ROOT, python, tree, within


class Rule(NamedTuple):
    finds: Callable[[ast.Module], Iterator[ast.AST]]
    instead: str
    places: dict[str, str]  # where it does not hold -> why
    bad: tuple[str, ...]
    good: tuple[str, ...] = ()


SERVERS = "the embedded server's own administration: roles and databases, before there is anything of ours in them"
YARDSTICK = "a benchmark measures the bare server beside ours"
IN_MEMORY = "DuckDB folds a copied log in its own memory; no table of ours is in reach"
STORE = {
    "core/store": "all SQL is here",
    "core/tables": "the tables",
    "core/db.py": "connections and the tenant of a transaction",
    "core/migrations": "changes of the tables",
    "cli/embedded": SERVERS,
    "bench": YARDSTICK,
    "metrics/rolled.py": IN_MEMORY,
    "metrics/rolled_up.py": IN_MEMORY,
}
RULES = {
    "commits": Rule(
        rules.commits,
        "use core.db.Database.transaction, which commits at its end",
        {"core/db.py": "the one place that does", "bench": YARDSTICK},
        ("connection.commit()", "with self.engine.begin() as c: ...", "self.database.session.begin_nested()"),
        ("deliveries.begin(connection, 1)", "readiness.begin()"),
    ),
    "commits_by_itself": Rule(
        rules.commits_by_itself,
        "statements that commit by themselves cannot be rolled back together",
        {"cli/embedded": SERVERS, "bench": YARDSTICK},
        ("connect(autocommit=True)", "engine.execution_options(isolation_level='AUTOCOMMIT')"),
    ),
    "database_imports": Rule(
        rules.database_imports,
        "put the query into a function of core/store",
        STORE,
        ("import sqlalchemy as sa", "from sqlalchemy import Connection, text", "from core.store.sql import rows"),
        ("from sqlalchemy import Connection, RowMapping", "from sqlalchemy.exc import OperationalError"),
    ),
    "sql": Rule(
        rules.sql,
        "put the query into a function of core/store",
        STORE,
        (
            "rows(c, 'SELECT id FROM tickets')",
            "'''\n  DELETE FROM tickets'''",
            "f'UPDATE {x} SET a = 1'.format()\n'UPDATE runs SET a = 1'",
            "connection.execute(statement)",
        ),
        ("'Select one from the list'.title", "'Update the folder'", "tool.execute(1)"),
    ),
    "environment": Rule(
        rules.environment,
        "add a field to core.settings.Settings",
        {"core/settings.py": "the one place that does"},
        ("import os\nos.environ['A']", "os.getenv('A')", "from os import environ"),
    ),
    "prints": Rule(
        rules.prints,
        "log with structlog, or return the text",
        {
            "cli": "the command line speaks to a person",
            "bench": "a benchmark prints its table and its JSON line",
            "metrics/docs.py": "writes docs/metrics.md, run by hand",
        },
        ("print(1)", "sys.stdout.write('')"),
        ("blueprint(1)",),
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_only_the_named_places_break_the_rule(name: str) -> None:
    rule = RULES[name]
    found = [
        f"{path}:{getattr(node, 'lineno', 0)}"
        for path in python()
        if not within(path, *rule.places)
        for node in rule.finds(tree(path))
    ]
    assert not found, f"{rule.finds.__doc__} Instead: {rule.instead}"


@pytest.mark.parametrize("name", RULES)
def test_a_rule_catches_what_it_is_about_and_nothing_else(name: str) -> None:
    rule = RULES[name]
    for code in rule.bad:
        assert list(rule.finds(ast.parse(code))), code
    for code in rule.good:
        assert not list(rule.finds(ast.parse(code))), code


def test_every_named_place_exists() -> None:
    assert {place for rule in RULES.values() for place in rule.places if not (ROOT / place).exists()} == set()
