"""The second factor: switched on, asked for, switched off. Codes are counted and taken once.

`key` is CHENU_SECRET, with which the secret of the app is encrypted.
"""

from uuid import UUID

import msgspec
import structlog

from chenu.accounts import attempts, audit
from chenu.accounts.actor import Actor, UserId
from chenu.accounts.authenticator import (
    find_step,
    is_of_app,
    key_uri,
    new_authenticator_secret,
    new_recovery_codes,
    normalise_code,
)
from chenu.accounts.confirmation import require_fresh
from chenu.accounts.credentials import hash_token
from chenu.accounts.encryption import UnreadableSecret, decrypt, encrypt
from chenu.accounts.errors import CodeNeeded, WrongCode
from chenu.accounts.factor_mails import tell_owner
from chenu.accounts.factor_state import has_second_factor
from chenu.accounts.staff_acts import StaffAct, record_staff_act
from chenu.accounts.tables import RecoveryCode, SecondFactor
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import InvalidState, NotFound
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.mail import MailKind
from chenu.core.rows import insert

log = structlog.get_logger(__name__)

_IS_ON = mark("Your second factor is on already: turn it off first")
_NOT_BEGUN = mark("Please begin with a new key for your authenticator app")


class CodeGiven(msgspec.Struct, frozen=True):
    """The second factor, where a password is given."""

    code: str | None = None
    key: bytes = b""


NO_CODE = CodeGiven()


class AppKey(msgspec.Struct, frozen=True):
    """What the authenticator app needs: as text, and as the address in the QR code."""

    secret: str
    uri: str


class _Row(msgspec.Struct, frozen=True):
    secret: bytes
    owner: UUID


class FactorView(msgspec.Struct, frozen=True):
    """`app_key` while it is being switched on; `codes_left` of the recovery codes."""

    is_on: bool
    app_key: AppKey | None
    codes_left: int


async def get_factor(actor: Actor, email: str, key: bytes) -> FactorView:
    user_id = actor.require_user()
    if await has_second_factor(user_id):
        sql = "SELECT count(*) FROM recovery_code WHERE owner = $1 AND used_at IS NULL"
        return FactorView(True, None, int(await db.fetch_value(sql, user_id)))
    secret = await _find_secret(user_id, key)
    app_key = None if secret is None else AppKey(secret, key_uri(secret, email))
    return FactorView(False, app_key, 0)


async def begin_factor(actor: Actor, key: bytes) -> None:
    """A new key, which counts for nothing until a code of it was given.

    Raises SignInAgain, InvalidState.
    """
    user_id = actor.require_user()
    await require_fresh(actor)
    secret = encrypt(new_authenticator_secret().encode(), key, user_id)
    row = {"id": new_id(), "owner": user_id, "secret": secret, "created_at": system_now()}
    renewed = """
        ON CONFLICT (owner) DO UPDATE SET secret = EXCLUDED.secret,
            created_at = EXCLUDED.created_at, last_step = 0
        WHERE second_factor.confirmed_at IS NULL
    """
    if not await insert(SecondFactor, row, renewed):
        raise InvalidState(_IS_ON)


async def confirm_factor(actor: Actor, code: str, key: bytes) -> list[str]:
    """It counts from now on; the recovery codes are shown this once.

    Raises WrongCode, RateLimited, InvalidState.
    """
    user_id = actor.require_user()
    await _count(user_id)
    secret = await _find_secret(user_id, key)
    if secret is None:
        raise InvalidState(_NOT_BEGUN)
    step = find_step(secret, normalise_code(code), system_now())
    if step is None:
        raise WrongCode

    async def switch_on() -> list[str]:
        sql = """
            UPDATE second_factor SET confirmed_at = $2, last_step = $3
            WHERE owner = $1 AND confirmed_at IS NULL
        """
        if not await db.execute(sql, user_id, system_now(), step):
            raise InvalidState(_IS_ON)
        await audit.record(actor, "second_factor.on", user_id)
        return await _replace_codes(user_id)

    codes = await db.run_in_transaction(switch_on)
    await _forget(user_id)
    return codes


