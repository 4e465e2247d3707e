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
from tests.api.calls import Api, as_key, as_session, counted_statements, gid
from tests.people import Person, make_creator, make_person
from tests.rows import count, put

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


async def read_commissions(api: Api, **variables: Any) -> Any:
    data = (await api.run("MyCommissions", **variables)).data
    return data["viewer"]["affiliate"]["commissions"]


async def test_a_commission_shows_its_arithmetic_and_a_hint_alone(
    client: httpx.AsyncClient, services: Services
) -> None:
    person, row = await join()
    [customer] = await bring_customers(row, ("bob",), paid=12000, tax=2000)

    [edge] = (await read_commissions(as_session(client, services, person)))["edges"]

    shown = edge["node"]
    assert (shown["status"], shown["basisPoints"], shown["invoiceNumber"]) == (
        "PENDING",
        1000,
        "CHENU-0001",
    )
    assert (shown["base"]["formatted"], shown["amount"]["amountMinor"]) == ("100,00\xa0€", 1000)
    assert shown["customerHint"] == "b•••"
    assert customer.email not in str(shown)


async def test_a_customer_whose_data_are_deleted_is_shown_as_such(
    client: httpx.AsyncClient, services: Services
) -> None:
    person, row = await join()
    [customer] = await bring_customers(row, ("bob",))
    await put("app_user", "email", "deleted-1@deleted.invalid", "id = $2", customer.user_id)

    [edge] = (await read_commissions(as_session(client, services, person)))["edges"]

    assert edge["node"]["customerHint"] == "une personne qui a supprimé ses données"


async def test_commissions_are_read_with_the_same_statements_however_many(
    client: httpx.AsyncClient, services: Services
) -> None:
    person, row = await join()
    await bring_customers(row, ("bob", "cid", "dan", "eve", "fay", "gus"))
    api = as_session(client, services, person)

    async def ask(size: int) -> int:
        async with counted_statements() as statements:
            found = await read_commissions(api, first=size)
        assert (len(found["edges"]), found["totalCount"]) == (size, 6)
        return len(statements)

    assert await ask(2) == await ask(6) <= 10


async def test_commissions_are_walked_by_cursor(
    client: httpx.AsyncClient, services: Services
) -> None:
    person, row = await join()
    await bring_customers(row, ("bob", "cid", "dan"))
    api = as_session(client, services, person)

    first = await read_commissions(api, first=2)
    rest = await read_commissions(api, first=2, after=first["pageInfo"]["endCursor"])

    hints = [edge["node"]["customerHint"] for page in (first, rest) for edge in page["edges"]]
    assert hints == ["d•••", "c•••", "b•••"]
    assert not rest["pageInfo"]["hasNextPage"]


async def test_a_commission_is_found_by_its_affiliate_alone(
    client: httpx.AsyncClient, services: Services
) -> None:
    person, row = await join()
    [customer] = await bring_customers(row, ("bob",))
    api = as_session(client, services, person)
    [edge] = (await read_commissions(api))["edges"]
    sent = {"id": edge["node"]["id"]}

    own = await api.send(NODE, sent)
    others = await as_session(client, services, customer).send(NODE, sent)

    assert own.data["node"] == {"__typename": "Commission", "id": sent["id"]}
    assert others.data["node"] is None


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


async def test_joining_twice_gives_the_same_code(
    client: httpx.AsyncClient, services: Services
) -> None:
    api = as_session(client, services, await make_person("ada"))

    first, second = [(await api.run("JoinAffiliates")).payload() for _ in range(2)]

    assert first["affiliate"]["code"].startswith("CHENU")
    assert first == second


async def test_who_has_not_verified_their_address_does_not_join(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("ada")
    await put("app_user", "email_verified_at", None, "id = $2", person.user_id)

    reply = await as_session(client, services, person).run("JoinAffiliates")

    assert reply.payload()["affiliate"] is None
    assert [code for code, _ in reply.refusals()] == ["INVALID_STATE"]
    assert await count("affiliate") == 0


async def test_no_key_joins(client: httpx.AsyncClient, services: Services) -> None:
    person = await make_person("ada", TierCode.PRO)

    reply = await (await as_key(client, services, person, *ApiScope)).run("JoinAffiliates")

    assert reply.codes == ["FORBIDDEN"]
    assert await count("affiliate") == 0
