"""Keys that stand in public places: ended at once, and their people told. docs/decisions/0059."""

from collections.abc import Collection, Sequence
from uuid import UUID

import msgspec
import structlog

from chenu.accounts import audit
from chenu.accounts.actor import AccountId, Actor
from chenu.accounts.credentials import (
    API_KEY_HEAD,
    SERVICE_KEY_HEAD,
    has_valid_checksum,
    hash_key,
)
from chenu.accounts.key_events import EndedKey, tell_of_revoked
from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.i18n import known_locale
from chenu.core.key_mail_params import ApiKeyLeakedParams
from chenu.core.mail import MailKind, queue_mail
from chenu.core.text import storable

log = structlog.get_logger("chenu.accounts")

_LONGEST_PLACE = 500


class Finding(msgspec.Struct, frozen=True):
    """`place` is where the secret stood, and may be empty. `reporter` has signed the report."""

    secret: str
    place: str
    reporter: str


async def end_leaked_keys(findings: Sequence[Finding], pepper: bytes, ip: str) -> list[bool]:
    """Whether each is a secret that we gave out; one that has ended already changes nothing.

    Each key is ended in a transaction of its own: a report that fails half-way may be sent again.
    """
    hashes = [_find_hash(finding.secret, pepper) for finding in findings]
    known = await _list_known([each for each in hashes if each is not None])
    for finding, secret_hash in zip(findings, hashes, strict=True):
        if secret_hash in known:
            await _end(secret_hash, finding, ip)
    return [each in known for each in hashes]


def _find_hash(secret: str, pepper: bytes) -> bytes | None:
    """None for what cannot be ours, by its head and checksum, as for a key that is sent."""
    is_ours = secret.startswith((API_KEY_HEAD, SERVICE_KEY_HEAD)) and has_valid_checksum(secret)
    return hash_key(secret, pepper) if is_ours else None


class _Known(msgspec.Struct, frozen=True):
    secret_hash: bytes


async def _list_known(hashes: Collection[bytes]) -> set[bytes]:
    """Those that we have made, whatever became of them; a secret replaced twice is forgotten."""
    sql = """
        SELECT secret_hash FROM api_key WHERE secret_hash = ANY($1)
        UNION ALL SELECT previous_hash FROM api_key WHERE previous_hash = ANY($1)
        UNION ALL SELECT secret_hash FROM service_key WHERE secret_hash = ANY($1)
    """
    rows = await db.fetch_all(_Known, sql, list(hashes)) if hashes else []
    return {row.secret_hash for row in rows}


class _Ended(msgspec.Struct, frozen=True):
    """What a leak ended: a key, or the secret that it had before its last rotation."""

    id: UUID
    name: str
    prefix: str
    account_id: UUID | None


_REVOKE = """
    UPDATE api_key SET revoked_at = $2 WHERE secret_hash = $1 AND revoked_at IS NULL
    RETURNING id, name, prefix, account AS account_id
"""
_END_PREVIOUS = """
    UPDATE api_key SET previous_until = $2
    WHERE previous_hash = $1 AND previous_until > $2 AND revoked_at IS NULL
    RETURNING id, name, prefix, account AS account_id
"""
_REVOKE_SERVICE = """
    UPDATE service_key SET revoked_at = $2 WHERE secret_hash = $1 AND revoked_at IS NULL
    RETURNING id, name, prefix, NULL::uuid AS account_id
"""


@db.transactional
async def _end(secret_hash: bytes, finding: Finding, ip: str) -> None:
    """One after the other, so that a key that is rotated meanwhile is found by its older secret."""
    key = await db.find_one(_Ended, _REVOKE, secret_hash, business_now())
    is_replaced = False
    if key is None:
        key = await db.find_one(_Ended, _END_PREVIOUS, secret_hash, system_now())
        is_replaced = key is not None
    if key is None:
        key = await db.find_one(_Ended, _REVOKE_SERVICE, secret_hash, business_now())
    if key is None:
        return
    await _record(key, finding, ip)
    if key.account_id is not None and not is_replaced:
        await tell_of_revoked(key.account_id, [EndedKey(key.id, key.prefix)], is_leaked=True)
    for reader in await _list_readers(key.id):
        await _tell(reader, key, finding, secret_hash, is_replaced=is_replaced)


async def _record(key: _Ended, finding: Finding, ip: str) -> None:
    """For the operator as well: of a service key's leak no person is told."""
    log.warning("key_leaked", prefix=key.prefix, reporter=finding.reporter)
    account_id = None if key.account_id is None else AccountId(key.account_id)
    await audit.record(
        Actor(account_id=account_id, ip=ip),
        "api_key.leak" if account_id else "service_key.leak",
        key.id,
        prefix=key.prefix,
        place=_place_of(finding),
        reporter=finding.reporter,
    )


def _place_of(finding: Finding) -> str:
    """Never with the secret in it, and not longer than a line of a mail should be."""
    place = "".join(char for char in storable(finding.place) if char.isprintable())
    return place.replace(finding.secret, "…")[:_LONGEST_PLACE]


class _Reader(msgspec.Struct, frozen=True):
    """`name` is empty until the address is verified."""

    id: UUID
    email: str
    name: str
    locale: str
    account: str


async def _list_readers(key_id: UUID) -> list[_Reader]:
    """Who made the key, and the owner of its account; `account` is a company's name."""
    sql = """
        SELECT u.id, u.email, u.locale,
            CASE WHEN u.email_verified_at IS NULL THEN '' ELSE u.display_name END AS name,
            CASE WHEN a.kind = 'PERSONAL' THEN '' ELSE a.name END AS account
        FROM api_key k
        JOIN account a ON a.id = k.account
        JOIN app_user u ON u.id IN (k.created_by, a.owner)
        WHERE k.id = $1
    """
    return await db.fetch_all(_Reader, sql, key_id)


async def _tell(
    reader: _Reader, key: _Ended, finding: Finding, secret_hash: bytes, *, is_replaced: bool
) -> None:
    params = ApiKeyLeakedParams(
        name=reader.name,
        key=key.name,
        prefix=key.prefix,
        account=reader.account,
        place=_place_of(finding),
        is_replaced=is_replaced,
    )
    business_key = f"api_key_leaked:{key.id}:{secret_hash[:8].hex()}:{reader.id}"
    locale = known_locale(reader.locale)
    await queue_mail(MailKind.API_KEY_LEAKED, reader.email, locale, business_key, params)
