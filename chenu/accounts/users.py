"""Users: sign-up, sign-in and verification mails. Each function is one transaction."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from urllib.parse import urlencode

import msgspec

from chenu.accounts import attempts
from chenu.accounts.actor import AccountId, AccountRole, Actor, UserId
from chenu.accounts.budget_dates import insert_budget
from chenu.accounts.devices import find_device
from chenu.accounts.documents import record_acceptance
from chenu.accounts.errors import wrong_credentials
from chenu.accounts.mail_tokens import Purpose, find_last_link_query, make_mail_token
from chenu.accounts.password_store import (
    Credentials,
    dummy_credentials,
    find_credentials,
    hold_password,
    replace_password,
)
from chenu.accounts.passwords import (
    check_password,
    find_matching_form,
    hash_password,
    needs_rehash,
    normalise_password,
)
from chenu.accounts.second_factor import CodeGiven, require_code
from chenu.accounts.sessions import NewSession, open_session
from chenu.accounts.sign_in_limits import count_sign_in, reset_after_success
from chenu.accounts.tables import Account, AppUser, Membership
from chenu.accounts.validation import (
    check_email,
    check_locale,
    check_name,
    check_referral_code,
    normalise_email,
)
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import AlreadyExists, NotFound, reject_if_any
from chenu.core.i18n import DEFAULT_LOCALE, Locale, known_locale, mark
from chenu.core.ids import new_id
from chenu.core.mail import MailKind, queue_mail
from chenu.core.rows import Columns, insert
from chenu.core.text import tidy
from chenu.tiers.catalogue import TierCode


class SignUp(msgspec.Struct, frozen=True):
    """The sign-up form; `password` is never stored or logged.

    `referral_code`: an affiliate's, which counts for nothing unless it is one. `link_fields`: what
    the mailed link takes along, as what was to happen once the address is verified.
    """

    email: str
    password: str
    display_name: str
    locale: str = DEFAULT_LOCALE
    referral_code: str | None = None
    link_fields: Mapping[str, str] = msgspec.field(default_factory=dict)


class Browser(msgspec.Struct, frozen=True):
    """The browser that opens a session.

    `session_token` and `devices` are its cookies, which show who has signed in from it before.
    `followed_link` is the one with the click of an affiliate's link: affiliates/click_tokens.py.
    `locale` is the language of its pages, which becomes that of somebody new.
    """

    user_agent: str = ""
    ip: str = ""
    session_token: str = ""
    devices: str = ""
    followed_link: str = ""
    locale: Locale = DEFAULT_LOCALE


Bind = Callable[[UserId], Awaitable[None]]
Allow = Callable[[UserId], Awaitable[None]]
"""Raises for somebody whose password opens nothing: flows/sso/passwords.py."""


class User(msgspec.Struct, frozen=True):
    id: UserId
    email: str
    display_name: str
    locale_code: str
    email_verified_at: datetime | None
    is_staff: bool
    created_at: datetime

    @property
    def locale(self) -> Locale:
        return known_locale(self.locale_code)

    @property
    def email_verified(self) -> bool:
        return self.email_verified_at is not None

    @property
    def mail_name(self) -> str:
        """The name for mails; empty until the email address is verified.

        Before that a stranger may have chosen the name, to have us mail it to somebody.
        """
        return self.display_name if self.email_verified else ""


_COLUMNS = Columns(
    User,
    AppUser,
    locale_code="locale",
    is_staff="EXISTS (SELECT 1 FROM staff_role WHERE member = {0}id)",
).select("u")
_USER = f"SELECT {_COLUMNS} FROM app_user u"  # noqa: S608 - own columns


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


async def sign_up(
    request: SignUp, browser: Browser, *, verify_at_once: bool, bind: Bind | None = None
) -> NewSession:
    """A user with a personal account, signed in. Raises Invalid, Rejected, AlreadyExists.

    `bind` belongs to the same transaction: it says who brought the person.
    """
    await attempts.count_attempt(attempts.SIGN_UP_PER_IP, browser.ip)
    email = normalise_email(request.email)
    reject_if_any(
        [
            *check_email(email),
            *check_password(request.password, email, path=("password",)),
            *check_name(request.display_name, path=("display_name",)),
            *check_locale(request.locale),
            *check_referral_code(request.referral_code),
        ]
    )
    password_hash = await hash_password(request.password)

    async def join() -> NewSession:
        name = tidy(request.display_name)
        user_id = await create_user(
            email, name, request.locale, password_hash, verified=verify_at_once
        )
        await record_acceptance(user_id)
        if bind is not None:
            await bind(user_id)
        if verify_at_once:
            await send_welcome(await get_user(user_id))
        else:
            await send_verification(user_id, urlencode(request.link_fields))
        return await open_session(user_id, browser.user_agent, browser.ip)

    return await db.run_in_transaction(join)


async def create_user(
    email: str, display_name: str, locale: str, password_hash: str, *, verified: bool
) -> UserId:
    """Creates the user, the personal account and its membership; raises AlreadyExists."""
    user_id, now = UserId(new_id()), business_now()
    await lock_address(email)
    person = {
        "id": user_id,
        "email": email,
        "display_name": display_name,
        "locale": locale,
        "password_hash": password_hash,
        "email_verified_at": now if verified else None,
        "created_at": now,
    }
    if not await insert(AppUser, person, "ON CONFLICT (email) DO NOTHING"):
        message = mark("There is an account with this address already: sign in instead")
        raise AlreadyExists(message, path=("email",))
    await create_account(user_id, display_name, "PERSONAL")
    return user_id


async def lock_address(email: str) -> None:
    """Locks this email address until the transaction ends, against concurrent claims of it."""
    await db.lock_until_commit(f"address:{email}")


async def create_account(owner: UserId, name: str, kind: str) -> AccountId:
    account_id = AccountId(new_id())
    account = {"id": account_id, "name": name, "kind": kind, "owner": owner}
    await insert(Account, {**account, "tier": TierCode.FREE, "created_at": business_now()})
    await insert_budget(account_id)
    await add_member(account_id, owner, AccountRole.OWNER)
    return account_id


async def add_member(account_id: AccountId, user_id: UserId, role: AccountRole) -> None:
    """Raises AlreadyExists for somebody who is a member already."""
    membership = {"id": new_id(), "account": account_id, "member": user_id, "role": role}
    if not await insert(Membership, membership, "ON CONFLICT (account, member) DO NOTHING"):
        raise AlreadyExists("This person is a member of the account already")


async def sign_in(
    email: str,
    password: str,
    browser: Browser,
    second: CodeGiven | None = None,
    allow: Allow | None = None,
) -> NewSession:
    """Raises WrongCredentials and RateLimited, the same for known and unknown addresses.

    `allow` is asked once the password is right.

    Who has a second factor gives its code as well: CodeNeeded, WrongCode.

    Successful attempts do not count. A browser from which the person has signed in before has
    separate attempts, which nobody else can use up.
    """
    email = normalise_email(email)
    is_address = not check_email(email)
    found = await find_credentials(email) if is_address else None
    known = found or dummy_credentials()
    device = await find_device(known, browser.devices, browser.session_token)
    windows = await count_sign_in(email if is_address else None, browser.ip, device)
    form = await find_matching_form(password, found.password_hash if found else None)
    if form is None:
        raise wrong_credentials()
    await reset_after_success(windows)
    if allow is not None:
        await allow(known.user_id)
    await require_code(known.user_id, second or CodeGiven())
    is_old = needs_rehash(known.password_hash) or form != normalise_password(password)
    return await _enter(known, await hash_password(password) if is_old else None, browser)


@db.transactional
async def _enter(known: Credentials, new_hash: str | None, browser: Browser) -> NewSession:
    """Refused if the password was changed while it was being checked, because that ends all
    sessions.
    """
    is_still = hold_password(known) if new_hash is None else replace_password(known, new_hash)
    if not await is_still:
        raise wrong_credentials()
    return await open_session(known.user_id, browser.user_agent, browser.ip)


async def send_verification(user_id: UserId, link_query: str = "") -> None:
    """Mails a link to the user's own address; nothing if it is verified.

    The link takes `link_query` along to the page of the verification.
    """
    user = await get_user(user_id)
    if user.email_verified:
        return
    token = await make_mail_token(user_id, Purpose.VERIFY_EMAIL, user.email, link_query)
    key = f"verify:{new_id()}"
    params = {"token": token, "further": link_query}
    await queue_mail(MailKind.EMAIL_VERIFY, user.email, user.locale, key, params)


async def send_welcome(user: User) -> None:
    """Once the address is verified, for the first time."""
    params = {"email": user.email}
    await queue_mail(MailKind.WELCOME, user.email, user.locale, f"welcome:{user.id}", params)


@db.transactional
async def send_verification_again(actor: Actor) -> None:
    """The link again, with what the last one took along. Raises RateLimited."""
    user_id = actor.require_user()
    await attempts.count_attempt(attempts.MAIL_PER_IP, actor.ip)
    await attempts.count_attempt(attempts.MAIL_PER_EMAIL, str(user_id))
    link_query = await find_last_link_query(user_id, Purpose.VERIFY_EMAIL)
    await send_verification(user_id, link_query or "")
