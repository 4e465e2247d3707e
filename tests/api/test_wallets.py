"""An account's tokens through the API: what can be spent, its grants, and every change by page."""

from typing import Any

import httpx

from chenu.accounts.actor import ApiScope
from chenu.core.ids import new_id
from chenu.flows.services import Services
from chenu.ledger.amounts import Tokens
from chenu.tiers.catalogue import TierCode
from chenu.tokens.grants import GrantKind
from chenu.tokens.holds import settle_hold
from tests.api.calls import Api, as_key, as_session, gid
from tests.people import Person, make_person
from tests.rows import count
from tests.tokens.granting import Wanted, give, hold, revoke, spend, spend_all


def account_of(person: Person) -> Any:
    return person.actor.require_account(ApiScope.READ)


async def read_wallet(api: Api, **page: Any) -> Any:
    answer = await api.run("MyTokens", **page)
    return answer.data["viewer"]["account"]["tokens"]


async def test_a_wallet_says_what_can_be_spent_and_what_paid(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("ada", TierCode.STARTER)
    account_id = account_of(person)
    pack = await give(account_id, 1000, GrantKind.PACK)
    await give(account_id, 5000, GrantKind.MONTHLY, days=20)
    await give(account_id, 150, GrantKind.PROMOTION, agent_id=new_id())
    await spend(account_id, 5200)
    await hold(account_id, 100)

    wallet = await read_wallet(as_session(client, services, person))

    assert (wallet["available"], wallet["held"], wallet["isUnlimited"]) == (700, 100, False)
    assert (wallet["monthlyBudget"], wallet["monthlyUsed"]) == (5000, 5000)
    assert wallet["resetsAt"] is not None
    left = [(each["kind"], each["remaining"], each["held"]) for each in wallet["grants"]]
    assert left == [("PROMOTION", 150, 0), ("PACK", 700, 100)]
    newest = [edge["node"] for edge in wallet["entries"]["edges"]][:3]
    assert [(each["kind"], each["amount"], each["balanceAfter"]) for each in newest] == [
        ("HOLD", -100, 700),
        ("SPEND", -200, 800),
        ("SPEND", -5000, 1000),
    ]
    assert newest[0]["grant"] == {"id": gid("TokenGrant", pack.id), "kind": "PACK"}


async def test_entries_are_paged_from_the_newest(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("ada")
    account_id = account_of(person)
    for amount in range(1, 8):
        await give(account_id, amount)
    api = as_session(client, services, person)

    seen, after = list[int](), None
    while True:
        entries = (await read_wallet(api, first=3, after=after))["entries"]
        seen += [edge["node"]["amount"] for edge in entries["edges"]]
        after = entries["pageInfo"]["endCursor"]
        if not entries["pageInfo"]["hasNextPage"]:
            break

    assert seen == [7, 6, 5, 4, 3, 2, 1]
    assert entries["totalCount"] == 7


async def test_an_unlimited_account_has_no_number_and_its_use(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("ada", TierCode.ENTERPRISE)
    account_id = account_of(person)
    await spend_all(Wanted(account_id, 70_000, is_unlimited=True))
    hold_id, held = await hold(account_id, 500)
    api = as_session(client, services, person)

    during = await read_wallet(api)
    await settle_hold(account_id, hold_id, Tokens(400))
    wallet = await read_wallet(api)

    assert (held, during["held"]) == (500, 500)
    assert (wallet["available"], wallet["isUnlimited"]) == (None, True)
    assert (wallet["monthlyBudget"], wallet["resetsAt"]) == (None, None)
    assert (wallet["held"], wallet["monthlyUsed"]) == (0, 70_400)
    assert [edge["node"]["grant"] for edge in wallet["entries"]["edges"]] == [None, None]


async def test_a_debt_is_negative(client: httpx.AsyncClient, services: Services) -> None:
    person = await make_person("ada")
    account_id = account_of(person)
    pack = await give(account_id, 100, GrantKind.PACK)
    await spend(account_id, 100)
    await revoke(pack.id, 100, "dispute", debt=True)

    wallet = await read_wallet(as_session(client, services, person))

    assert wallet["available"] == -100


async def test_a_reason_of_ours_is_in_the_readers_language(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("ada")
    account_id = account_of(person)
    await give(account_id, 100, GrantKind.MONTHLY, days=-1)

    wallet = await read_wallet(as_session(client, services, person))

    assert wallet["available"] == 0
    assert [edge["node"]["reason"] for edge in wallet["entries"]["edges"]] == [
        "Expiration",
        "For a test",
    ]
    assert await count("token_entry", "kind = 'EXPIRE'") == 1


async def test_a_key_needs_the_scope_read(client: httpx.AsyncClient, services: Services) -> None:
    person = await make_person("ada", TierCode.PRO)
    await give(account_of(person), 100)

    reading = await read_wallet(await as_key(client, services, person, ApiScope.READ))
    other = await as_key(client, services, person, ApiScope.AGENTS)
    refused = await other.run("MyTokens")

    assert reading["available"] == 100
    assert refused.codes == ["FORBIDDEN"]


async def test_grants_and_entries_are_found_by_their_account_alone(
    client: httpx.AsyncClient, services: Services
) -> None:
    ada, bob = await make_person("ada"), await make_person("bob")
    grant = await give(account_of(ada), 100)
    asked = f'{{ node(id: "{gid("TokenGrant", grant.id)}") {{ ... on TokenGrant {{ granted }} }} }}'

    own = await as_session(client, services, ada).send(asked)
    foreign = await as_session(client, services, bob).send(asked)

    assert own.data == {"node": {"granted": 100}}
    assert foreign.data == {"node": None}
