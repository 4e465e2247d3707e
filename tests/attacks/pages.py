"""The URLs of every HTML route, generated from the handlers, with ids that exist."""

import re
from dataclasses import dataclass
from typing import Any

import httpx

from chenu.accounts.request_context import RequestContext, session_cookie_name
from chenu.flows.services import Services
from storefront.access import ACCESS_KEY, Access
from storefront.routes import HANDLERS
from tests.attacks.world import World
from tests.people import Person

_PARAMETER = re.compile(r"\{(\w+):\w+\}")


_INSTEAD = (
    (r"/saml|/metadata$", "connection_id", "saml connection"),
    (r"/connections/[^/]+/remove$", "connection_id", "spare connection"),
    (r"/(remove|restore)$", "case_id", "review case"),
    (r"^/staff/payments/webhooks", "delivery_id", "other delivery"),
    (r"/credit$", "contract_id", "ended contract"),
    (r"/credit/refuse$", "contract_id", "waiting contract"),
    (r"/credit/take-back$", "contract_id", "refused contract"),
    (r"/reviews$", "slug", "reviewed agent"),
    (r"/pictures/", "picture", "screenshot"),
)
"""Paths of routes, and what stands in them for a parameter."""


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    access: Access | None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> list[str]:
        return _PARAMETER.findall(self.path)

    def url(self, world: World) -> str:
        """With ids of existing things: the creator's agents, the buyer's purchases."""
        agent = "agent on sale" if "{name:str}" in self.path else "draft"
        filled = {
            "agent_id": world.rows[agent],
            "purchase_id": world.rows["purchase"],
            "sale_id": world.rows["sale"],
            "review_id": world.rows["review"],
            "decision_id": world.rows["decision"],
            "appeal_id": world.rows["appeal"],
            "case_id": world.rows["report case"],
            "receipt": world.rows["receipt"],
            "warning_id": world.rows["warning"],
            "affiliate_id": world.rows["affiliate"],
            "referral_id": world.rows["referral"],
            "key_id": world.rows["api key"],
            "endpoint_id": world.rows["webhook"],
            "delivery_id": world.rows["delivery"],
            "session_id": world.spare_session,
            "connection_id": world.rows["connection"],
            "domain_id": world.rows["domain"],
            "member_id": world.rows["member"],
            "invitation_id": world.rows["invitation"],
            "account_id": world.creator_account,
            "request_id": world.rows["support request"],
            "inquiry_id": world.rows["inquiry"],
            "contract_id": world.rows["contract"],
            "incident_id": world.rows["incident"],
            "maintenance_id": world.rows["maintenance"],
            "grant_id": world.rows["grant"],
            "limit_id": world.rows["limit"],
            "host_id": world.rows["host"],
            "order_id": world.rows["order"],
            "pack_order_id": world.rows["pack order"],
            "code": "pack_1k",
            "invoice_id": world.rows["invoice"],
            "refund_id": world.rows["refund"],
            "waiting_id": world.rows["waiting refund"],
            "subject_id": world.rows["plan"],
            "bill_id": world.rows["self-billed invoice"],
            "statement_id": world.rows["statement"],
            "file": f"{world.rows['invoice']}.pdf",
            "kind": "sale",
            "language": "fr",
            "metric": "arpu",
            "number": "0",
            "statement_number": "AF-00000000-0001",
            "operation_id": world.rows["operation"],
            "event_id": world.rows["event"],
            "mail_id": world.rows["mail"],
            "job_id": world.rows["job"],
            "task": world.rows["task"],
            "table": "subscription",
            "slug": world.agent.slug,
            "handle": world.handle,
            "name": f"{world.rows['agent on sale']}.svg",
            "picture": f"{world.rows['picture']}-large.webp",
        }
        for pattern, parameter, thing in _INSTEAD:
            if re.search(pattern, self.path):
                filled[parameter] = world.rows[thing]
        if self.path.startswith("/static/"):
            filled["name"] = "css/store.css"
        return _PARAMETER.sub(lambda match: str(filled[match[1]]), self.path)


def _routes() -> list[Route]:
    handlers: tuple[Any, ...] = HANDLERS
    return [
        Route(method, path, handler.opt.get(ACCESS_KEY))
        for handler in handlers
        for path in sorted(handler.paths)
        for method in sorted(handler.http_methods)
        if method in ("GET", "POST")
    ]


FROM_ELSEWHERE = {"/sign-in/provider/{connection_id:uuid}/saml"}
"""What another site's page may post: tests/storefront/test_saml_sign_in.py forges it."""
ROUTES = _routes()
WRITES = [route for route in ROUTES if route.method == "POST" and route.path not in FROM_ELSEWHERE]


def session_headers(services: Services, person: Person) -> dict[str, str]:
    return {"cookie": f"{session_cookie_name(services.settings)}={person.token}"}


def csrf_of(services: Services, person: Person) -> str:
    token = RequestContext(actor=person.actor).csrf_token(services.settings)
    assert token is not None
    return token


async def ask(
    http: httpx.AsyncClient,
    route: Route,
    world: World,
    headers: dict[str, str],
    form: dict[str, str] | None = None,
) -> httpx.Response:
    """As the browser of somebody who is on one of our pages."""
    url = route.url(world)
    if route.method == "GET":
        return await http.get(url, headers=headers)
    return await http.post(url, data=form or {}, headers=headers)