async def renew_recovery_codes(actor: Actor) -> list[str]:
    """Those of before stop working. Raises SignInAgain, InvalidState."""
    user_id = actor.require_user()
    await require_fresh(actor)
    if not await has_second_factor(user_id):
        raise InvalidState(_NOT_BEGUN)

    async def renew() -> list[str]:
        await audit.record(actor, "second_factor.codes", user_id)
        return await _replace_codes(user_id)

    return await db.run_in_transaction(renew)


async def turn_factor_off(actor: Actor) -> None:
    """By whoever has just given a code. Raises SignInAgain, InvalidState."""
    user_id = actor.require_user()
    await require_fresh(actor)

    async def switch_off() -> None:
        if not await _delete(user_id):
            raise InvalidState(mark("Your second factor is off"))
        await audit.record(actor, "second_factor.off", user_id)
        await tell_owner(user_id, MailKind.SECOND_FACTOR_OFF)

    await db.run_in_transaction(switch_off)


@db.transactional
async def remove_factor(user_id: UserId, name: str, reason: str) -> None:
    """By an operator, for somebody who has lost app and recovery codes. Raises NotFound."""
    if not await _delete(user_id):
        raise NotFound("This person has no second factor")
    actor = Actor(ip="command line")
    await record_staff_act(actor, StaffAct.FACTOR_REMOVE, user_id, reason, operator=name)
    await tell_owner(user_id, MailKind.SECOND_FACTOR_OFF)


async def require_code(user_id: UserId, given: CodeGiven) -> None:
    """Of whoever has a second factor. Raises CodeNeeded, WrongCode, RateLimited."""
    if not await has_second_factor(user_id):
        return
    if not given.code:
        raise CodeNeeded(user_id)
    await take_code(user_id, given.code, given.key)


async def take_code(user_id: UserId, code: str, key: bytes) -> None:
    """Takes a code of the app or a recovery code, once. Raises WrongCode, RateLimited."""
    await _count(user_id)
    given = normalise_code(code)
    is_good = await (_take_app_code if is_of_app(given) else _take_recovery_code)(
        user_id, given, key
    )
    if not is_good:
        raise WrongCode
    await _forget(user_id)


async def _take_app_code(user_id: UserId, code: str, key: bytes) -> bool:
    secret = await _find_secret(user_id, key)
    step = None if secret is None else find_step(secret, code, system_now())
    if step is None:
        return False
    sql = """
        UPDATE second_factor SET last_step = $2
        WHERE owner = $1 AND confirmed_at IS NOT NULL AND last_step < $2
    """
    return bool(await db.execute(sql, user_id, step))


@db.transactional
async def _take_recovery_code(user_id: UserId, code: str, _: bytes) -> bool:
    sql = """
        UPDATE recovery_code SET used_at = $3
        WHERE owner = $1 AND code_hash = $2 AND used_at IS NULL
    """
    if not await db.execute(sql, user_id, hash_token(code), system_now()):
        return False
    await tell_owner(user_id, MailKind.RECOVERY_CODE_USED)
    return True


async def _find_secret(user_id: UserId, key: bytes) -> str | None:
    sql = "SELECT secret, owner FROM second_factor WHERE owner = $1"
    found = await db.find_one(_Row, sql, user_id)
    if found is None:
        return None
    try:
        return decrypt(found.secret, key, found.owner).decode()
    except UnreadableSecret:  # recovery codes work all the same
        log.exception("second_factor_unreadable", user=str(user_id))
        return None


async def _replace_codes(user_id: UserId) -> list[str]:
    await db.execute("DELETE FROM recovery_code WHERE owner = $1", user_id)
    codes = new_recovery_codes()
    for code in codes:
        hashed = hash_token(normalise_code(code))
        row = {"id": new_id(), "owner": user_id, "code_hash": hashed, "created_at": system_now()}
        await insert(RecoveryCode, row)
    return codes


async def _delete(user_id: UserId) -> bool:
    await db.execute("DELETE FROM recovery_code WHERE owner = $1", user_id)
    return bool(await db.execute("DELETE FROM second_factor WHERE owner = $1", user_id))


async def _count(user_id: UserId) -> None:
    for limit in attempts.CODE_PER_USER:
        await attempts.count_attempt(limit, str(user_id))


async def _forget(user_id: UserId) -> None:
    for limit in attempts.CODE_PER_USER:
        await attempts.forget_attempts(limit, str(user_id))
