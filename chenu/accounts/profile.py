"""Changes of one's own name, language and email address."""

import msgspec

from chenu.accounts import attempts, audit
from chenu.accounts.actor import Actor
from chenu.accounts.confirmation import require_confirmed, require_session_still
from chenu.accounts.mail_tokens import Purpose, make_mail_token
from chenu.accounts.users import find_user_by_email, get_user
from chenu.accounts.validation import check_email, check_locale, check_name, normalise_email
from chenu.core import db, queue
from chenu.core.errors import ChenuError, reject_if_any
from chenu.core.ids import new_id
from chenu.core.mail import MailKind, queue_mail
from chenu.core.text import tidy


class ProfileChange(msgspec.Struct, frozen=True):
    """None leaves a field as it is; `current_password` is needed for a new email address."""

    display_name: str | None = None
    locale: str | None = None
    email: str | None = None
    current_password: str | None = None


async def update_profile(actor: Actor, change: ProfileChange) -> None:
    """Name and language change at once, the email address once the link in a mail to it was opened.

    A new email address requires the password, see accounts/confirmation.py.
    """
    user_id = actor.require_user()
    email = normalise_email(change.email) if change.email is not None else None
    reject_if_any(_check_profile(change.display_name, change.locale, email))
    if email is not None:
        if email == (await get_user(user_id)).email:
            email = None
        else:
            await require_confirmed(actor, change.current_password)

    async def write() -> None:
        sql = """
            UPDATE app_user SET display_name = coalesce($2, display_name),
                locale = coalesce($3, locale) WHERE id = $1
        """
        name = tidy(change.display_name) if change.display_name is not None else None
        await db.execute(sql, user_id, name, change.locale)
        if name is not None or change.locale is not None:
            # updates the customer at Stripe
            await queue.enqueue(queue.Job.SYNC_PERSON, str(user_id))
        if email is not None:
            await require_session_still(actor)
            await _request_email_change(actor, email)
        await audit.record(actor, "user.update", user_id)

    await db.run_in_transaction(write)


def _check_profile(name: str | None, locale: str | None, email: str | None) -> list[ChenuError]:
    return [
        *([] if name is None else check_name(name, path=("display_name",))),
        *([] if locale is None else check_locale(locale)),
        *([] if email is None else check_email(email)),
    ]


async def _request_email_change(actor: Actor, email: str) -> None:
    """Writes to both addresses; the old one stays until the new one is confirmed.

    Only the mail to the new address reveals whether it has an account.
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
