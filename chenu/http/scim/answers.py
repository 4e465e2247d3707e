"""Answers in SCIM's own media type, refusals included (RFC 7644, 3.12)."""

from collections.abc import Sequence
from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from pydantic import ValidationError
from scim2_models import Context, Error, ListResponse, Resource, SCIMException

from chenu.accounts.request_context import STATE_KEY, RequestContext
from chenu.core.errors import ChenuError, RateLimited
from chenu.core.i18n import explain
from chenu.flows.scim.people import StaleEntry

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/scim+json"
_STALE = 412
_CODES: dict[str, tuple[int, str | None]] = {
    "UNAUTHENTICATED": (401, None),
    "NOT_FOUND": (404, None),
    "INVALID": (400, "invalidValue"),
    "BAD_INPUT": (400, "invalidSyntax"),
    "ALREADY_EXISTS": (409, "uniqueness"),
    "RATE_LIMITED": (429, None),
    "UNAVAILABLE": (503, None),
    "INTERNAL": (500, None),
}
_REFUSED: tuple[int, str | None] = (403, None)
"""What a rule of the business does not let happen: no seat, no plan, the owner stays."""


def answer(
    resource: Resource[Any], *, status: int = 200, excluded: Sequence[str] = ()
) -> Response[dict[str, Any]]:
    context = (
        Context.RESOURCE_CREATION_RESPONSE if status == 201 else Context.RESOURCE_QUERY_RESPONSE
    )
    content = _dump(resource, context, excluded)
    headers = {"Cache-Control": "no-store"}
    if resource.meta is not None and resource.meta.version:
        headers["ETag"] = resource.meta.version
        headers["Location"] = resource.meta.location or ""
    return Response(content, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def answer_list(
    resources: Sequence[Resource[Any]], total: int, start: int, excluded: Sequence[str] = ()
) -> Response[dict[str, Any]]:
    content = {
        "schemas": [str(ListResponse.__schema__)],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": len(resources),
        "Resources": [_dump(each, Context.RESOURCE_QUERY_RESPONSE, excluded) for each in resources],
    }
    return Response(content, media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})


def _dump(resource: Resource[Any], context: Context, excluded: Sequence[str]) -> dict[str, Any]:
    written: dict[str, Any] = resource.model_dump(scim_ctx=context)
    return {name: value for name, value in written.items() if name not in excluded}


def answer_failure(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """An unexpected error is logged and reveals no details."""
    found = _describe(request, error)
    status = found.status or 500
    if status >= 500 and not isinstance(error, ChenuError):
        log.error("request_failed", path=request.scope["path"], exc_info=error)
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="scim"'
    if isinstance(error, RateLimited):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, HTTPException):
        headers |= error.headers or {}
    return Response(found.model_dump(), status_code=status, media_type=MEDIA_TYPE, headers=headers)


def _describe(request: Request[Any, Any, Any], error: Exception) -> Error:
    if isinstance(error, SCIMException):
        return error.to_error()
    if isinstance(error, ValidationError):
        return Error.from_validation_errors(error)[0]
    if isinstance(error, ChenuError):
        context: RequestContext = request.scope["state"].get(STATE_KEY, RequestContext())
        status, kind = _CODES.get(error.code, _REFUSED)
        status = _STALE if isinstance(error, StaleEntry) else status
        return Error(status=status, scim_type=kind, detail=explain(error, context.locale))
    if isinstance(error, HTTPException):
        return Error(status=error.status_code, detail=error.detail)
    return Error(status=500, detail="Something went wrong on our side")
