"""A directory makes members, changes them, and ends what they had."""

import httpx
import pytest
from msgspec.structs import replace

from chenu.accounts.actor import AccountRole, ApiScope
from chenu.accounts.api_keys import create_api_key, find_key_actor
from chenu.accounts.members import list_members
from chenu.accounts.sessions import find_actor
from chenu.accounts.users import Browser, add_member, find_user_by_email
from chenu.core import db
from chenu.flows.services import Services
from chenu.flows.sso.joining import LinkMailed, SignedIn, sign_in_verified
from chenu.flows.sso.switching import remove_connection
from chenu.sso.connections import get_connection
from chenu.sso.errors import SsoRefused
from chenu.sso.model import Refusal, VerifiedIdentity
from tests.people import Person, make_member, make_person, sign_in_again
from tests.rows import count, fingerprint
from tests.scim.directories import USER, Directory, open_directory

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


async def roles_of(directory: Directory) -> dict[str, AccountRole]:
    account_id = directory.owner.actor.account_id
    assert account_id is not None
    return {each.email: each.role for each in await list_members(account_id)}


async def test_a_user_becomes_a_member_who_is_known_by_their_mailbox(directory: Directory) -> None:
    made = await directory.add("ada", title="not stored", unknown={"x": 1})

    assert made.status_code == 201
    user = made.json()
    assert made.headers["content-type"].startswith("application/scim+json")
    assert made.headers["location"] == user["meta"]["location"]
    assert user["active"] is True
    assert user["emails"] == [{"value": "ada@acme.fr", "type": "work", "primary": True}]
    assert "title" not in user
    assert (await roles_of(directory))["ada@acme.fr"] is AccountRole.MEMBER
    person = await find_user_by_email("ada@acme.fr")
    assert person is not None
    assert (person.display_name, person.email_verified) == ("Ada Durand", True)
    read = await directory.ask("GET", f"/Users/{user['id']}")
    assert read.json() == user
    assert await count("audit_event", "action = 'scim.user.create'") == 1


async def test_users_are_found_by_name_and_listed_in_pages(directory: Directory) -> None:
    ids = [(await directory.add(name)).json()["id"] for name in ("ada", "bob", "cy")]

    found = await directory.ask("GET", '/Users?filter=userName eq "BOB@acme.fr"')
    by_external = await directory.ask("GET", '/Users?filter=externalId+EQ+"ext-cy"')
    page = await directory.ask("GET", "/Users?startIndex=2&count=1")
    counted = await directory.ask("GET", "/Users?count=0")
    large = await directory.ask("GET", "/Users?count=100000&startIndex=-4")
    none = await directory.ask("GET", '/Users?filter=userName eq "x"')

    assert [each["id"] for each in found.json()["Resources"]] == [ids[1]]
    assert [each["id"] for each in by_external.json()["Resources"]] == [ids[2]]
    assert page.json()["totalResults"] == 3
    assert [each["id"] for each in page.json()["Resources"]] == [ids[1]]
    assert (counted.json()["totalResults"], counted.json()["Resources"]) == (3, [])
    assert large.json()["itemsPerPage"] == 3
    assert none.json()["totalResults"] == 0


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "kind"),
    [
        ("GET", "/Users?filter=userName sw %22a%22", None, 400, "invalidFilter"),
        ("GET", "/Users?filter=password eq %22a%22", None, 400, "invalidFilter"),
        ("GET", "/Users?filter=userName eq %22%5Cu0000%22", None, 400, "invalidFilter"),
        ("GET", "/Users?startIndex=x", None, 400, "invalidValue"),
        ("GET", "/Users/1", None, 404, None),
        ("POST", "/Users", [1], 400, "invalidSyntax"),
        ("POST", "/Users", {"schemas": [USER]}, 400, "invalidValue"),
        ("POST", "/Users", {"schemas": [USER], "userName": "ada"}, 400, "invalidValue"),
        ("POST", "/Users", {"schemas": [USER], "userName": "a@b.fr\x00"}, 400, "invalidValue"),
        ("POST", "/Users", {"schemas": [USER], "userName": "ada@gmail.com"}, 400, "invalidValue"),
        ("POST", "/Users", {"schemas": [USER], "userName": "a@sub.acme.fr"}, 400, "invalidValue"),
        ("DELETE", "/Users/01890000-0000-7000-8000-000000000000", None, 404, None),
    ],
)
async def test_a_refusal_has_the_form_of_scim_and_changes_nothing(
    directory: Directory, method: str, path: str, body: object, status: int, kind: str | None
) -> None:
    await directory.ask("GET", "/Users")
    before = await count("scim_entry"), await count("app_user")

    answer = await directory.ask(method, path, body)

    assert answer.status_code == status, answer.text
    error = answer.json()
    assert (error["schemas"], error["status"], error.get("scimType")) == (
        [ERROR],
        str(status),
        kind,
    )
    assert error["detail"]
    assert (await count("scim_entry"), await count("app_user")) == before


