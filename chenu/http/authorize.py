"""Tells a reverse proxy whether a call of another service may pass, and takes it from the plan.

nginx (auth_request) asks by GET at this path; Envoy (ext_authz) by the method of the call, with the
path of the call behind ours. Bodies are not read. docs/decisions/0060.
"""

from typing import Any

from litestar import MediaType, Request, Response, route
from litestar.di import NamedDependency

from chenu.accounts.actor import Actor, ActorKind, ApiScope
from chenu.accounts.request_context import RequestContext
from chenu.core.errors import BadInput, ChenuError, Forbidden, Unauthenticated
from chenu.core.global_id import encode_id
from chenu.core.i18n import mark
from chenu.flows.services import Services
from chenu.http.errors import error_as_json, status_of
from chenu.metering.plan_of import plan_of

PATH = "/api/v1/authorize"
_SCOPE = "chenu-scope"
_PAYMENT_REQUIRED = 402
_NO_KEY = mark("Send an API key: Authorization: Bearer chenu_live_…")

Answer = Response[Any]


@route(
    [PATH, f"{PATH}/{{call:path}}"],
    http_method=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
    include_in_schema=False,
    status_code=200,
)
async def authorize_call(
    request: Request[Any, Any, Any],
    services: NamedDependency[Services],
    request_context: NamedDependency[RequestContext],
) -> Answer:
    """200 with who calls and what is left; 401, 403 or 429, as proxies understand them."""
    limits: dict[str, str] = {}
    try:
        actor = _require_key(request_context)
        _require_scope(actor, request.headers.get(_SCOPE, ""))
        charge = await services.meter.take(request_context, 1)
        limits = charge.headers
        charge.require(request_context.locale)
    except ChenuError as error:
        return _refuse(request, error, limits)
    headers = {**_describe(actor), **limits, "Cache-Control": "no-store"}
    return Response(b"", media_type=MediaType.TEXT, headers=headers)


def _require_key(request_context: RequestContext) -> Actor:
    """Raises what was wrong with the key, Unauthenticated, or Forbidden for a service key."""
    if request_context.refusal is not None:
        raise request_context.refusal
    actor = request_context.actor
    if actor.kind is ActorKind.SERVICE_KEY:
        raise Forbidden(mark("Calls are taken from API keys, not from service keys"))
    if actor.kind is not ActorKind.API_KEY:
        raise Unauthenticated(_NO_KEY)
    return actor


def _require_scope(actor: Actor, wanted: str) -> None:
    """`wanted` is what the proxy asks for in a header; a caller's own could only ask for more."""
    if not wanted:
        return
    if wanted not in ApiScope.__members__:
        raise BadInput(mark("Chenu-Scope is one of: {allowed}"), allowed=", ".join(ApiScope))
    if not actor.may(ApiScope(wanted)):
        raise Forbidden("This key needs the scope {scope}", scope=wanted)


def _describe(actor: Actor) -> dict[str, str]:
    return {
        "Chenu-Account": encode_id("Account", actor.account_id),
        "Chenu-Key": encode_id("ApiKey", actor.key_id),
        "Chenu-Tier": actor.tier.value,
        "Chenu-Api-Plan": plan_of(actor).code.value,
        "Chenu-Scopes": ", ".join(sorted(actor.scopes)),
    }


def _refuse(request: Request[Any, Any, Any], error: ChenuError, limits: dict[str, str]) -> Answer:
    """The code is in a header as well, because nginx does not pass the body on."""
    answer = error_as_json(request, error)
    status = status_of(error)
    answer.status_code = 403 if status == _PAYMENT_REQUIRED else status
    answer.headers |= {**limits, "Chenu-Error": error.code}
    if isinstance(error, Unauthenticated):
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer
