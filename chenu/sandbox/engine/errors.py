"""Errors in the shape in which Stripe's API answers them."""

from chenu.sandbox.engine.json_types import Json

INVALID_REQUEST = "invalid_request_error"
_DOCS = "https://docs.stripe.com/error-codes#"


class ApiError(Exception):
    """Ends a request. What it had changed is undone, unless `keeps_changes`."""

    keeps_changes = False

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = INVALID_REQUEST,
        code: str | None = None,
        param: str | None = None,
        headers: dict[str, str] | None = None,
        details: Json | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        self.code = code
        self.param = param
        self.headers = headers or {}
        self.details = details or {}

    def body(self, log_url: str, *, v2: bool = False) -> Json:
        """`log_url`: where this exchange can be looked up."""
        error: Json = {"type": self.kind, "message": self.message}
        if self.code:
            error["code"] = self.code
        if v2:
            error.setdefault("code", "invalid_fields" if self.status == 400 else self.kind)
            return {"error": error}
        if self.code:
            error["doc_url"] = _DOCS + self.code.replace("_", "-")
        if self.param:
            error["param"] = self.param
        return {"error": {**error, **self.details, "request_log_url": log_url}}


class Refused(ApiError):
    """Refused before anything ran: bad key, bad parameters, a limit. Never stored under a key."""


class CardDeclined(ApiError):
    """A payment that failed: its charge, events and new states stay."""

    keeps_changes = True


def missing(what: str, object_id: str, param: str | None = None) -> ApiError:
    """For an id that names nothing; `what` as in `No such customer: 'cus_x'`.

    404 when the path names it, 400 when a parameter does.
    """
    return ApiError(
        f"No such {what}: '{object_id}'",
        status=400 if param else 404,
        code="resource_missing",
        param=param or "id",
    )


def unsupported(what: str, param: str | None = None) -> Refused:
    """Stripe supports it and this sandbox does not: refuse it instead of ignoring it."""
    return Refused(f"The CHE·NU sandbox of Stripe does not support {what}.", param=param)
