"""A customer may be known by name alone: an address is unique where there is one."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE UNIQUE INDEX uq_customers_address ON customers (tenant_id, address) WHERE address <> ''")
    op.execute("ALTER TABLE customers DROP CONSTRAINT uq_customers_tenant_id_address")
