"""Accounts v2."""

import re

from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.api.v2_lists import v2_page
from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.clock import rfc3339, wall_ms
from chenu.sandbox.engine.errors import ApiError, Refused, unsupported
from chenu.sandbox.engine.json_types import Json, copy_json
from chenu.sandbox.engine.store import Filter, Record
from chenu.sandbox.engine.thin_events import emit_thin
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.account import (
    announce_v1,
    close_account,
    get_account,
    reference,
    refresh_body,
    v2_view,
)
from chenu.sandbox.objects.balance import read_balance
from chenu.sandbox.objects.parameters import apply, refuse_unsupported

_PLAIN = ("contact_email", "contact_phone", "dashboard", "display_name")
_SUPPORTED = (*_PLAIN, "configuration", "defaults", "identity", "include")
_COUNTRY = re.compile(r"[A-Za-z]{2}")


@ROUTES.post("/v2/core/accounts")
def create(unit: UnitOfWork, parameters: Json) -> Json:
    refuse_unsupported(parameters, _SUPPORTED, "v2.core.accounts.create")
    body = shapes.new(
        "v2.core.account",
        id=unit.new_id("account"),
        created=rfc3339(unit.now, wall_ms() % 1000),
    )
    internal = {
        "country": None,
        "entity_type": None,
        "onboarded": False,
        "recipient": False,
        "status": "none",
    }
    account = unit.create("v2.core.account", body, internal=internal)
    _fill(account, parameters)
    _check_complete(account)
    unit.save(account)
    emit_thin(unit, "v2.core.account.created", related=reference(account.id), account=account.id)
    return v2_view(account, parameters.get("include") or [])


def _fill(account: Record, parameters: Json) -> None:
    body, inside = account.body, account.internal
    apply(body, {k: v for k, v in parameters.items() if k != "metadata"}, _PLAIN)
    for key, value in (parameters.get("metadata") or {}).items():
        body["metadata"][key] = value
    body["metadata"] = {k: v for k, v in body["metadata"].items() if v not in (None, "")}
    identity = parameters.get("identity") or {}
    refuse_unsupported(identity, ("country", "entity_type"), "identity")
    if "country" in identity:
        if not _COUNTRY.fullmatch(identity["country"]):
            raise Refused("Not an ISO 3166-1 alpha-2 country", param="identity.country")
        inside["country"] = identity["country"].lower()
    inside["entity_type"] = identity.get("entity_type", inside["entity_type"])
    body["identity"] = {
        "attestations": None,
        "business_details": None,
        "country": inside["country"],
        "entity_type": inside["entity_type"],
        "individual": None,
    }
    _fill_defaults(body, parameters.get("defaults") or {})
    _request_capabilities(inside, parameters.get("configuration") or {})
    refresh_body(account)


def _fill_defaults(body: Json, given: Json) -> None:
    refuse_unsupported(given, ("currency", "locales", "responsibilities", "profile"), "defaults")
    current = body["defaults"] or {
        "currency": None,
        "locales": [],
        "payout_methods": None,
        "profile": None,
        "responsibilities": {
            "fees_collector": None,
            "losses_collector": None,
            "requirements_collector": "stripe",
        },
    }
    for name in ("currency", "locales"):
        current[name] = given.get(name, current[name])
    if "profile" in given:
        empty = dict.fromkeys(("business_url", "doing_business_as", "product_description"))
        current["profile"] = {**empty, **(current["profile"] or {}), **given["profile"]}
    current["responsibilities"] |= given.get("responsibilities") or {}
    body["defaults"] = current


def _request_capabilities(inside: Json, configuration: Json) -> None:
    refuse_unsupported(configuration, ("recipient",), "configuration")
    if "recipient" not in configuration:
        return
    inside["recipient"] = True
    capabilities = configuration["recipient"].get("capabilities") or {}
    refuse_unsupported(capabilities, ("stripe_balance",), "configuration.recipient.capabilities")
    wanted = (capabilities.get("stripe_balance") or {}).get("stripe_transfers") or {}
    if wanted.get("requested") and inside["status"] == "none":
        inside["status"] = "restricted"
    elif wanted.get("requested") is False and inside["status"] != "none":
        raise unsupported("taking a capability back")


def _check_complete(account: Record) -> None:
    """What a recipient has to bring, and who must answer for losses on this kind of platform."""
    if not account.internal["recipient"]:
        return
    body = account.body
    for name, value in (
        ("contact_email", body["contact_email"]),
        ("identity.country", account.internal["country"]),
        ("dashboard", body["dashboard"]),
    ):
        if value is None:
            raise Refused(f"{name} is required for a recipient", param=name)
    responsibilities = body["defaults"]["responsibilities"]
    for name in ("fees_collector", "losses_collector"):
        if responsibilities[name] != "application":
            raise Refused(
                f"defaults.responsibilities.{name} has to be `application` for a recipient that"
                " is paid by transfers",
                param=f"defaults.responsibilities.{name}",
            )


@ROUTES.get("/v2/core/accounts")
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    closed = int(parameters.get("closed", False))
    filters = [Filter("closed", "=", closed)]
    for wanted in parameters.get("applied_configurations") or []:
        filters.append(Filter("applied_configurations[0]", "=", wanted))
    return v2_page(
        unit,
        "v2.core.account",
        "/v2/core/accounts",
        parameters,
        filters,
        show=lambda account: v2_view(account, []),
    )


@ROUTES.get("/v2/core/accounts/{account}")
def retrieve(unit: UnitOfWork, parameters: Json, account: str) -> Json:
    return v2_view(get_account(unit, account), parameters.get("include") or [])


@ROUTES.post("/v2/core/accounts/{account}")
def update(unit: UnitOfWork, parameters: Json, account: str) -> Json:
    refuse_unsupported(parameters, _SUPPORTED, "v2.core.accounts.update")
    record = _open_account(unit, account)
    before = copy_json(record.body)
    _fill(record, parameters)
    _check_complete(record)
    unit.save(record)
    if record.body != before:
        emit_thin(unit, "v2.core.account.updated", related=reference(account), account=account)
        announce_v1(unit, record)
    return v2_view(record, parameters.get("include") or [])


@ROUTES.post("/v2/core/accounts/{account}/close")
def close(unit: UnitOfWork, parameters: Json, account: str) -> Json:
    record = _open_account(unit, account)
    given = parameters.get("applied_configurations")
    if given is not None and given != record.body["applied_configurations"]:
        raise Refused("Name all configurations of the account", param="applied_configurations")
    if any(read_balance(unit.store, account)):
        raise ApiError(
            "An account with a balance cannot be closed: pay it out first.",
            kind="cannot_proceed",
            code="account_has_balance",
        )
    close_account(unit, record)
    return v2_view(record, [])


def _open_account(unit: UnitOfWork, account_id: str) -> Record:
    record = get_account(unit, account_id)
    if record.body["closed"]:
        raise ApiError("The account is closed.", code="account_closed")
    return record
