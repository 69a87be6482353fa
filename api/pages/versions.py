"""An agent's versions for people: what changed in its files, and what it changed for customers, side by side."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator

from api.agents_seen import catalog
from api.pages.render import go, page
from api.pages.session import LookPage, OpsPage
from api.pages.wording import words_marked
from api.routes import versions as routes
from api.shapes import clean
from core.db import app_database

router = APIRouter(include_in_schema=False, prefix="/agents/{name}/versions")
Version = Annotated[str, Query(max_length=100), AfterValidator(clean)]


@router.get("")
def versions_page(
    request: Request,
    caller: LookPage,
    name: str,
    first: Version = "",
    second: Version = "",
    replayed: Annotated[int, Query(ge=0, le=routes.REPLAYED)] = 0,
) -> Response:
    """The list, and two versions compared: those asked for, else the serving one and the one before it."""
    with app_database().transaction(caller.tenant_id) as connection:
        found = routes.all_versions(connection, caller, name)
        kept = [one.version for one in found if one.kept]
        if not (first and second) and len(kept) > 1:
            second = next((one.version for one in found if one.serving), kept[0])
            first = next(version for version in kept if version != second)
        compared = routes.compare(connection, name, first, second) if first and second else None
    shown = [(one, *words_marked(one.old["reply"], one.new["reply"])) for one in compared.pairs] if compared else []
    return page(
        request,
        caller,
        "versions.html",
        agent=catalog().get(name).manifest,
        found=found,
        kept=kept,
        compared=compared,
        pairs=shown[:50],
        replayed=replayed,
    )


@router.post("/replay")
def replay(request: Request, caller: OpsPage, name: str) -> Response:
    with app_database().transaction(caller.tenant_id) as connection:
        done = routes.replay(connection, caller, name)
    return go(request, f"/agents/{name}/versions?replayed={done}")
