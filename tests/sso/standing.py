"""A required connection, its directory's token and a proved domain, of an account of any plan."""

from typing import Any

from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.rows import insert
from chenu.domains.tables import DomainName
from chenu.scim.tables import ScimToken
from chenu.sso.tables import SsoConnection
from tests.people import Person


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
