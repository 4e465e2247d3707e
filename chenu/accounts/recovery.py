"""Ways back in and proofs of an address: verification, password change and reset."""

from chenu.accounts import attempts, audit
from chenu.accounts.actor import Actor, UserId
from chenu.accounts.errors import WrongCredentials
from chenu.accounts.mail_tokens import (
    Purpose,
    bad_link,
    cancel_mail_tokens,
    is_mail_token_good,
    make_mail_token,
    use_mail_token,
)
from chenu.accounts.passwords import check_password, hash_password, verify_password
from chenu.accounts.sessions import revoke_sessions
from chenu.accounts.users import (
    User,
    find_user_by_email,
    get_user,
    lock_address,
    store_password,
)
from chenu.accounts.validation import check_email, normalise_email
from chenu.core import db, queue
from chenu.core.clock import business_now
from chenu.core.errors import AlreadyExists, reject_if_any
from chenu.core.ids import new_id
from chenu.core.mail import MailKind, queue_mail


async def verify_email(token: str) -> User:
    """Confirm an address, the first or a changed one. Raises Invalid, AlreadyExists."""
    async with db.transaction():
        link = await use_mail_token(token, Purpose.VERIFY_EMAIL, Purpose.CHANGE_EMAIL)
        await lock_address(link.email)
        taken = await find_user_by_email(link.email)
        if taken is not None and taken.id != link.user_id:
            raise AlreadyExists("Another account uses this address", path=("token",))
        sql = "UPDATE app_user SET email = $2, email_verified_at = $3 WHERE id = $1"
        await db.execute(sql, link.user_id, link.email, business_now())
        if taken is None:  # what was mailed to the address that is left must not work any more
            await cancel_mail_tokens(link.user_id, *Purpose)
            await queue.enqueue(queue.Job.SYNC_PERSON, str(link.user_id))  # Stripe's copies
        return await get_user(link.user_id)


async def change_password(actor: Actor, current: str, new: str) -> None:
    """Ends every other session. Raises WrongCredentials, Invalid, RateLimited."""
    user = await get_user(actor.require_user())
    await attempts.count_attempt(attempts.PASSWORD_CHECK_PER_USER, str(user.id))
    if not await verify_password(current, await _get_hash(user.id)):
        raise WrongCredentials("The current password is wrong", path=("current_password",))
    await attempts.forget_attempts(attempts.PASSWORD_CHECK_PER_USER, str(user.id))
    reject_if_any(check_password(new, user.email, path=("new_password",)))
    password_hash = await hash_password(new)
    async with db.transaction():
        await _replace_password(user, password_hash)
        await revoke_sessions(user.id, but=actor.session_id)
        await audit.record(actor, "password.change", user.id)


async def request_password_reset(email: str, address: str) -> None:
    """A link to a known address, nothing to an unknown one; the caller cannot tell which.

    Raises Invalid for what is no address at all, RateLimited.
    """
    email = normalise_email(email)
    reject_if_any(check_email(email))
    await attempts.count_attempt(attempts.MAIL_PER_ADDRESS, address)
    await attempts.count_attempt(attempts.MAIL_PER_EMAIL, email)
    user = await find_user_by_email(email)
    if user is None:
        return
    async with db.transaction():
        token = await make_mail_token(user.id, Purpose.RESET_PASSWORD, email)
        params = {"token": token, "name": user.display_name}
        key = f"reset:{new_id()}"
        await queue_mail(MailKind.PASSWORD_RESET, email, user.locale, key, params)


async def reset_password(token: str, new: str) -> None:
    """With the mailed link, once; ends all sessions. A refused password leaves the link usable."""
    reject_if_any(check_password(new, "", path=("new_password",)))
    if not await is_mail_token_good(token, Purpose.RESET_PASSWORD):
        raise bad_link()  # before the hash, which is slow on purpose
    password_hash = await hash_password(new)
    async with db.transaction():
        link = await use_mail_token(token, Purpose.RESET_PASSWORD)
        user = await get_user(link.user_id)
        reject_if_any(check_password(new, user.email, path=("new_password",)))
        await _replace_password(user, password_hash)
        await revoke_sessions(user.id)
        await _prove_address(user)


async def _replace_password(user: User, password_hash: str) -> None:
    await store_password(user.id, password_hash)
    await cancel_mail_tokens(user.id, Purpose.RESET_PASSWORD)
    params = {"name": user.display_name}
    key = f"password:{new_id()}"
    await queue_mail(MailKind.PASSWORD_CHANGED, user.email, user.locale, key, params)


async def _prove_address(user: User) -> None:
    """Whoever opened a link in that mailbox has proved the address as well."""
    sql = "UPDATE app_user SET email_verified_at = $2 WHERE id = $1 AND email_verified_at IS NULL"
    await db.execute(sql, user.id, business_now())


async def _get_hash(user_id: UserId) -> str:
    return str(await db.fetch_value("SELECT password_hash FROM app_user WHERE id = $1", user_id))
