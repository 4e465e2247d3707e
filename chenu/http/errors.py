"""The one table from error code to HTTP status, and errors as JSON for programs."""

from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException

from chenu.accounts.request_context import STATE_KEY, RequestContext
from chenu.core.errors import ChenuError, RateLimited
from chenu.core.i18n import explain

STATUS = {
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    "SIGN_IN_AGAIN": 403,
    "CODE_NEEDED": 401,
    "NOT_FOUND": 404,
    "BAD_INPUT": 400,
    "INVALID": 422,
    "VALIDATION_FAILED": 422,
    "ALREADY_EXISTS": 409,
    "ALREADY_OWNED": 409,
    "INVALID_STATE": 409,
    "PRICE_CHANGED": 409,
    "IDEMPOTENCY_CONFLICT": 409,
    "PRICE_OUT_OF_RANGE": 422,
    "PLAN_REQUIRED": 402,
    "PAYMENT_FAILED": 402,
    "PAYOUTS_NOT_READY": 409,
    "LIMIT_REACHED": 409,
    "RATE_LIMITED": 429,
    "QUOTA_EXCEEDED": 429,
    "PROVIDER_UNAVAILABLE": 503,
    "UNAVAILABLE": 503,
    "INTERNAL": 500,
}


def status_of(error: ChenuError) -> int:
    return STATUS.get(error.code, 422)


def _headers(error: Exception) -> dict[str, str]:
    """Retry-After and Allow, where they are known."""
    headers = {"Cache-Control": "no-store", "Vary": "Cookie, Accept-Language"}
    if isinstance(error, RateLimited):
        headers["Retry-After"] = str(error.retry_after)
    elif isinstance(error, ChenuError) and status_of(error) == 503:
        headers["Retry-After"] = "5"
    elif isinstance(error, HTTPException):
        headers |= error.headers or {}
    return headers


def error_as_json(
    request: Request[Any, Any, Any], error: Exception
) -> Response[dict[str, dict[str, str]]]:
    """{"error": {"code", "message", "requestId"}}; an unexpected error reveals no details."""
    request_context: RequestContext = request.scope["state"].get(STATE_KEY, RequestContext())
    if isinstance(error, ChenuError):
        status, code = status_of(error), error.code
        message = explain(error, request_context.locale)
    elif isinstance(error, HTTPException):
        status, code, message = error.status_code, _code_of(error.status_code), error.detail
    else:
        status, code, message = 500, "INTERNAL", "Something went wrong on our side"
    body = {"error": {"code": code, "message": message, "requestId": request_context.request_id}}
    return Response(body, status_code=status, headers=_headers(error))


def _code_of(status: int) -> str:
    known = {401: "UNAUTHENTICATED", 403: "FORBIDDEN", 404: "NOT_FOUND", 429: "RATE_LIMITED"}
    return known.get(status, "INTERNAL" if status >= 500 else "BAD_INPUT")
