"""Token packs through the API: paid on Stripe's page, by session and by key."""

from typing import Any

import httpx
import pytest
from msgspec import UNSET, UnsetType

from chenu.accounts.actor import AccountRole, ApiScope, Staff
from chenu.accounts.overrides import OverrideInput, set_override
from chenu.accounts.sessions import choose_account
from chenu.flows.services import Services
from chenu.tiers.catalogue import Feature, TierCode
from tests.api.calls import Api, as_key, as_session
from tests.flows.packs import open_packs
from tests.flows.plans import catch_up
from tests.people import Person, make_member, make_person, pay
from tests.rows import count, fingerprint
from tests.stripe_side import StripeSide


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    await stripe_side.reset()
    return await open_packs(services)


def buy_input(**changes: Any) -> dict[str, Any]:
    return {"packCode": "pack_1k", "idempotencyKey": "api-1", **changes}


async def buy(api: Api, **changes: Any) -> Any:
    return (await api.run("BuyPack", input=buy_input(**changes))).payload()


async def test_a_pack_is_paid_on_stripes_page_and_credited_once(
    client: httpx.AsyncClient, services: Services, person: Person
) -> None:
    api = as_session(client, services, person)

    first = await buy(api)
    again = await buy(api)
    paid = await pay(first["checkout"]["url"])
    await catch_up(services)
    after = await buy(api)

    assert again["checkout"]["url"] == first["checkout"]["url"]
    assert paid.status_code == 303
    assert after == {"checkout": None, "userErrors": []}
    assert await count("token_grant", "kind = 'PACK' AND granted = 1000") == 1
    assert await count("token_grant", "kind = 'PACK_BONUS' AND granted = 100") == 1


async def test_a_key_with_billing_buys_with_its_own_return_address(
    client: httpx.AsyncClient, services: Services, person: Person, stripe_side: StripeSide
) -> None:
    api = await as_key(
        client,
        services,
        await make_person("program", TierCode.PRO),
        ApiScope.BILLING,
        ApiScope.READ,
    )
    page = f"{services.settings.public_url}/done"

    payload = await buy(api, packCode="pack_100", successUrl=page)

    assert payload["checkout"]["url"]
    [session] = await stripe_side.list_all("/v1/checkout/sessions")
    assert session["success_url"] == page
    assert session["metadata"]["kind"] == "pack"
    assert session["metadata"]["pack"] == "pack_100"
    assert session["invoice_creation"]["enabled"]


@pytest.mark.parametrize(
    ("role", "may"),
    [(AccountRole.BILLING, True), (AccountRole.MEMBER, False)],
    ids=["billing", "member"],
)
async def test_who_pays_for_the_account_buys(
    client: httpx.AsyncClient, services: Services, person: Person, role: AccountRole, may: bool
) -> None:
    company = await make_person("company", TierCode.BUSINESS)
    colleague = await make_member(company, "colleague", role)
    assert company.actor.account_id is not None
    await choose_account(colleague.actor, company.actor.account_id)
    api = as_session(client, services, colleague)

    reply = await api.run("BuyPack", input=buy_input())

    assert (reply.codes == ["FORBIDDEN"]) != may
    assert await count("pack_order") == may


REFUSALS = {
    "no such pack": ({"packCode": "pack_2k"}, "INVALID", ["input", "packCode"]),
    "an empty code": ({"packCode": ""}, "INVALID", ["input", "packCode"]),
    "a foreign page": (
        {"successUrl": "https://evil.example/"},
        "INVALID",
        ["input", "successUrl"],
    ),
}


@pytest.mark.parametrize(("changes", "code", "path"), REFUSALS.values(), ids=REFUSALS.keys())
async def test_bad_input_names_its_field_and_changes_nothing(
    client: httpx.AsyncClient,
    services: Services,
    person: Person,
    changes: dict[str, str],
    code: str,
    path: list[str],
) -> None:
    api = as_session(client, services, person)
    before = await fingerprint()

    [error] = (await buy(api, **changes))["userErrors"]

    assert error["code"] == code
    assert error["path"] == path
    assert await fingerprint() == before


@pytest.mark.parametrize(
    ("tier", "limit", "codes"),
    [
        (TierCode.ENTERPRISE, UNSET, ["INVALID_STATE"]),
        (TierCode.FREE, None, ["INVALID_STATE"]),
        (TierCode.ENTERPRISE, 1_000, []),
        (TierCode.FREE, 1_000, []),
    ],
    ids=["a contract", "unlimited by staff", "a limited contract", "more by staff"],
)
async def test_an_unlimited_account_needs_no_pack(
    client: httpx.AsyncClient,
    services: Services,
    person: Person,
    tier: TierCode,
    limit: int | UnsetType | None,
    codes: list[str],
) -> None:
    clerk = await make_person("clerk", staff=(Staff.SUPPORT,))
    large = await make_person("large", tier)
    account_id = large.actor.require_account(ApiScope.READ)
    if limit is not UNSET:
        given = OverrideInput(Feature.TOKENS, True, limit, "A contract")
        await set_override(clerk.actor, account_id, given)
    api = as_session(client, services, large)

    errors = (await buy(api))["userErrors"]

    assert [error["code"] for error in errors] == codes
    assert await count("pack_order") == (not codes)


async def test_a_key_that_was_used_with_another_pack_conflicts(
    client: httpx.AsyncClient, services: Services, person: Person
) -> None:
    api = as_session(client, services, person)
    await buy(api)

    reply = await api.run("BuyPack", input=buy_input(packCode="pack_10k"))

    assert reply.codes == ["IDEMPOTENCY_CONFLICT"]
    assert await count("pack_order") == 1
