"""A directory as a test has one: a proved domain, a connection and a token of an account."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import msgspec

from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.rows import insert
from chenu.domains.domains import COLUMNS, DomainRow
from chenu.domains.model import DomainId, NameKind, ProofSource
from chenu.flows.services import Services
from chenu.scim.tokens import create_token
from chenu.sso.model import ConnectionId
from chenu.sso.tables import SsoConnection
from chenu.tiers.catalogue import TierCode
from tests.people import Person, make_person

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@dataclass
class Directory:
    """Speaks for one connection; `ask` sends what a directory would."""

    owner: Person
    connection_id: ConnectionId
    token: str
    client: httpx.AsyncClient
    domain: str = "acme.fr"

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        sent = {"Authorization": f"Bearer {self.token}", "Accept-Language": "en", **headers}
        content = None if body is None else msgspec.json.encode(body)
        if content is not None:
            sent["Content-Type"] = "application/scim+json"
        return await self.client.request(method, f"/scim/v2{path}", content=content, headers=sent)

    async def add(self, name: str, **more: Any) -> httpx.Response:
        return await self.ask("POST", "/Users", self.user(name, **more))

    def user(self, name: str, **more: Any) -> dict[str, Any]:
        mailbox = f"{name}@{self.domain}"
        return {
            "schemas": [USER],
            "userName": mailbox,
            "externalId": f"ext-{name}",
            "name": {"givenName": name.title(), "familyName": "Durand"},
            "emails": [{"value": mailbox, "type": "work", "primary": True}],
            "active": True,
            **more,
        }

    async def add_group(self, name: str, *member_ids: str) -> httpx.Response:
        members = [{"value": each} for each in member_ids]
        body = {"schemas": [GROUP], "displayName": name, "members": members}
        return await self.ask("POST", "/Groups", body)

    async def patch(self, path: str, *operations: dict[str, Any], **headers: str) -> httpx.Response:
        body = {"schemas": [PATCH], "Operations": list(operations)}
        return await self.ask("PATCH", path, body, **headers)


async def open_directory(
    services: Services,
    client: httpx.AsyncClient,
    name: str = "elsa",
    domain: str = "acme.fr",
    roles: dict[str, str] | None = None,
) -> Directory:
    owner = await make_person(name, TierCode.ENTERPRISE)
    account_id = owner.actor.account_id
    assert account_id is not None
    row = DomainRow(
        DomainId(new_id()),
        account_id,
        NameKind.MAIL,
        domain,
        "x",
        ProofSource.DNS,
        business_now(),
        business_now(),
        "",
    )
    await COLUMNS.insert(row)
    connection_id = ConnectionId(await _make_connection(owner, roles or {}))
    made = await create_token(owner.actor, connection_id, services.settings.secret)
    return Directory(owner, connection_id, made.secret, client, domain)


async def _make_connection(owner: Person, roles: dict[str, str]) -> UUID:
    connection_id = new_id()
    connection = {
        "id": connection_id,
        "account": owner.actor.account_id,
        "kind": "OIDC",
        "name": "Acme",
        "issuer": "https://idp.example",
        "state": "ON",
        "default_role": "MEMBER",
        "roles": msgspec.json.encode(roles).decode(),
        "created_at": business_now(),
    }
    await insert(SsoConnection, connection)
    return connection_id
