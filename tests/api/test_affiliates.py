"""What an affiliate reads of themselves, and that nobody else does."""

from typing import Any

import httpx

from chenu.accounts.actor import ApiScope, Staff
from chenu.affiliates.affiliates import AffiliateRow
from chenu.affiliates.model import ReferralState
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.affiliates.bound import bind, make_affiliate
from tests.affiliates.shown import bring_customers, put_clicks
from tests.api.calls import Api, as_key, as_session, gid
from tests.people import Person, make_creator, make_person

NODE = "query($id: ID!) { node(id: $id) { __typename id } }"


async def join(name: str = "ada", tier: TierCode = TierCode.PRO) -> tuple[Person, AffiliateRow]:
    person = await make_person(name, tier)
    return person, await make_affiliate(person)


async def read(api: Api) -> Any:
    return (await api.run("MyAffiliate")).data["viewer"]["affiliate"]


async def test_who_has_not_joined_has_no_affiliate(
    client: httpx.AsyncClient, services: Services
) -> None:
    assert await read(as_session(client, services, await make_person("ada"))) is None


async def test_a_new_affiliate_has_a_link_and_nothing_yet(
    client: httpx.AsyncClient, services: Services
) -> None:
    person, row = await join()

    found = await read(as_session(client, services, person))

    assert found["link"] == f"{services.settings.public_url}/?ref={row.code}"
    assert (found["code"], found["status"], found["commissionBasisPoints"]) == (
        row.code,
        "ACTIVE",
        1000,
    )
    assert (found["payoutsReady"], found["onboardingUrl"]) == (
        False,
        f"{services.settings.public_url}/affiliate/onboarding",
    )
    stats = found["stats"]
    assert (stats["clicks"], stats["signUps"], stats["conversions"]) == (0, 0, 0)
    assert stats["conversionRate"] is None
    assert stats["minimumPayout"]["amountMinor"] == 5000


async def test_clicks_sign_ups_conversions_and_sums_are_counted(
    client: httpx.AsyncClient, services: Services
) -> None:
    person, row = await join()
    _, other = await join("other")
    await put_clicks(row, 7)
    await put_clicks(row, 1, days_ago=400)
    await put_clicks(other, 100)
    await bring_customers(row, ("bob", "cid"), paid=9900)
    await bring_customers(other, ("dan",))
    await bind(await make_person("eve"), row)
    await bind(await make_person("own"), row, ReferralState.REFUSED)

    stats = (await read(as_session(client, services, person)))["stats"]

    assert (stats["clicks"], stats["signUps"], stats["conversions"]) == (8, 3, 2)
    assert stats["conversionRate"] == 0.25
    assert (stats["pending"]["amountMinor"], stats["due"]["amountMinor"]) == (1980, 0)


async def test_a_creator_who_is_ready_is_paid_as_an_affiliate_as_well(
    client: httpx.AsyncClient, services: Services
) -> None:
    creator, _ = await make_creator(services)
    await make_affiliate(creator)

    found = await read(as_session(client, services, creator))

    assert (found["payoutsReady"], found["onboardingUrl"]) == (True, None)


async def test_an_affiliate_is_found_by_id_by_themselves_alone(
    client: httpx.AsyncClient, services: Services
) -> None:
    person, row = await join()
    sent = {"id": gid("Affiliate", row.id)}
    staff = await make_person("staff", staff=(Staff.FINANCE, Staff.SUPPORT))

    own = await as_session(client, services, person).send(NODE, sent)
    others = [
        await as_session(client, services, other).send(NODE, sent)
        for other in (staff, await make_person("bob"))
    ]

    assert own.data["node"] == {"__typename": "Affiliate", "id": sent["id"]}
    assert [reply.data["node"] for reply in others] == [None, None]


async def test_a_key_needs_the_scope_read(client: httpx.AsyncClient, services: Services) -> None:
    person, row = await join()
    reader = await as_key(client, services, person, ApiScope.READ)
    seller = await as_key(client, services, person, ApiScope.AGENTS)

    found, refused = await read(reader), await seller.run("MyAffiliate")

    assert found["code"] == row.code
    assert refused.codes == ["FORBIDDEN"]