async def test_a_name_or_mailbox_stands_once(directory: Directory) -> None:
    await directory.add("ada")

    again = await directory.add("ada")
    other = await directory.add("bob", userName="ADA@acme.fr")
    mailbox = await directory.add("cy", emails=[{"value": "ada@acme.fr"}])

    for refused in (again, other, mailbox):
        assert (refused.status_code, refused.json()["scimType"]) == (409, "uniqueness")


async def test_leaving_the_directory_ends_sessions_keys_and_membership(
    directory: Directory, services: Services
) -> None:
    user = (await directory.add("ada")).json()
    person = await find_user_by_email("ada@acme.fr")
    assert person is not None
    await db.execute("UPDATE membership SET role = 'BILLING' WHERE member = $1", person.id)
    account_id = directory.owner.actor.account_id
    ada = await sign_in_again(person.id, person.email)
    acting = await find_actor(ada.token, "127.0.0.1", account_id)
    assert acting is not None
    pepper = services.settings.secret
    key = await create_api_key(acting, "k", [ApiScope.READ], None, pepper)

    answer = await directory.patch(
        f"/Users/{user['id']}", {"op": "Replace", "path": "active", "value": "False"}
    )

    assert (answer.status_code, answer.json()["active"]) == (200, False)
    assert await find_actor(ada.token, "127.0.0.1") is None
    assert await find_key_actor(key.secret, pepper, "") is None
    assert "ada@acme.fr" not in await roles_of(directory)
    assert await find_user_by_email("ada@acme.fr") is not None
    assert await count("audit_event", "action = 'scim.user.leave'") == 1


async def test_who_comes_back_is_a_member_again(directory: Directory) -> None:
    path = f"/Users/{(await directory.add('ada')).json()['id']}"
    gone = await directory.patch(path, {"op": "replace", "value": {"active": False}})
    renamed = await directory.patch(path, {"op": "replace", "path": "displayName", "value": "A"})

    back = await directory.patch(path, {"op": "replace", "value": {"active": True}})

    assert [each.json()["active"] for each in (gone, renamed, back)] == [False, False, True]
    assert "ada@acme.fr" in await roles_of(directory)


@pytest.mark.parametrize("was_active", [True, False])
async def test_nobody_joins_by_a_domain_whose_proof_is_gone(
    directory: Directory, was_active: bool
) -> None:
    user = (await directory.add("ada", active=was_active)).json()
    await directory.patch(
        f"/Users/{user['id']}", {"op": "replace", "path": "active", "value": False}
    )
    await db.execute("DELETE FROM domain_name WHERE name = $1", directory.domain)

    refused = await directory.patch(
        f"/Users/{user['id']}", {"op": "replace", "path": "active", "value": True}
    )

    assert refused.status_code == 400
    assert "acme.fr" in refused.json()["detail"]
    assert "ada@acme.fr" not in await roles_of(directory)
    assert (await find_user_by_email("ada@acme.fr") is not None) is was_active


async def test_a_deleted_user_is_no_member_and_not_found(directory: Directory) -> None:
    path = f"/Users/{(await directory.add('ada')).json()['id']}"

    answer = await directory.ask("DELETE", path)

    assert (answer.status_code, answer.content) == (204, b"")
    assert (await directory.ask("GET", path)).status_code == 404
    assert (await directory.ask("DELETE", path)).status_code == 404
    assert set(await roles_of(directory)) == {"elsa@example.org"}


