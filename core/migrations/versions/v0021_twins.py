"""An audit of a candidate's run that proposes the same as the run that served: judged together with that one's."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE audits ADD COLUMN twin_of uuid REFERENCES audits (id)")
    op.execute("CREATE INDEX ix_audits_twin ON audits (twin_of) WHERE twin_of IS NOT NULL")
