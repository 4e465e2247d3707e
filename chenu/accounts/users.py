"""People: sign-up, sign-in, profile, address and password. Each function is one transaction."""

from dataclasses import dataclass
from datetime import datetime

from chenu.accounts import attempts, audit
from chenu.accounts.actor import AccountId, AccountRole, Actor, UserId
from chenu.accounts.confirmation import require_confirmed, require_session_still
from chenu.accounts.devices import find_device
from chenu.accounts.documents import record_acceptance
from chenu.accounts.errors import wrong_credentials
from chenu.accounts.mail_tokens import Purpose, make_mail_token
from chenu.accounts.password_store import (
    Credentials,
    find_credentials,
    hold_password,
    nobodys_credentials,
    replace_password,
)
from chenu.accounts.passwords import (
    check_password,
    find_matching_form,
    hash_password,
    needs_rehash,
    normalise_password,
)
from chenu.accounts.sessions import NewSession, open_session
from chenu.accounts.sign_in_limits import count_try, forgive_tries
from chenu.accounts.validation import check_email, check_locale, check_name, normalise_email
from chenu.core import db, queue
from chenu.core.clock import business_now
from chenu.core.errors import AlreadyExists, ChenuError, NotFound, reject_if_any
from chenu.core.i18n import DEFAULT_LOCALE, Locale, is_locale, mark
from chenu.core.ids import new_id
from chenu.core.mail import MailKind, queue_mail
from chenu.core.text import tidy
from chenu.tiers.catalogue import TierCode


@dataclass(frozen=True, slots=True)
class SignUp:
    """What a person enters; `password` is never stored or logged."""

    email: str
    password: str
    display_name: str
    locale: str = DEFAULT_LOCALE


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a session is opened from.

    `session_token` and `devices` are the cookies by which it shows who signed in from it before.
    """

    user_agent: str = ""
    ip: str = ""
    session_token: str = ""
    devices: str = ""


@dataclass(frozen=True, slots=True)
class User:
    id: UserId
    email: str
    display_name: str
    locale_code: str
    email_verified_at: datetime | None
    is_staff: bool
    created_at: datetime

    @property
    def locale(self) -> Locale:
        return self.locale_code if is_locale(self.locale_code) else DEFAULT_LOCALE

    @property
    def email_verified(self) -> bool:
        return self.email_verified_at is not None

    @property
    def mail_name(self) -> str:
        """What our mails may call the person: nothing until the address is proved.

        Before that the name may be a stranger's, who wants us to mail it to somebody.
        """
        return self.display_name if self.email_verified else ""


_USER = """
    SELECT u.id, u.email, u.display_name, u.locale AS locale_code, u.email_verified_at,
        u.created_at, EXISTS (SELECT 1 FROM staff_role WHERE member = u.id) AS is_staff
    FROM app_user u
