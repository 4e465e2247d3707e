"""The composition root: every face, wired once. Nothing else knows everyone."""

from typing import Any

from litestar import Litestar, Request, Response
from litestar.di import Provide
from litestar.types import ASGIApp, ControllerRouterHandler

from chenu.accounts.visit import STATE_KEY, Visit
from chenu.flows.services import Services
from chenu.http.edge import Edge
from chenu.http.errors import error_as_json
from chenu.http.health import healthz, readyz
from chenu.http.metrics import metrics
from chenu.http.stripe_webhook import snapshot_webhook, thin_webhook

MAX_BODY_BYTES = 1_000_000


def create_app(services: Services) -> ASGIApp:
    """The ASGI application over services that are open already."""
    handlers: list[ControllerRouterHandler] = [
        healthz,
        readyz,
        metrics,
        snapshot_webhook,
        thin_webhook,
    ]
    app = Litestar(
        route_handlers=handlers,
        dependencies={
            "services": Provide(lambda: services, sync_to_thread=False),
            "settings": Provide(lambda: services.settings, sync_to_thread=False),
            "visit": Provide(get_visit, sync_to_thread=False),
        },
        exception_handlers={Exception: answer_error},
        request_max_body_size=MAX_BODY_BYTES,
        openapi_config=None,
        logging_config=None,
    )
    return Edge(app, services.settings)


def get_visit(request: Request[Any, Any, Any]) -> Visit:
    """Who asks, as the edge found out."""
    visit: Visit = request.scope["state"][STATE_KEY]
    return visit


def answer_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    return error_as_json(request, error)
