"""Email verification, password change and password reset.

A new password and a verified address invalidate every link that was mailed before, so that links
requested by a previous holder of the account stop working.
"""

from collections.abc import Collection, Sequence

import msgspec

from chenu.accounts import attempts, audit
from chenu.accounts.actor import Actor, UserId
from chenu.accounts.api_keys import ApiKey, ApiKeyId, list_live_keys_of, revoke_keys_of
from chenu.accounts.confirmation import check_own_password, require_session_still
from chenu.accounts.errors import WrongCredentials
from chenu.accounts.mail_tokens import (
    Purpose,
    bad_link,
    cancel_mail_tokens,
    find_mail_token_owner,
    is_mail_token_good,
    make_mail_token,
    use_mail_token,
)
from chenu.accounts.password_store import Credentials, replace_password, store_password
from chenu.accounts.passwords import check_password, hash_password
from chenu.accounts.second_factor import NO_CODE, CodeGiven, require_code
from chenu.accounts.sessions import revoke_sessions
from chenu.accounts.users import (
    User,
    find_user_by_email,
    get_user,
    lock_address,
    send_welcome,
)
from chenu.accounts.validation import check_email, normalise_email
from chenu.core import db, queue
from chenu.core.clock import business_now
from chenu.core.errors import AlreadyExists, reject_if_any
from chenu.core.i18n import DEFAULT_LOCALE
from chenu.core.ids import new_id
from chenu.core.mail import MailKind, queue_mail
from chenu.core.mail_preferences import move_preferences


@db.transactional
async def verify_email(token: str) -> User:
    """Verifies an email address, the first or a changed one. Raises Invalid, AlreadyExists."""
    link = await use_mail_token(token, Purpose.VERIFY_EMAIL, Purpose.CHANGE_EMAIL)
    await lock_address(link.email)
    taken = await find_user_by_email(link.email)
    if taken is not None and taken.id != link.user_id:
        raise AlreadyExists("Another account uses this address", path=("token",))
    before = await get_user(link.user_id)
    sql = "UPDATE app_user SET email = $2, email_verified_at = $3 WHERE id = $1"
    await db.execute(sql, link.user_id, link.email, business_now())
    if before.email != link.email:
        await move_preferences(before.email, link.email)
    await cancel_mail_tokens(link.user_id)
    if taken is None:
        # updates the customer at Stripe
        await queue.enqueue(queue.Job.SYNC_PERSON, str(link.user_id))
    user = await get_user(link.user_id)
    if not before.email_verified:
        await send_welcome(user)
    return user


@db.transactional
async def cancel_email_change(token: str) -> None:
    """Keeps the old address; for whoever reads its mails, without signing in. Raises Invalid."""
    link = await use_mail_token(token, Purpose.CANCEL_CHANGE)
    await cancel_mail_tokens(link.user_id, Purpose.CHANGE_EMAIL, Purpose.CANCEL_CHANGE)


async def change_password(actor: Actor, current: str, new: str, given: CodeGiven = NO_CODE) -> None:
    """Ends every other session; who has a second factor gives a code as well.

    Raises WrongCredentials, Invalid, CodeNeeded, WrongCode, RateLimited.
    """
    user = await get_user(actor.require_user())
    old_hash = await check_own_password(user.id, current)
    reject_if_any(check_password(new, user.email, path=("new_password",)))
    await require_code(user.id, given)
    new_hash = await hash_password(new)

    async def replace() -> None:
        await require_session_still(actor)
        old = Credentials(user.id, old_hash)
        if not await replace_password(old, new_hash):  # it was changed concurrently
            raise WrongCredentials("The current password is wrong", path=("current_password",))
        await _invalidate_mailed_links(user)
        await revoke_sessions(user.id, but=actor.session_id)
        await audit.record(actor, "password.change", user.id)

    await db.run_in_transaction(replace)


async def request_password_reset(email: str, ip: str) -> None:
    """Mails a link if the address is known; the caller cannot tell whether it is.

    Response times do not reveal it either: the same statements run in both cases, in a transaction
    that writes. Raises Invalid for text that is no email address, RateLimited.
    """
    email = normalise_email(email)
    reject_if_any(check_email(email))

    async def send_link() -> None:
        await attempts.count_attempt(attempts.MAIL_PER_IP, ip)
        await attempts.count_attempt(attempts.MAIL_PER_EMAIL, email)
        user = await find_user_by_email(email)
        user_id = UserId(new_id()) if user is None else user.id
        token = await make_mail_token(user_id, Purpose.RESET_PASSWORD, email)
        params = {"token": token, "name": "" if user is None else user.mail_name}
        locale = DEFAULT_LOCALE if user is None else user.locale
        key = f"reset:{new_id()}"
        kind, is_known = MailKind.PASSWORD_RESET, user is not None
        await queue_mail(kind, email, locale, key, params, is_wanted=is_known)

    await db.run_in_transaction(send_link)


class ResetOffer(msgspec.Struct, frozen=True):
    """What the holder of a reset link sees: the live API keys created by this person.

    Somebody else may have created them: by signing up with this address before it was verified, or
    by knowing the password.
    """

    keys: Sequence[ApiKey]
    is_proved: bool


async def find_reset_owner(token: str) -> UserId | None:
    """The person of a reset link; None for an invalid link."""
    return await find_mail_token_owner(token, Purpose.RESET_PASSWORD)


async def find_reset_offer(token: str) -> ResetOffer | None:
    """None for an invalid link."""
    owner = await find_reset_owner(token)
    if owner is None:
        return None
    user = await get_user(owner)
    return ResetOffer(await list_live_keys_of(owner), user.email_verified)


async def reset_password(
    token: str, new: str, *, revoked_keys: Collection[ApiKeyId] | None = ()
) -> None:
    """Uses the mailed link; ends all sessions and revokes the named keys (None: all).

    A refused password leaves the link usable. Raises Invalid.
    """
    reject_if_any(check_password(new, "", path=("new_password",)))
    if not await is_mail_token_good(token, Purpose.RESET_PASSWORD):
        raise bad_link()  # before hashing, which is slow on purpose
    password_hash = await hash_password(new)

    async def reset() -> None:
        link = await use_mail_token(token, Purpose.RESET_PASSWORD)
        user = await get_user(link.user_id)
        reject_if_any(check_password(new, user.email, path=("new_password",)))
        await store_password(user.id, password_hash)
        await _invalidate_mailed_links(user)
        await revoke_sessions(user.id)
        await revoke_keys_of(user.id, revoked_keys)
        await prove_address(user)

    await db.run_in_transaction(reset)


async def _invalidate_mailed_links(user: User) -> None:
    await cancel_mail_tokens(user.id)
    params = {"name": user.mail_name}
    key = f"password:{new_id()}"
    await queue_mail(MailKind.PASSWORD_CHANGED, user.email, user.locale, key, params)


async def prove_address(user: User) -> None:
    """Opening a link from that mailbox verifies the email address too."""
    sql = "UPDATE app_user SET email_verified_at = $2 WHERE id = $1 AND email_verified_at IS NULL"
    if await db.execute(sql, user.id, business_now()):
        await send_welcome(await get_user(user.id))
