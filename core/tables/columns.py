"""What all tables share: one catalogue, and the columns that recur."""

from sqlalchemy import Boolean, Column, DateTime, Float, ForeignKey, Integer, MetaData, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.types import UserDefinedType


class Xid8(UserDefinedType[str]):
    """PostgreSQL's 64-bit transaction id: lets readers of the event log stop before transactions still running."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Return the type's name in DDL."""
        return "xid8"


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)


def identity() -> Column[object]:
    return Column("id", UUID, primary_key=True)


def tenant() -> Column[object]:
    return Column("tenant_id", UUID, ForeignKey("tenants.id"), nullable=False)


def when(name: str, *, null: bool = True, now: bool = False) -> Column[object]:
    return Column(
        name,
        DateTime(timezone=True),
        nullable=null and not now,
        server_default=func.clock_timestamp() if now else None,
    )


def words(name: str, default: str | None = "") -> Column[object]:
    """A text column: not null with a default, or nullable where the default is None."""
    server_default = None if default is None else text(f"'{default}'")
    return Column(name, Text, nullable=default is None, server_default=server_default)


def flag(name: str) -> Column[object]:
    return Column(name, Boolean, nullable=False, server_default=text("false"))


def json(name: str, default: str = "{}") -> Column[object]:
    return Column(name, JSONB, nullable=False, server_default=text(f"'{default}'"))


def ref(name: str, target: str, *, null: bool = True) -> Column[object]:
    return Column(name, UUID, ForeignKey(target), nullable=null)


def number(name: str, kind: type[Float[float]] | type[Integer] = Float, default: str | None = None) -> Column[object]:
    return Column(name, kind, nullable=default is None, server_default=None if default is None else text(default))
