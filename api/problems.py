"""Every error is an RFC 9457 problem (application/problem+json) that also says, in `next`, what to do about it."""

import errno
import json
import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from core.errors import Broken, NeedsHuman, Rejected, TryLater

MEDIA_TYPE = "application/problem+json"
Shape = TypeVar("Shape")
log = logging.getLogger("saola.api")

STATUS = {  # codes of core.errors.Rejected that are not a 422
    "not_found": 404,
    "agent_unknown": 404,
    "figure_unknown": 404,
    "processor_unknown": 404,
    "version_unknown": 404,
    "no_picture": 404,
    "file_too_large": 413,
    "body_too_large": 413,
    "already_reviewed": 409,
    "case_exists": 409,
    "not_done": 409,
    "already_judged": 409,
    "no_draft": 409,
    "unchanged": 409,
    "address_taken": 409,
    "not_yourself": 409,
    "last_admin": 409,
    "user_disabled": 409,
    "title_taken": 409,
    "exists": 409,
    "changed_meanwhile": 409,
    "agent_built_in": 409,
    "shared_folder": 409,
    "merged_already": 409,
    "same_ticket": 409,
    "too_late": 409,
    "ticket_taken": 409,
    "ticket_closed": 409,
    "already_serving": 409,
    "not_a_candidate": 409,
    "duplicate_external_id": 409,
    "key_in_use": 409,
    "no_key": 401,
    "bad_key": 401,
    "log_in": 401,
    "scope_missing": 403,
    "csrf": 403,
    "slow_down": 429,
    "malformed": 400,
}
_NEXT = {
    400: "Send well-formed JSON in UTF-8 with the header Content-Type: application/json.",
    401: "Send a key: Authorization: Bearer sao_... (make one with `saola key new`), or log in at /login.",
    403: "Use a key or an account that has the scope.",
    404: "Check the address; all routes are listed at /docs.",
    405: "Use one of the methods in the Allow header.",
    406: "Accept application/json.",
    413: "Send less at once.",
    415: "Send JSON with the header Content-Type: application/json.",
    422: "Correct what `errors` lists and send the request again.",
    429: "Wait as many seconds as Retry-After says, then try again.",
    500: "Nothing was stored by this request. Look at the server's log, and report it if it happens again.",
    503: "Wait as many seconds as Retry-After says, then send the same request again.",
}


class Fault(BaseModel):
    """One thing that is wrong with the request."""

    pointer: str = Field(description="Where: a JSON pointer into the body, or query:NAME, path:NAME, header:NAME.")
    detail: str


class Problem(BaseModel):
    """An error as RFC 9457 describes it."""

    type: str = Field(examples=["urn:saola:problem:invalid"])
    title: str
    status: int
    detail: str
    next: str = Field(description="What to do about it.")
    instance: str = ""
    errors: list[Fault] = []


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    next: str = "",
    instance: str = "",
    errors: list[Fault] | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """Return a problem as a response. `code` is the stable key for machines; `more` are extension members."""
    body = {
        "type": f"urn:saola:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "next": next or _NEXT.get(status, "Correct the request and send it again."),
        "instance": instance,
        **({"errors": [fault.model_dump() for fault in errors]} if errors else {}),
        **more,
    }
    # ASCII only: whatever stood in the request, also half a surrogate pair, comes back as valid JSON.
    content = json.dumps(body, ensure_ascii=True, default=str).encode()
    return Response(content, status, dict(headers or {}), MEDIA_TYPE)


def wants_page(request: Request) -> bool:
    """Return whether a person's browser asked for one of our pages, so that an error should be a page too."""
    path = request.url.path
    machine = path.startswith(("/v1/", "/static/")) or path in ("/metrics", "/healthz", "/readyz", "/openapi.json")
    return not machine and "text/html" in request.headers.get("accept", "")


def of_rejected(request: Request, error: Rejected) -> Response:
    """Return the answer to a refusal."""
    status = STATUS.get(error.code, 422)
    errors = [Fault(pointer=error.where, detail=str(error))] if error.where else None
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    headers.update(getattr(error, "headers", {}))
    return _tell(request, status, error.code, str(error), next=error.hint, errors=errors, headers=headers)


def _tell(request: Request, status: int, code: str, detail: str, **more: Any) -> Response:
    """Answer with a problem, or with a page that says the same where a person looks."""
    draw: Callable[..., Response] | None = getattr(request.app.state, "error_page", None)
    if draw and wants_page(request):
        hint = more.get("next") or _NEXT.get(status, "")
        return draw(request, status=status, code=code, detail=detail, next=hint)
    return problem(status, code, detail, instance=request.url.path, **more)


