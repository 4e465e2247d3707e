"""API v1's view of connected accounts, and links to their dashboards."""

from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.account import get_account, v1_view


@ROUTES.get("/v1/accounts/{account}")
def retrieve(unit: UnitOfWork, parameters: Json, account: str) -> Json:
    return v1_view(unit, get_account(unit, account))


@ROUTES.post("/v1/accounts/{account}/login_links")
def create_login_link(unit: UnitOfWork, parameters: Json, account: str) -> Json:
    record = get_account(unit, account)
    if record.body["dashboard"] != "express":
        raise ApiError("Login links are for accounts with the Express dashboard.")
    if not record.internal["onboarded"]:
        raise ApiError(
            "Cannot create a login link for an account that has not completed onboarding."
        )
    return {
        "object": "login_link",
        "created": unit.now,
        "url": unit.config.link(f"/express/{account}"),
    }
