"""Service keys of the CHE·NU apps: created by an administrator on the machine, acting for accounts.

They may only read, consume entitlements and run executions. See docs/operations.md.
"""

from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId, Actor, ActorKind, ApiScope
from chenu.accounts.credentials import SERVICE_KEY_HEAD, has_valid_checksum, hash_key, new_key
from chenu.accounts.entitlements import find_entitlements
from chenu.accounts.key_tables import ServiceKey
from chenu.accounts.staff_acts import StaffAct, record_staff_act
from chenu.accounts.validation import check_line
from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.errors import Forbidden, NotFound, reject_if_any
from chenu.core.i18n import DEFAULT_LOCALE
from chenu.core.ids import new_id
from chenu.core.rows import insert
from chenu.core.text import storable, tidy

SERVICE_SCOPES = frozenset({ApiScope.READ, ApiScope.EXECUTIONS})


class Operator(msgspec.Struct, frozen=True):
    """Somebody at the command line, and why they do it."""

    name: str = ""
    reason: str = ""

    async def record(self, act: StaffAct, subject: UUID | str, **detail: str) -> None:
        actor = Actor(ip="command line")
        await record_staff_act(actor, act, subject, self.reason, operator=self.name, **detail)


_NOBODY = Operator()


@db.transactional
async def create_service_key(name: str, pepper: bytes, by: Operator = _NOBODY) -> str:
    """Returns the secret, which is shown once. Raises Invalid."""
    reject_if_any(check_line(name, path=("name",)))
    made, key_id = new_key(SERVICE_KEY_HEAD), new_id()
    await insert(
        ServiceKey,
        {
            "id": key_id,
            "name": tidy(name),
            "prefix": made.prefix,
            "secret_hash": hash_key(made.secret, pepper),
            "created_at": business_now(),
        },
    )
    await by.record(StaffAct.SERVICE_KEY_CREATE, key_id, prefix=made.prefix)
    return made.secret


@db.transactional
async def revoke_service_keys(prefix: str, by: Operator = _NOBODY) -> int:
    """Revokes all live keys with this prefix; returns their number.

    Raises NotFound if there is none.
    """
    sql = "UPDATE service_key SET revoked_at = $2 WHERE prefix = $1 AND revoked_at IS NULL"
    revoked = await db.execute(sql, storable(prefix), business_now())
    if not revoked:
        raise NotFound("There is no live service key with this prefix")
    await by.record(StaffAct.SERVICE_KEY_REVOKE, storable(prefix))
    return revoked


class _Id(msgspec.Struct, frozen=True):
    id: UUID


async def find_service_actor(
    secret: str, pepper: bytes, ip: str, account_id: AccountId | None
) -> Actor | None:
    """An actor for the named account; raises Forbidden if it is missing or unknown."""
    if not secret.startswith(SERVICE_KEY_HEAD) or not has_valid_checksum(secret):
        return None
    sql = """
        UPDATE service_key SET last_used_at = $2 WHERE secret_hash = $1 AND revoked_at IS NULL
        RETURNING id
    """
    key = await db.find_one(_Id, sql, hash_key(secret, pepper), system_now())
    if key is None:
        return None
    entitlements = await find_entitlements(account_id)
    if account_id is None or entitlements is None:
        raise Forbidden("A service key names the account it acts for in the header Chenu-Account")
    return Actor(
        kind=ActorKind.SERVICE_KEY,
        account_id=account_id,
        tier=entitlements.tier,
        api_plan=entitlements.api_plan,
        overrides=entitlements.overrides,
        scopes=SERVICE_SCOPES,
        key_id=key.id,
        locale=DEFAULT_LOCALE,
        ip=ip,
    )
