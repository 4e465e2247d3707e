"""Which mails a person wants: those that are not needed by law, contract or safety."""

from collections.abc import Collection

from chenu.accounts import audit
from chenu.accounts.actor import Actor
from chenu.accounts.users import get_user
from chenu.core import db
from chenu.core.mail_kinds import MailTopic
from chenu.core.mail_preferences import choose_topics, list_turned_off


async def list_wanted_topics(actor: Actor) -> list[MailTopic]:
    """Everything that was not turned off."""
    user = await get_user(actor.require_user())
    turned_off = await list_turned_off(user.email)
    return [topic for topic in MailTopic if topic not in turned_off]


@db.transactional
async def choose_mails(actor: Actor, wanted: Collection[MailTopic]) -> None:
    """These, and no others that can be turned off."""
    user = await get_user(actor.require_user())
    await choose_topics(user.email, wanted)
    await audit.record(actor, "mail.choose", user.id)
