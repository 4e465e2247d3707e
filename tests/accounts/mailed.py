"""The tokens of mailed links, read from the outbox as their recipient would read them."""

import msgspec

from chenu.accounts.sessions import find_actor
from chenu.accounts.users import Browser, SignUp, sign_up
from chenu.core import db
from chenu.tiers.catalogue import TierCode
from tests.people import PASSWORD, Person


async def mailed_token(email: str) -> str:
    """The token in the latest mail to an email address."""
    sql = """
        SELECT params::text FROM outbox_mail WHERE to_address = $1 AND params ? 'token'
        ORDER BY id DESC LIMIT 1
    """
    params = msgspec.json.decode(await db.fetch_value(sql, email), type=dict[str, str])
    return params["token"]


async def last_mailed_token(kind: str) -> str:
    """The token in the latest mail of this kind, to whomever it was sent."""
    sql = "SELECT params::text FROM outbox_mail WHERE kind = $1 ORDER BY id DESC LIMIT 1"
    params = msgspec.json.decode(await db.fetch_value(sql, kind), type=dict[str, str])
    return params["token"]


async def cancelling_token(email: str) -> str:
    """The token that cancels a change of this email address, in the latest notice to it."""
    sql = """
        SELECT params ->> 'cancel' FROM outbox_mail WHERE to_address = $1 AND params ? 'cancel'
        ORDER BY id DESC LIMIT 1
    """
    return str(await db.fetch_value(sql, email))


async def squat(email: str) -> Person:
    """A stranger signs up with somebody's email address, on a plan with API keys."""
    session = await sign_up(SignUp(email, PASSWORD, "Stranger"), Browser(), verify_at_once=False)
    await db.execute("UPDATE account SET tier = $1", TierCode.PRO)
    actor = await find_actor(session.token, "")
    assert actor is not None
    return Person(actor, session.token, email)