"""


async def get_user(user_id: UserId) -> User:
    """Raises NotFound."""
    found = await db.find_one(User, f"{_USER} WHERE u.id = $1", user_id)
    if found is None:
        raise NotFound("There is no such person")
    return found


async def find_user_by_email(email: str) -> User | None:
    return await db.find_one(User, f"{_USER} WHERE u.email = $1", normalise_email(email))


async def list_users(user_ids: list[UserId]) -> list[User]:
    """In no particular order."""
    return await db.fetch_all(User, f"{_USER} WHERE u.id = ANY($1)", user_ids)


async def sign_up(request: SignUp, browser: Browser, *, verify_at_once: bool) -> NewSession:
    """A person with a personal account, signed in. Raises Invalid, Rejected, AlreadyExists."""
    await attempts.count_attempt(attempts.SIGN_UP_PER_IP, browser.ip)
    email = normalise_email(request.email)
    reject_if_any(
        [
            *check_email(email),
            *check_password(request.password, email, path=("password",)),
            *check_name(request.display_name, path=("display_name",)),
            *check_locale(request.locale),
        ]
    )
    password_hash = await hash_password(request.password)
    async with db.transaction():
        user_id = await create_user(
            email,
            tidy(request.display_name),
            request.locale,
            password_hash,
            verified=verify_at_once,
        )
        await record_acceptance(user_id)
        if not verify_at_once:
            await send_verification(user_id)
        return await open_session(user_id, browser.user_agent, browser.ip)


async def create_user(
    email: str, display_name: str, locale: str, password_hash: str, *, verified: bool
) -> UserId:
    """The person, the personal account and its membership; raises AlreadyExists."""
    user_id, now = UserId(new_id()), business_now()
    await lock_address(email)
    sql = """
        INSERT INTO app_user (id, email, display_name, locale, password_hash, email_verified_at,
            created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (email) DO NOTHING
    """
    verified_at = now if verified else None
    if not await db.execute(
        sql, user_id, email, display_name, locale, password_hash, verified_at, now
    ):
        message = mark("There is an account with this address already: sign in instead")
        raise AlreadyExists(message, path=("email",))
    await create_account(user_id, display_name, "PERSONAL")
    return user_id


async def lock_address(email: str) -> None:
    """One at a time may make an address theirs, until the transaction ends."""
    await db.lock_until_commit(f"address:{email}")


async def create_account(owner: UserId, name: str, kind: str) -> AccountId:
    account_id = AccountId(new_id())
    sql = """
        INSERT INTO account (id, name, kind, owner, tier, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)
    """
    await db.execute(sql, account_id, name, kind, owner, TierCode.FREE, business_now())
    await add_member(account_id, owner, AccountRole.OWNER)
    return account_id


async def add_member(account_id: AccountId, user_id: UserId, role: AccountRole) -> None:
    """Raises AlreadyExists for somebody who is in the account."""
    sql = """
        INSERT INTO membership (id, account, member, role) VALUES ($1, $2, $3, $4)
        ON CONFLICT (account, member) DO NOTHING
    """
    if not await db.execute(sql, new_id(), account_id, user_id, role):
        raise AlreadyExists("This person is a member of the account already")


async def sign_in(email: str, password: str, browser: Browser) -> NewSession:
    """Raises WrongCredentials and RateLimited, the same for known and unknown addresses.

    Only tries that fail are counted in the end. A browser that the person has signed in from
    before has tries of its own: nobody else can use them up.
    """
    email = normalise_email(email)
    is_address = not check_email(email)
    found = await find_credentials(email) if is_address else None
    known = found or nobodys_credentials()
    device = await find_device(known, browser.devices, browser.session_token)
    windows = await count_try(email if is_address else None, browser.ip, device)
    form = await find_matching_form(password, found.password_hash if found else None)
    if form is None:
        raise wrong_credentials()
    await forgive_tries(windows)
    is_old = needs_rehash(known.password_hash) or form != normalise_password(password)
    return await _enter(known, await hash_password(password) if is_old else None, browser)


async def _enter(known: Credentials, new_hash: str | None, browser: Browser) -> NewSession:
    """Unless the password was changed while it was compared: that ends all sessions."""
    async with db.transaction():
        is_still = hold_password(known) if new_hash is None else replace_password(known, new_hash)
        if not await is_still:
            raise wrong_credentials()
        return await open_session(known.user_id, browser.user_agent, browser.ip)


async def send_verification(user_id: UserId) -> None:
    """A link to the person's own address; nothing when it is verified."""
    user = await get_user(user_id)
    if user.email_verified:
        return
    token = await make_mail_token(user_id, Purpose.VERIFY_EMAIL, user.email)
    key = f"verify:{new_id()}"
    await queue_mail(MailKind.EMAIL_VERIFY, user.email, user.locale, key, {"token": token})


async def send_verification_again(actor: Actor) -> None:
    """The same, as often as mails may be asked for. Raises RateLimited."""
    user_id = actor.require_user()
    async with db.transaction():
        await attempts.count_attempt(attempts.MAIL_PER_IP, actor.ip)
        await attempts.count_attempt(attempts.MAIL_PER_EMAIL, str(user_id))
        await send_verification(user_id)


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """None leaves a field as it is; `current_password` is for a new address."""

    display_name: str | None = None
    locale: str | None = None
    email: str | None = None
    current_password: str | None = None


async def update_profile(actor: Actor, change: ProfileChange) -> None:
    """Name and language at once; a new address when its own mail's link was opened.

    A new address asks for the password, see accounts/confirmation.py.
    """
    user_id = actor.require_user()
    email = normalise_email(change.email) if change.email is not None else None
    reject_if_any(_check_profile(change.display_name, change.locale, email))
    if email is not None:
        if email == (await get_user(user_id)).email:
            email = None
        else:
            await require_confirmed(actor, change.current_password)
    async with db.transaction():
        sql = """
            UPDATE app_user SET display_name = coalesce($2, display_name),
                locale = coalesce($3, locale) WHERE id = $1
        """
        name = tidy(change.display_name) if change.display_name is not None else None
        await db.execute(sql, user_id, name, change.locale)
        if name is not None or change.locale is not None:
            await queue.enqueue(queue.Job.SYNC_PERSON, str(user_id))  # Stripe's copies
        if email is not None:
            await require_session_still(actor)
            await _request_email_change(actor, email)
        await audit.record(actor, "user.update", user_id)


def _check_profile(name: str | None, locale: str | None, email: str | None) -> list[ChenuError]:
    return [
        *([] if name is None else check_name(name, path=("display_name",))),
        *([] if locale is None else check_locale(locale)),
        *([] if email is None else check_email(email)),
    ]


async def _request_email_change(actor: Actor, email: str) -> None:
    """Tell both addresses; the old one stays until the new one is confirmed.

    Whether somebody has the new address is told in the mail to it, and to nobody else.
    """
    user = await get_user(actor.require_user())
    await attempts.count_attempt(attempts.MAIL_PER_IP, actor.ip)
    await attempts.count_attempt(attempts.MAIL_PER_EMAIL, str(user.id))
    await attempts.count_attempt(attempts.CHANGE_MAIL_PER_EMAIL, email)
    taken = await find_user_by_email(email)
    token = await make_mail_token(user.id, Purpose.CHANGE_EMAIL, email)
    confirm = {"token": token, "email": email} if taken is None else {"email": email}
    locale = user.locale if taken is None else taken.locale
    key = f"change:{new_id()}"
    await queue_mail(MailKind.EMAIL_CHANGE_CONFIRM, email, locale, f"{key}:new", confirm)
    cancel = await make_mail_token(user.id, Purpose.CANCEL_CHANGE, user.email)
    wanted = email if user.email_verified else ""
    notice = {"name": user.mail_name, "email": wanted, "cancel": cancel}
    await queue_mail(MailKind.EMAIL_CHANGE_NOTICE, user.email, user.locale, f"{key}:old", notice)
