"""All tables in one catalogue. Every one has a tenant id (but tries to log in: whose is not known yet) and row-level
security; migrations change them, these files mirror them."""

from core.tables import access, desk, figures, gate, knowledge, line
from core.tables.columns import metadata

__all__ = ["access", "desk", "figures", "gate", "knowledge", "line", "metadata"]
