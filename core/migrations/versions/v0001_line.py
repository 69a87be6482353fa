"""The line's tables, row-level security on each, and the rights of the three roles."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"
# A plain expression, which the planner looks up: it then knows how large the tenant is. Selected, `(SELECT ...)`, it
# would be asked for once a statement, not at each row of a filter, which saves a tenth of a large read, but a list of
# what is due took 40 ms for 2: the one large tenant of 100,000 tickets among 60 small ones passed for a small one.
TENANT = "nullif(current_setting('app.tenant', true), '')::uuid"
APPEND_ONLY = {"events", "journal", "judgements"}
# What the relay and sweeper may see without a tenant, and the column grants are as narrow as their work.
SYSTEM_TABLES = ("outbox", "heartbeats")


def upgrade() -> None:
    for role in ("saola_app", "saola_system"):
        op.execute(
            f"DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{role}') THEN "
            f"RAISE EXCEPTION 'role {role} is missing: see docs/how-to/own-postgresql.md'; END IF; END $$"
        )
    op.execute((SQL / "0001_line.sql").read_text())
    connection = op.get_bind()
    tables = [
        row[0]
        for row in connection.exec_driver_sql(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'alembic_version'"
        )
    ]
    for table in tables:
        secure(table)
    for table in SYSTEM_TABLES:
        op.execute(f"CREATE POLICY system_work ON {table} TO saola_system USING (true) WITH CHECK (true)")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO saola_system")
    op.execute("DROP POLICY tenant ON heartbeats; CREATE POLICY beat ON heartbeats TO saola_app USING (true)")
    op.execute((SQL / "0001_functions.sql").read_text())


def secure(table: str) -> None:
    """Enable and force row-level security, and give the application role the rights it needs."""
    column = "id" if table == "tenants" else "tenant_id"
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY tenant ON {table} TO saola_app USING ({column} = {TENANT}) WITH CHECK ({column} = {TENANT})"
    )
    rights = "SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"
    op.execute(f"GRANT {rights} ON {table} TO saola_app")
