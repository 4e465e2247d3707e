"""Endpoints: rows, and what their accounts change of them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.errors import NotFound
from chenu.core.rows import Columns, insert, update
from chenu.webhooks.model import EndpointId, EndpointState, OffReason
from chenu.webhooks.tables import WebhookEndpoint


class EndpointRow(msgspec.Struct, frozen=True):
    """`failures`: attempts in a row. Until `previous_until` the secret before signs as well.

    `switched_off_at` is business time, as `created_at`; the others are system time.
    """

    id: EndpointId
    account_id: UUID
    url: str
    kinds: list[str]
    state: EndpointState
    off_reason: OffReason
    switched_off_at: datetime | None
    failures: int
    next_attempt_at: datetime
    previous_until: datetime | None
    created_at: datetime

    @property
    def is_on(self) -> bool:
        return self.state is EndpointState.ON


class SealedSecrets(msgspec.Struct, frozen=True):
    """Encrypted; `previous` None where only one is in force."""

    current: bytes
    previous: bytes | None


_COLUMNS = Columns(EndpointRow, WebhookEndpoint, account_id="account")
_SELECT = f"SELECT {_COLUMNS.select()} FROM webhook_endpoint"  # noqa: S608 - own columns


async def lock_endpoints(account_id: UUID) -> None:
    """Until the transaction ends: one change of an account's list at a time."""
    await db.lock_until_commit(f"webhooks:{account_id}")


async def list_endpoints(account_id: UUID) -> list[EndpointRow]:
    """The oldest first: MAX_ENDPOINTS of an account at most."""
    return await db.fetch_all(EndpointRow, f"{_SELECT} WHERE account = $1 ORDER BY id", account_id)


async def get_endpoint(
    account_id: UUID, endpoint_id: EndpointId, *, lock: bool = False
) -> EndpointRow:
    """Raises NotFound, also for another account's."""
    suffix = " FOR NO KEY UPDATE" if lock else ""
    sql = f"{_SELECT} WHERE id = $1 AND account = $2{suffix}"
    found = await db.find_one(EndpointRow, sql, endpoint_id, account_id)
    if found is None:
        raise NotFound("There is no such webhook endpoint")
    return found


async def insert_endpoint(
    endpoint_id: EndpointId, account_id: UUID, url: str, kinds: Sequence[str], secret: bytes
) -> None:
    """`secret` is encrypted."""
    values = {
        "id": endpoint_id,
        "account": account_id,
        "url": url,
        "kinds": list(kinds),
        "secret": secret,
        "state": EndpointState.ON.value,
        "next_attempt_at": system_now(),
        "created_at": business_now(),
    }
    await insert(WebhookEndpoint, values)


async def set_kinds(endpoint_id: EndpointId, kinds: Sequence[str]) -> None:
    await update(WebhookEndpoint, endpoint_id, {"kinds": list(kinds)})


async def replace_secret(endpoint_id: EndpointId, sealed: bytes, until: datetime) -> None:
    """The one before signs as well until then; one that is older ends at once."""
    sql = """
        UPDATE webhook_endpoint
        SET previous_secret = secret, previous_until = $3, secret = $2 WHERE id = $1
    """
    await db.execute(sql, endpoint_id, sealed, until)


async def get_secrets(endpoint_id: EndpointId) -> SealedSecrets:
    """Those that sign now. Raises NotFound."""
    sql = """
        SELECT secret AS current,
            CASE WHEN previous_until > $2 THEN previous_secret END AS previous
        FROM webhook_endpoint WHERE id = $1
    """
    found = await db.find_one(SealedSecrets, sql, endpoint_id, system_now())
    if found is None:
        raise NotFound("There is no such webhook endpoint")
    return found


async def switch_off(endpoint_id: EndpointId, reason: OffReason) -> None:
    """What waits is held. Part of the caller's transaction."""
    changes = {
        "state": EndpointState.OFF.value,
        "off_reason": reason.value,
        "switched_off_at": business_now(),
        "claimed_by": None,
        "claimed_until": None,
    }
    await update(WebhookEndpoint, endpoint_id, changes)
    sql = "UPDATE webhook_delivery SET state = 'HELD' WHERE endpoint = $1 AND state = 'WAITING'"
    await db.execute(sql, endpoint_id)


async def switch_on(endpoint_id: EndpointId) -> None:
    changes = {
        "state": EndpointState.ON.value,
        "off_reason": OffReason.NONE.value,
        "switched_off_at": None,
        "failures": 0,
        "next_attempt_at": system_now(),
    }
    await update(WebhookEndpoint, endpoint_id, changes)


async def delete_endpoint(endpoint_id: EndpointId) -> None:
    """With its deliveries and their log; the events stay until their time is over."""
    of_endpoint = "SELECT id FROM webhook_delivery WHERE endpoint = $1"
    await db.execute(
        f"DELETE FROM webhook_attempt WHERE delivery IN ({of_endpoint})",  # noqa: S608 - own text
        endpoint_id,
    )
    await db.execute("DELETE FROM webhook_delivery WHERE endpoint = $1", endpoint_id)
    await db.execute("DELETE FROM webhook_endpoint WHERE id = $1", endpoint_id)