def _rejected(request: Request, error: Exception) -> Response:
    assert isinstance(error, Rejected)
    return of_rejected(request, error)


def _try_later(request: Request, error: Exception) -> Response:
    assert isinstance(error, TryLater)
    seconds = str(max(1, round(error.after or 5)))
    return _tell(request, 503, "try_later", str(error), headers={"Retry-After": seconds})


def _database_away(request: Request, error: Exception) -> Response:
    log.warning("the database did not answer: %s", error)
    detail = "the database cannot be reached at this moment; nothing was stored"
    return _tell(request, 503, "try_later", detail, headers={"Retry-After": "2"})


def _database_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DBAPIError)
    if error.connection_invalidated:
        return _database_away(request, error)
    return _unexpected(request, error)


_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})


def _storage_full(request: Request, error: Exception) -> Response:
    """A disk that takes nothing more is the operator's to mend, and the caller may come again."""
    assert isinstance(error, OSError)
    if error.errno not in _FULL:
        return _unexpected(request, error)
    log.error("the disk took nothing more: %s", error)
    detail = "the server's storage is full or cannot be written to; nothing was stored"
    return _tell(request, 503, "storage_full", detail, headers={"Retry-After": "60"})


def _broken(request: Request, error: Exception) -> Response:
    log.error("broken: %s", error)
    return _tell(request, 500, "broken", str(error))


def _unexpected(request: Request, error: Exception) -> Response:
    log.exception("unexpected error at %s %r", request.method, request.url.path, exc_info=error)
    return _tell(request, 500, "unexpected", "an unexpected error happened on the server")


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_").replace("-", "_")
    detail = {
        404: "there is nothing at this address",
        405: f"this address does not take {request.method}",
        400: "the body could not be read: it is not well-formed, or nested too deeply",
        413: "the body is too large",
    }.get(error.status_code, str(error.detail))
    allowed = _allowed(request) if error.status_code == 405 else ""
    headers = {"Allow": allowed} if allowed else error.headers
    return _tell(request, error.status_code, code, detail, headers=headers)


def _allowed(request: Request) -> str:
    """Every method of this address; the router itself names only those of the first route that fits."""
    paths: dict[str, dict[str, Any]] = request.app.openapi()["paths"]
    found = {method for path, methods in paths.items() if _fits(path, request.url.path) for method in methods}
    return ", ".join(sorted(method.upper() for method in found))


def _fits(template: str, path: str) -> bool:
    return compile_path(template)[0].match(path) is not None


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [Fault(pointer=pointer(one["loc"]), detail=_plain(one["msg"])) for one in error.errors()]
    if any(one["type"] == "json_invalid" for one in error.errors()):
        return _tell(request, 400, "malformed", "the body is not valid JSON", errors=faults)
    what = "a value is wrong" if len(faults) == 1 else f"{len(faults)} values are wrong"
    return _tell(request, 422, "invalid", f"{what}: {_list(faults)}", errors=faults)


def pointer(where: tuple[Any, ...] | list[Any]) -> str:
    """Return where a fault lies: ('body', 'customer', 'name') becomes /customer/name, ('query', 'q') query:q."""
    first, rest = (str(where[0]), where[1:]) if where else ("body", ())
    if first == "body":
        return "/" + "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in rest)
    return f"{first}:{'.'.join(str(part) for part in rest)}"


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")


def _list(faults: list[Fault]) -> str:
    shown = "; ".join(f"{fault.pointer} {fault.detail}" for fault in faults[:3])
    return shown + ("; …" if len(faults) > 3 else "")


def invalid(shape: TypeAdapter[Shape], value: object) -> Shape:
    """Return `value` checked by `shape`. Raises FastAPI's own validation error, so that it becomes the same problem."""
    try:
        return shape.validate_python(value)
    except ValidationError as error:
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in error.errors()]) from error


def install(app: FastAPI) -> None:
    """Turn every exception that leaves a route or the router into a problem."""
    app.add_exception_handler(Rejected, _rejected)
    app.add_exception_handler(TryLater, _try_later)
    app.add_exception_handler(NeedsHuman, _broken)
    app.add_exception_handler(Broken, _broken)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(OperationalError, _database_away)
    app.add_exception_handler(TimeoutError, _database_away)
    app.add_exception_handler(DBAPIError, _database_error)
    app.add_exception_handler(OSError, _storage_full)
    app.add_exception_handler(Exception, _unexpected)


RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "A problem (RFC 9457)", "content": {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}},
    "5XX": {"description": "A problem (RFC 9457)", "content": {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}},
}
