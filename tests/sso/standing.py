"""A required connection, its directory's token and a proved domain, of an account of any plan."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from chenu.core.clock import business_now, system_now
from chenu.core.ids import new_id
from chenu.core.rows import insert
from chenu.domains.tables import DomainName
from chenu.scim.tables import ScimToken
from chenu.sso.tables import SsoConnection
from tests.people import Person
from tests.saml.metadata import write_provider_metadata
from tests.saml.provider import PROVIDER, make_key


async def put_standing(owner: Person, name: str = "standing.fr") -> dict[str, Any]:
    """Their ids, by the names that the world of attacks has for them."""
    now, connection, domain = business_now(), new_id(), new_id()
    account = owner.actor.account_id
    names = {"account": account, "kind": "MAIL", "name": name, "token": "0" * 32}
    proof = {"source": "DNS", "created_at": now, "proved_at": now, "reason": ""}
    await insert(DomainName, {"id": domain, **names, **proof})
    provider = {"kind": "OIDC", "name": "Acme", "issuer": "https://id.acme.fr", "client_id": "c"}
    roles = {"default_role": "MEMBER", "role_claim": "groups", "roles": '{"accounting": "BILLING"}'}
    state = {"state": "ON", "is_required": True, "created_at": now, "metadata": ""}
    await insert(
        SsoConnection, {"id": connection, "account": account, **provider, **roles, **state}
    )
    token = {"id": new_id(), "account": account, "connection": connection}
    secret = {"prefix": "chenu_scim_0", "secret_hash": connection.bytes * 2}
    await insert(ScimToken, {**token, **secret, "created_by": owner.user_id, "created_at": now})
    return {"connection": connection, "domain": domain}


async def put_saml(owner: Person) -> UUID:
    """A connection that is not switched on, by its metadata alone."""
    connection = new_id()
    provider = {"kind": "SAML", "name": "Annuaire", "issuer": PROVIDER}
    metadata = write_provider_metadata(make_key(until=system_now() + timedelta(days=900)))
    state = {"state": "DRAFT", "default_role": "MEMBER", "created_at": business_now()}
    read = {"metadata": metadata, "metadata_read_at": system_now()}
    account = {"id": connection, "account": owner.actor.account_id}
    await insert(SsoConnection, {**account, **provider, **state, **read})
    return connection
