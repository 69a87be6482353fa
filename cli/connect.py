"""Commands that work on the data: they find the home's servers, or start PostgreSQL for as long as they run."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from uuid import UUID

from cli.embedded.place import find_place, holder, stored_values
from cli.embedded.postgres import Postgres, start_postgres
from cli.stack import embedded_environment
from core import db
from core.errors import Rejected
from core.settings import point_to, settings


@contextmanager
def connected() -> Iterator[UUID]:
    """Yield the tenant to work on, with `core.db.app_database()` pointing to it.

    Raises Rejected when there is no tenant yet, or more than one and SAOLA_TENANT does not say which.
    """
    with ExitStack() as held:
        home = settings().home.absolute()
        if not settings().database_url:
            postgres = Postgres(find_place(home), stored_values(home))
            if holder(home, "postgres") is None:  # its pid file outlives a killed server, the lock does not
                held.enter_context(start_postgres(home))
            point_to(embedded_environment(settings(), home))
            if not postgres.is_ready():
                raise Rejected("the embedded database does not answer", hint="Run `saola status`.")
            db.migrate(settings().owner_database_url)
        yield current_tenant()


def current_tenant() -> UUID:
    """Return the installation's tenant. Raises Rejected where the choice is not clear."""
    from core.store import tenants

    with db.system_database().transaction() as connection:
        everyone = tenants.everyone(connection)
    if not everyone:
        raise Rejected("there is no tenant yet", code="no_tenant", hint="Run `saola up` once; it makes one.")
    wanted = settings().tenant
    chosen = [row for row in everyone if not wanted or wanted in (row["name"], str(row["id"]))]
    if len(chosen) != 1:
        names = ", ".join(repr(str(row["name"])) for row in everyone)
        raise Rejected(f"which tenant? There are {names}", code="which_tenant", hint="Set SAOLA_TENANT to its name.")
    return UUID(str(chosen[0]["id"]))
