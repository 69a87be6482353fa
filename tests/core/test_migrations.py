"""The migrations make exactly the tables that core.tables describes, each with forced row-level security."""

import warnings

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from cli.embedded.temporary import Database
from core.db import migrate
from core.tables.all import metadata


def test_the_migrated_schema_is_the_one_that_tables_describe(database: Database) -> None:
    engine = create_engine(database.owner_url)
    with engine.connect() as connection, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Did not recognize type 'xid8'")
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_migrating_again_changes_nothing(database: Database) -> None:
    migrate(database.owner_url)


def test_every_table_has_a_tenant_and_forced_row_level_security(database: Database) -> None:
    for table in metadata.tables.values():
        assert "tenant_id" in table.columns or table.name in ("tenants", "log_in_tries")  # before a tenant is known
    engine = create_engine(database.owner_url)
    with engine.connect() as connection:
        open_tables = connection.execute(
            text(
                """SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
                   AND relname <> 'alembic_version' AND NOT (relrowsecurity AND relforcerowsecurity)"""
            )
        )
        assert list(open_tables.scalars()) == []
        role = connection.execute(
            text("SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = 'saola_app'")
        ).one()
        assert tuple(role) == (False, False, False)
        owned = connection.execute(text("SELECT count(*) FROM pg_tables WHERE tableowner = 'saola_app'")).scalar()
        assert owned == 0
    engine.dispose()


def test_the_planner_knows_the_tenant_whose_rows_it_plans_to_read(database: Database) -> None:
    """A tenant that is only known when the plan runs is planned for as one of average size."""
    engine = create_engine(database.app_url)
    with engine.connect() as connection:
        for name in sorted(set(metadata.tables) - {"heartbeats", "log_in_tries"}):  # these are of no tenant
            plan = "\n".join(connection.execute(text(f"EXPLAIN SELECT * FROM {name}")).scalars())
            assert "current_setting('app.tenant'" in plan, plan
            assert "InitPlan" not in plan, plan
    engine.dispose()
