"""The web application: `api.main:app` for uvicorn, `make_app()` for tests."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from anyio import to_thread
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api import problems
from api.limits import BodyLimit, SafeHeaders
from api.pages import (
    admin,
    handling,
    inbox,
    items,
    knowledge,
    notices,
    people,
    playground,
    reference,
    render,
    report,
    session,
    submit,
    ticket,
)
from api.pages import agents as agent_pages
from api.pages import audits as audit_pages
from api.pages import calendar as calendar_pages
from api.pages import desk as desk_pages
from api.pages import documents as document_pages
from api.pages import operations as operation_pages
from api.pages import versions as version_pages
from api.routes import (
    agents,
    answers,
    audits,
    bulk,
    calendar,
    desk,
    documents,
    figures,
    keys,
    operations,
    reviews,
    streams,
    tenant,
    tickets,
    triage,
    trials,
    versions,
)
from api.routes import gate as gate_routes
from api.routes import people as people_routes
from api.routes import views as view_routes
from core.db import MOST
from core.settings import settings

DESCRIPTION = """AI agent automation for customer service: automation is earned by certificates, and proven.

Send `Authorization: Bearer sao_...`. Every error is a problem (RFC 9457) whose `next` says what to do."""


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Let as many requests work at once as there are database connections; more would only wait for one."""
    to_thread.current_default_thread_limiter().total_tokens = MOST
    # A full collection looks at every module and template: 150 ms, in the middle of somebody's request.
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def make_app() -> FastAPI:
    """Return the application with all its routes and pages."""
    app = FastAPI(
        title="Saola",
        lifespan=lifespan,
        version="1",
        description=DESCRIPTION,
        responses=problems.RESPONSES,
        docs_url=None,
        redoc_url=None,
    )
    problems.install(app)
    app.state.error_page = partial(render.bare_page, template="error.html")
    app.add_exception_handler(session.LogIn, session.send_to_log_in)
    for routes in (
        tickets,
        desk,
        calendar,
        view_routes,
        bulk,
        trials,
        people_routes,
        keys,
        tenant,
        documents,
        streams,
        reviews,
        audits,
        answers,
        versions,
        triage,
        agents,
        figures,
        operations,
    ):
        app.include_router(routes.router)
    for pages in (
        session,
        inbox,
        ticket,
        handling,
        notices,
        desk_pages,
        calendar_pages,
        playground,
        people,
        admin,
        document_pages,
        submit,
        audit_pages,
        report,
        items,
        knowledge,
        version_pages,
        agent_pages,
        operation_pages,
    ):
        app.include_router(pages.router)
    app.include_router(gate_routes.router)
    app.include_router(reference.router)
    app.mount("/static/htmx", StaticFiles(directory=render.htmx_folder()), name="htmx")
    app.mount("/static", StaticFiles(directory=render.HERE / "static"), name="static")
    app.add_middleware(GZipMiddleware, minimum_size=1_000)
    app.add_middleware(BodyLimit)
    app.add_middleware(SafeHeaders)
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=settings().trusted_proxies)
    return app


app = make_app()
