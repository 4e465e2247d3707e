"""What programs of an account hear of its keys."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from chenu.core.clock import business_now
from chenu.core.global_id import encode_id
from chenu.webhooks.outgoing import queue_event
from chenu.webhooks.payloads import ApiKeyRevoked


class EndedKey(msgspec.Struct, frozen=True):
    id: UUID
    prefix: str


async def tell_of_revoked(
    account_id: UUID, keys: Sequence[EndedKey], *, is_leaked: bool = False
) -> None:
    """In the transaction that has revoked them."""
    for key in keys:
        data = ApiKeyRevoked(
            api_key=encode_id("ApiKey", key.id),
            prefix=key.prefix,
            is_leaked=is_leaked,
            revoked_at=business_now(),
        )
        await queue_event(account_id, f"api-key-revoked:{key.id}", data)
