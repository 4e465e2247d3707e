"""The composition root: creates and connects all faces. No other module imports all of them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import structlog
from litestar import Litestar, Request, Response, Router
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, ControllerRouterHandler

from chenu.accounts.request_context import STATE_KEY, RequestContext
from chenu.core.errors import ChenuError
from chenu.core.i18n import Locale
from chenu.core.mail_kinds import MailKind
from chenu.flows.services import Services
from chenu.http.affiliate_links import AffiliateLinks
from chenu.http.answer_cache import AnswerCache
from chenu.http.authorize import authorize_call
from chenu.http.edge import Edge
from chenu.http.errors import error_as_json, status_of
from chenu.http.health import healthz, readyz
from chenu.http.late_routes import LateRoutes
from chenu.http.leak_reports import report_leaked_keys
from chenu.http.methods import methods_of_routes
from chenu.http.metrics import metrics
from chenu.http.paths import Subtrees
from chenu.http.request_bodies import RequestBodies
from chenu.http.stripe_webhook import snapshot_webhook, thin_webhook
from chenu.scim.model import SCIM_PATH
from chenu.settings import Mode, Settings
from chenu_graphql.compiled_route import CompiledRoute
from chenu_graphql.routes import PATH as GRAPHQL_PATH
from chenu_graphql.routes import answer_failure, create_graphql_routes, get_engine
from storefront.errors import render_error
from storefront.fresh_sign_in import look_up_ways
from storefront.routes import create_storefront
from storefront.routes.store import PATH as STORE_PATH

if TYPE_CHECKING:
    from chenu.jobs.mail_preview import ComposedMail

log = structlog.get_logger("chenu.request")

MAX_BODY_BYTES = 1_000_000
_CACHED = frozenset({("POST", GRAPHQL_PATH), ("GET", STORE_PATH)})
"""Where answers that are the same for everybody may be cached."""
FOR_PROGRAMS = Subtrees(
    "/graphql",
    "/api",
    "/scim",
    "/webhooks",
    "/healthz",
    "/readyz",
    "/metrics",
    "/schemas",
    "/static",
)
"""At and below these paths errors are JSON."""


def create_app(services: Services) -> ASGIApp:
    """The ASGI application, over services that are open already."""
    handlers: list[ControllerRouterHandler] = [
        healthz,
        readyz,
        metrics,
        snapshot_webhook,
        thin_webhook,
        report_leaked_keys,
        authorize_call,
        *create_graphql_routes(services),
    ]
    if services.settings.mode is Mode.DEMO:
        from chenu.demo.mail_page import mail_routes

        handlers += mail_routes()
    handlers.append(create_storefront(services, status_of, _compose_samples))
    app = Litestar(
        route_handlers=handlers,
        dependencies={
            "services": Provide(lambda: services, sync_to_thread=False),
            "settings": Provide(lambda: services.settings, sync_to_thread=False),
            "request_context": Provide(get_request_context, sync_to_thread=False),
        },
        exception_handlers={Exception: _make_error_answer(services)},
        after_exception=[look_up_ways],
        request_max_body_size=MAX_BODY_BYTES,
        openapi_config=None,
        logging_config=None,
    )
    settings = services.settings
    methods = methods_of_routes(app, post_only=GRAPHQL_PATH)
    compiled = CompiledRoute(_with_late_routes(app, methods), get_engine(), services)
    cached = AnswerCache(compiled, _CACHED, settings.cache_seconds, services.meter)
    counted = AffiliateLinks(cached, settings, FOR_PROGRAMS)
    bounded = RequestBodies(counted, settings.limits.body_seconds)
    return Edge(bounded, settings, methods, services.pubsub)


def _with_late_routes(app: Litestar, methods: dict[str, str]) -> ASGIApp:
    """`methods` are those of each route, also of the late ones."""

    def complete() -> None:
        methods.update(methods_of_routes(app, post_only=GRAPHQL_PATH))

    return LateRoutes(app, SCIM_PATH, _make_scim_routes, complete)


def _compose_samples(settings: Settings, kind: MailKind, locale: Locale) -> "list[ComposedMail]":
    # Imported when staff look at a mail: the worker composes those that are sent.
    from chenu.jobs.mail_preview import compose_samples

    return compose_samples(settings, kind, locale)


def _make_scim_routes() -> Router:
    # Imported when a directory first asks: its models take a tenth of the time to start.
    from chenu.http.scim.router import create_scim_routes

    return create_scim_routes()


def get_request_context(request: Request[Any, Any, Any]) -> RequestContext:
    """The caller, as identified by the edge."""
    request_context: RequestContext = request.scope["state"][STATE_KEY]
    return request_context


def _make_error_answer(
    services: Services,
) -> Callable[[Request[Any, Any, Any], Exception], Response[Any]]:
    def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        """JSON for programs, a page for people; unexpected errors are logged."""
        if request.scope["path"].rstrip("/") == GRAPHQL_PATH:
            return answer_failure(request, error, services)
        if not isinstance(error, ChenuError | HTTPException):
            log.error("request_failed", path=request.scope["path"], exc_info=error)
        if request.scope["path"] in FOR_PROGRAMS:
            return error_as_json(request, error)
        return render_error(request, error, settings=services.settings, status_of=status_of)

    return answer