async def test_who_removed_by_the_owner_stays_removed_until_the_directory_says_otherwise(
    directory: Directory,
) -> None:
    user = (await directory.add("ada")).json()
    await db.execute("DELETE FROM membership WHERE role = 'MEMBER'")

    renamed = await directory.ask("PUT", f"/Users/{user['id']}", directory.user("ada"))

    assert renamed.json()["active"] is False
    assert set(await roles_of(directory)) == {"elsa@example.org"}


async def test_somebody_who_was_here_before_joins_by_themselves_alone(
    directory: Directory,
) -> None:
    """A directory cannot make a member of a person who has their own account already."""
    before = await _person_with("ada@acme.fr")

    made = await directory.add("ada")
    user = made.json()

    assert (made.status_code, user["active"]) == (201, False)
    assert "ada@acme.fr" not in await roles_of(directory)
    account_id = directory.owner.actor.account_id
    assert account_id is not None
    await add_member(account_id, before.user_id, AccountRole.MEMBER)
    joined = await directory.ask("GET", f"/Users/{user['id']}")
    assert joined.json()["active"] is True
    gone = await directory.ask("DELETE", f"/Users/{user['id']}")
    assert gone.status_code == 204
    assert "ada@acme.fr" not in await roles_of(directory)


async def _person_with(email: str) -> Person:
    person = await make_person("somebody")
    await db.execute("UPDATE app_user SET email = $2 WHERE id = $1", person.user_id, email)
    return person


async def test_the_owner_stays_whatever_the_directory_says(directory: Directory) -> None:
    owner = directory.owner.user_id
    await db.execute("UPDATE app_user SET email = 'elsa@acme.fr' WHERE id = $1", owner)
    user = (await directory.add("elsa")).json()
    assert user["active"] is True

    deleted = await directory.ask("DELETE", f"/Users/{user['id']}")
    ended = await directory.patch(
        f"/Users/{user['id']}", {"op": "replace", "path": "active", "value": False}
    )

    for refused in (deleted, ended):
        assert refused.status_code == 403
        assert "owner" in refused.json()["detail"]
    assert (await directory.ask("GET", f"/Users/{user['id']}")).json()["active"] is True


async def test_without_a_seat_nobody_joins(directory: Directory) -> None:
    account_id = directory.owner.actor.account_id
    await db.execute("UPDATE account SET seats = 2 WHERE id = $1", account_id)
    await directory.add("ada")

    refused = await directory.add("bob")

    assert refused.status_code == 403
    assert "seats" in refused.json()["detail"]
    assert await find_user_by_email("bob@acme.fr") is None
    assert (await directory.ask("GET", "/Users")).json()["totalResults"] == 1


async def test_a_change_of_what_was_read_before_is_refused(directory: Directory) -> None:
    made = await directory.add("ada")
    path, tag = f"/Users/{made.json()['id']}", made.headers["etag"]
    change = {"op": "replace", "path": "name.givenName", "value": "Adele"}

    first = await directory.patch(path, change, **{"If-Match": tag})
    second = await directory.patch(path, change, **{"If-Match": tag})
    gone = await directory.ask("DELETE", path, **{"If-Match": "other"})
    same = await directory.ask("GET", path, **{"If-None-Match": first.headers["etag"]})

    assert first.json()["name"]["givenName"] == "Adele"
    assert [each.status_code for each in (first, second, gone, same)] == [200, 412, 412, 304]


async def test_the_mailbox_of_a_known_person_is_their_own_matter(directory: Directory) -> None:
    path = f"/Users/{(await directory.add('ada')).json()['id']}"

    moved = await directory.ask("PUT", path, directory.user("ada", emails=[{"value": "b@acme.fr"}]))

    assert (moved.status_code, moved.json()["scimType"]) == (400, "invalidValue")
    assert (await directory.ask("GET", path)).json()["emails"][0]["value"] == "ada@acme.fr"


