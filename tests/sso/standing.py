"""A connection that is on and required, and its proved domain, of an account of any plan."""

from typing import Any

from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.rows import insert
from chenu.domains.tables import DomainName
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
    return {"connection": connection, "domain": domain}
