"""Mails about the second factor, to whoever should know that it was not them."""

import msgspec

from chenu.accounts.actor import UserId
from chenu.core import db
from chenu.core.i18n import known_locale
from chenu.core.ids import new_id
from chenu.core.mail import MailKind, queue_mail


class _Person(msgspec.Struct, frozen=True):
    """`name` is empty until the address is verified."""

    email: str
    name: str
    locale: str


async def tell_owner(user_id: UserId, kind: MailKind) -> None:
    sql = """
        SELECT email, locale,
            CASE WHEN email_verified_at IS NULL THEN '' ELSE display_name END AS name
        FROM app_user WHERE id = $1
    """
    person = await db.find_one(_Person, sql, user_id)
    if person is not None:
        key = f"{kind.lower()}:{new_id()}"
        locale = known_locale(person.locale)
        await queue_mail(kind, person.email, locale, key, {"name": person.name})