async def test_a_token_sees_its_own_connection_and_no_other(
    directory: Directory, services: Services, client: httpx.AsyncClient
) -> None:
    user = (await directory.add("ada")).json()
    group = (await directory.add_group("g", user["id"])).json()
    other = await open_directory(services, client, "omar", "other.fr")
    await other.ask("GET", "/Users")
    before = await fingerprint()
    of_user, of_group = f"/Users/{user['id']}", f"/Groups/{group['id']}"
    patch = {"op": "replace", "path": "displayName", "value": "x"}

    answers = [
        await other.ask("GET", of_user),
        await other.ask("PUT", of_user, other.user("ada")),
        await other.patch(of_user, patch),
        await other.ask("DELETE", of_user),
        await other.ask("GET", of_group),
        await other.patch(of_group, patch),
        await other.ask("DELETE", of_group),
    ]
    stolen = await other.add_group("mine", user["id"])
    foreign = await other.ask("POST", "/Users", directory.user("bob"))
    listed = (await other.ask("GET", "/Users")).json(), (await other.ask("GET", "/Groups")).json()

    assert {each.status_code for each in answers} == {404}
    assert (stolen.status_code, foreign.status_code) == (400, 400)
    assert [each["totalResults"] for each in listed] == [0, 0]
    after = await fingerprint()
    assert {name for name in after if after[name] != before[name]} <= {"attempt_window"}


async def test_no_other_credential_opens_scim(
    directory: Directory, services: Services, client: httpx.AsyncClient
) -> None:
    member = await make_member(directory.owner, "mia", AccountRole.BILLING)
    key = await create_api_key(
        directory.owner.actor, "k", list(ApiScope), None, services.settings.secret
    )
    tries = {
        "none": {},
        "a session": {"Cookie": f"session={member.token}"},
        "an API key": {"Authorization": f"Bearer {key.secret}"},
        "another scheme": {"Authorization": f"Basic {directory.token}"},
        "mistyped": {"Authorization": f"Bearer {directory.token}x"},
        "without a checksum": {"Authorization": "Bearer chenu_scim_-"},
    }

    answers = {
        name: await client.get("/scim/v2/Users", headers=headers) for name, headers in tries.items()
    }

    assert {name: each.status_code for name, each in answers.items()} == dict.fromkeys(tries, 401)
    assert answers["none"].headers["www-authenticate"].startswith("Bearer")
    assert answers["none"].json()["schemas"] == [ERROR]


async def test_a_token_opens_nothing_but_scim(
    directory: Directory, client: httpx.AsyncClient
) -> None:
    headers = {"Authorization": f"Bearer {directory.token}"}

    api = await client.post("/graphql", json={"query": "{ viewer { id } }"}, headers=headers)
    page = await client.get("/account", headers=headers)

    assert api.status_code == 401
    assert page.status_code == 401


async def test_a_connection_is_removed_with_its_directory_and_members_stay(
    directory: Directory,
) -> None:
    user = (await directory.add("ada")).json()
    await directory.add_group("g", user["id"])

    await remove_connection(directory.owner.actor, directory.connection_id)

    tables = ("scim_entry", "scim_group", "scim_group_member", "scim_token", "sso_connection")
    assert [await count(table) for table in tables] == [0] * len(tables)
    assert "ada@acme.fr" in await roles_of(directory)
    assert (await directory.ask("GET", "/Users")).status_code == 401


async def test_who_was_made_by_the_directory_signs_in_at_once_and_never_after_leaving(
    directory: Directory,
) -> None:
    user = (await directory.add("ada")).json()
    account_id = directory.owner.actor.account_id
    assert account_id is not None
    connection = await get_connection(account_id, directory.connection_id)
    identity = VerifiedIdentity("subject-1", "ada@acme.fr", "Ada")

    entered = await sign_in_verified(connection, identity, Browser())
    await directory.patch(
        f"/Users/{user['id']}", {"op": "replace", "path": "active", "value": False}
    )

    assert isinstance(entered, SignedIn)
    assert await find_actor(entered.session.token, "") is None
    for subject in ("subject-1", "subject-2"):
        with pytest.raises(SsoRefused) as refused:
            await sign_in_verified(connection, replace(identity, subject=subject), Browser())
        assert refused.value.refusal is Refusal.MEMBER_REMOVED


async def test_who_has_a_password_proves_it_though_a_directory_has_made_them(
    directory: Directory,
) -> None:
    await directory.add("ada")
    await db.execute("UPDATE app_user SET password_hash = 'x' WHERE email = 'ada@acme.fr'")
    account_id = directory.owner.actor.account_id
    assert account_id is not None
    connection = await get_connection(account_id, directory.connection_id)

    identity = VerifiedIdentity("subject-1", "ada@acme.fr", "Ada")
    outcome = await sign_in_verified(connection, identity, Browser())

    assert isinstance(outcome, LinkMailed)
