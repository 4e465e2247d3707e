"""Finds the actor of a Bearer key from a header or a WebSocket's first message."""

from chenu.accounts.actor import AccountId, Actor, ActorKind
from chenu.accounts.api_keys import find_key_actor
from chenu.accounts.credentials import API_KEY_HEAD, SERVICE_KEY_HEAD
from chenu.accounts.service_keys import find_service_actor
from chenu.core.errors import Forbidden, Unauthenticated
from chenu.core.global_id import find_uuid
from chenu.tiers.catalogue import Feature
from chenu.tiers.entitlements import require_feature

_HEADS = (API_KEY_HEAD, SERVICE_KEY_HEAD)


def is_for_us(authorization: str) -> bool:
    """Whether the header holds a Bearer key, or one of our keys with another scheme.

    All other schemes are between the caller and a proxy in front of us.
    """
    scheme, rest = _split(authorization)
    return scheme.lower() == "bearer" or (rest or scheme).startswith(_HEADS)


def _split(authorization: str) -> tuple[str, str]:
    """The scheme and the rest."""
    words = authorization.split(maxsplit=1)
    return (words[0] if words else "", words[1].strip() if len(words) > 1 else "")


async def get_bearer_actor(
    bearer: str, account_id: AccountId | None, *, pepper: bytes, ip: str
) -> Actor:
    """`bearer` is the whole value, "Bearer …".

    Raises Unauthenticated for an invalid key, whose caller is never treated as anonymous, Forbidden
    for an account that the key may not act for, and PlanRequired for an API key of an account that
    has lost API_ACCESS.
    """
    scheme, secret = _split(bearer)
    actor = None
    if scheme.lower() == "bearer":
        actor = await find_key_actor(secret, pepper, ip)
        actor = actor or await find_service_actor(secret, pepper, ip, account_id)
    if actor is None:
        raise Unauthenticated("This API key is not valid")
    if account_id is not None and actor.account_id != account_id:
        raise Forbidden("This API key belongs to another account")
    if actor.kind is ActorKind.API_KEY:
        require_feature(actor.entitlements, Feature.API_ACCESS)
    return actor


def read_account(public_id: str | None) -> AccountId | None:
    """The account named by Chenu-Account; raises Forbidden if the value is no account's id."""
    if public_id is None:
        return None
    found = find_uuid("Account", public_id.strip())
    if found is None:
        raise Forbidden("You are not a member of this account")
    return AccountId(found)
