"""Groups give roles by the table of their connection."""

import httpx

from chenu.accounts.actor import AccountRole
from chenu.flows.services import Services
from tests.rows import count
from tests.scim.directories import Directory, open_directory
from tests.scim.test_users import roles_of


async def open_with_roles(services: Services, client: httpx.AsyncClient) -> Directory:
    return await open_directory(services, client, roles={"payers": "BILLING", "all": "MEMBER"})


async def test_a_group_gives_its_people_their_role_and_takes_it_again(
    services: Services, client: httpx.AsyncClient
) -> None:
    directory = await open_with_roles(services, client)
    ada, bob = [(await directory.add(name)).json()["id"] for name in ("ada", "bob")]

    made = await directory.add_group("payers", ada)
    first = await roles_of(directory)
    path = f"/Groups/{made.json()['id']}"
    await directory.patch(path, {"op": "Add", "path": "members", "value": [{"value": bob}]})
    both = await roles_of(directory)
    await directory.patch(path, {"op": "remove", "path": f'members[value eq "{ada}"]'})
    second = await roles_of(directory)
    await directory.ask("DELETE", path)
    none = await roles_of(directory)

    assert made.status_code == 201
    shown = [(found["ada@acme.fr"], found["bob@acme.fr"]) for found in (first, both, second, none)]
    billing, member = AccountRole.BILLING, AccountRole.MEMBER
    assert shown == [(billing, member), (billing, billing), (member, billing), (member, member)]


async def test_a_group_under_another_name_gives_another_role(
    services: Services, client: httpx.AsyncClient
) -> None:
    directory = await open_with_roles(services, client)
    ada = (await directory.add("ada")).json()["id"]
    group = (await directory.add_group("nobody", ada)).json()

    renamed = await directory.patch(
        f"/Groups/{group['id']}",
        {"op": "replace", "value": {"id": group["id"], "displayName": "payers"}},
    )

    assert renamed.status_code == 200
    assert (await roles_of(directory))["ada@acme.fr"] is AccountRole.BILLING
    user = (await directory.ask("GET", f"/Users/{ada}")).json()
    assert [each["display"] for each in user["groups"]] == ["payers"]


async def test_without_a_table_groups_change_no_role(directory: Directory) -> None:
    ada = (await directory.add("ada")).json()["id"]

    await directory.add_group("payers", ada)

    assert (await roles_of(directory))["ada@acme.fr"] is AccountRole.MEMBER
    assert await count("audit_event", "action = 'scim.user.role'") == 0


async def test_groups_are_found_and_shown_without_their_members(directory: Directory) -> None:
    ada = (await directory.add("ada")).json()["id"]
    group = (await directory.add_group("Payers", ada)).json()

    found = await directory.ask(
        "GET", '/Groups?filter=displayName eq "payers"&excludedAttributes=members'
    )
    again = await directory.add_group("PAYERS")
    replaced = await directory.ask(
        "PUT", f"/Groups/{group['id']}", {"schemas": group["schemas"], "displayName": "Payers"}
    )

    assert group["members"] == [{"value": ada, "type": "User", "display": "ada@acme.fr"}]
    assert [each["id"] for each in found.json()["Resources"]] == [group["id"]]
    assert "members" not in found.json()["Resources"][0]
    assert (again.status_code, again.json()["scimType"]) == (409, "uniqueness")
    assert "members" not in replaced.json()


async def test_a_member_has_to_be_a_user_of_the_directory(directory: Directory) -> None:
    unknown = "01890000-0000-7000-8000-000000000000"

    answers = [await directory.add_group("g", each) for each in (unknown, "x")]

    assert {each.status_code for each in answers} == {400}
    assert await count("scim_group") == 0


async def test_the_service_describes_itself_to_everybody(client: httpx.AsyncClient) -> None:
    config = (await client.get("/scim/v2/ServiceProviderConfig")).json()
    types = (await client.get("/scim/v2/ResourceTypes")).json()
    schemas = (await client.get("/scim/v2/Schemas")).json()
    one = await client.get(f"/scim/v2/Schemas/{schemas['Resources'][0]['id']}")
    group = await client.get("/scim/v2/ResourceTypes/Group")
    unknown = await client.get("/scim/v2/Schemas/x")

    assert (config["patch"]["supported"], config["bulk"]["supported"]) == (True, False)
    assert [each["endpoint"] for each in types["Resources"]] == ["/Users", "/Groups"]
    assert {each["name"] for each in schemas["Resources"][0]["attributes"]} == {
        "userName",
        "name",
        "displayName",
        "active",
        "emails",
        "groups",
    }
    assert one.json() == schemas["Resources"][0]
    assert group.json()["name"] == "Group"
    assert unknown.status_code == 404
