"""Links to the hosted onboarding of accounts."""

from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.clock import rfc3339
from chenu.sandbox.engine.errors import ApiError, Refused, unsupported
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.account import (
    get_account,
)
from chenu.sandbox.objects.parameters import check_url

LINK_LIFE = 300
"""Seconds of the clock."""


@ROUTES.post("/v2/core/account_links")
def create_link(unit: UnitOfWork, parameters: Json) -> Json:
    account = get_account(unit, parameters["account"], "account")
    if account.body["closed"]:
        raise ApiError("The account is closed.", code="account_closed")
    use_case = parameters["use_case"]
    kind = use_case["type"]
    if kind not in use_case:
        raise Refused(f"use_case.{kind} is required", param=f"use_case.{kind}")
    if kind != "account_onboarding":
        raise unsupported("account links other than onboarding", "use_case.type")
    options = use_case[kind]
    for name in ("refresh_url", "return_url"):
        if name in options:
            check_url(options[name], f"use_case.{kind}.{name}")
    token = unit.token()
    link: Json = {
        "object": "v2.core.account_link",
        "account": account.id,
        "created": rfc3339(unit.now),
        "expires_at": rfc3339(unit.now + LINK_LIFE),
        "livemode": False,
        "url": unit.config.link(f"/connect/onboarding/{token}"),
        "use_case": {"account_onboarding": _onboarding(options), "type": kind},
    }
    internal = {
        "expires_at": unit.now + LINK_LIFE,
        "refresh_url": options["refresh_url"],
        "return_url": options.get("return_url") or options["refresh_url"],
        "state": "new",
    }
    unit.create("v2.core.account_link", {**link, "id": token}, internal=internal)
    return link


def _onboarding(options: Json) -> Json:
    collection = options.get("collection_options") or {}
    return {
        "collection_options": {
            "fields": collection.get("fields", "currently_due"),
            "future_requirements": collection.get("future_requirements", "omit"),
        },
        "refresh_url": options["refresh_url"],
        "return_url": options.get("return_url"),
    }
