"""The house rules that a syntax tree can show: each takes a module's tree and yields what breaks it."""

import ast
import re
from collections.abc import Iterator

# Types that pass through other packages' signatures, and errors that they tell apart; nothing that makes SQL.
TYPES = {"Connection", "RowMapping", "DBAPIError", "OperationalError", "TimeoutError"}
STATEMENT = re.compile(
    r"\s*(SELECT\s.+\sFROM\s|SELECT\s+\w+\(|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|WITH\s+\w+\s+AS\s*\()",
    re.S,
)
ENVIRONMENT = ("os.environ", "os.environb", "os.getenv", "os.putenv", "os.unsetenv")
PRINTING = ("print", "pprint.pprint", "sys.stdout.write", "sys.stderr.write")


def dotted(node: ast.expr) -> str:
    """Return `a.b.c` for such an expression; what stands before it, such as a call, is left out."""
    if isinstance(node, ast.Attribute):
        start = dotted(node.value)
        return f"{start}.{node.attr}" if start else node.attr
    return node.id if isinstance(node, ast.Name) else ""


def commits(module: ast.Module) -> Iterator[ast.AST]:
    """A commit, or a transaction opened elsewhere than core.db.Database.transaction."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            name = dotted(node.func).lower().split(".")
            held = name[-2] if len(name) > 1 else ""
            if name[-1] == "commit" or (
                name[-1] in ("begin", "begin_nested") and held.endswith(("engine", "connection", "session"))
            ):
                yield node


def commits_by_itself(module: ast.Module) -> Iterator[ast.AST]:
    """A connection whose statements cannot be rolled back together."""
    for node in ast.walk(module):
        if isinstance(node, ast.keyword) and node.arg in ("autocommit", "isolation_level"):
            yield node


def database_imports(module: ast.Module) -> Iterator[ast.AST]:
    """SQLAlchemy or psycopg, apart from the types that stand in signatures."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            if any(name.name.split(".")[0] in ("sqlalchemy", "psycopg") for name in node.names):
                yield node
        elif isinstance(node, ast.ImportFrom):
            made_of_sql = node.module == "core.store.sql"
            database = (node.module or "").split(".")[0] in ("sqlalchemy", "psycopg")
            if made_of_sql or (database and any(name.name not in TYPES for name in node.names)):
                yield node


def sql(module: ast.Module) -> Iterator[ast.AST]:
    """SQL text, or a statement that is executed."""
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENT.match(node.value):
            yield node
        elif isinstance(node, ast.Call):
            name = dotted(node.func)
            if name.endswith(("connection.execute", "connection.scalar", "connection.scalars", "exec_driver_sql")):
                yield node


def environment(module: ast.Module) -> Iterator[ast.AST]:
    """The process's environment, read or written."""
    for node in ast.walk(module):
        if (isinstance(node, ast.Attribute) and dotted(node) in ENVIRONMENT) or (
            isinstance(node, ast.ImportFrom) and node.module == "os" and any("env" in name.name for name in node.names)
        ):
            yield node


def prints(module: ast.Module) -> Iterator[ast.AST]:
    """Text for a person's terminal."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and dotted(node.func) in PRINTING:
            yield node
