"""Creators: the public profiles of sellers."""

import re

from chenu.accounts.actor import AccountId, Actor, ApiScope, UserId
from chenu.accounts.reserved_names import is_reserved_handle
from chenu.accounts.validation import check_name, check_text, reserved_name
from chenu.agents.model import CreatorId
from chenu.agents.queries import find_creator_of
from chenu.agents.rows import CreatorRow
from chenu.agents.tables import Creator
from chenu.core import db, queue
from chenu.core.clock import business_now
from chenu.core.errors import AlreadyExists, ChenuError, Invalid, InvalidState, reject_if_any
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.rows import insert
from chenu.core.text import tidy

MAX_BIO = 1000
_EEA = "at be bg cy cz de dk ee es fi fr gr hr hu ie is it li lt lu lv mt nl no pl pt ro se si sk"
COUNTRIES = frozenset(_EEA.split())
"""Countries where Connect can pay: the European Economic Area. docs/stripe.md."""

_HANDLE = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,28}[a-z0-9])")
_OUR_PATHS = frozenset({"me", "new", "api", "www"})


def check_profile(handle: str, display_name: str, bio: str, country: str) -> None:
    """Raises Invalid or Rejected."""
    errors: list[ChenuError] = []
    if not _HANDLE.fullmatch(handle) or "--" in handle:
        message = mark("A handle has 3 to 30 lower-case letters, digits and single hyphens")
        errors.append(Invalid(message, path=("handle",)))
    elif handle in _OUR_PATHS or is_reserved_handle(handle):
        errors.append(reserved_name(("handle",)))
    errors += _check_display_name(display_name)
    errors += check_bio(bio)
    errors += check_country(country)
    reject_if_any(errors)


def check_country(country: str) -> list[ChenuError]:
    """Of a payout account."""
    if country in COUNTRIES:
        return []
    message = mark("The country is a two-letter code of the European Economic Area, such as fr")
    return [Invalid(message, path=("country",))]


def _check_display_name(display_name: str) -> list[ChenuError]:
    return check_name(display_name, path=("display_name",), shortest=2, longest=60)


def check_bio(bio: str) -> list[ChenuError]:
    return check_text(bio, path=("bio",), longest=MAX_BIO, is_needed=False)


async def insert_creator(
    owner: UserId, account_id: AccountId, handle: str, display_name: str, bio: str
) -> CreatorId:
    """Raises AlreadyExists if the handle is taken."""
    creator_id = CreatorId(new_id())
    creator = {
        "id": creator_id,
        "owner": owner,
        "account": account_id,
        "handle": handle,
        "display_name": tidy(display_name),
        "bio": tidy(bio),
        "created_at": business_now(),
    }
    if not await insert(Creator, creator, "ON CONFLICT DO NOTHING"):
        raise AlreadyExists("Somebody uses this handle already", path=("handle",))
    return creator_id


async def get_own_creator(actor: Actor) -> CreatorRow:
    """Raises InvalidState for a user without a creator profile."""
    creator = await find_creator_of(actor.require_user())
    if creator is None:
        raise InvalidState("Please become a creator first: it takes two minutes")
    return creator


async def update_creator(actor: Actor, display_name: str | None, bio: str | None) -> CreatorRow:
    """None leaves a field as it is. Raises Invalid, InvalidState."""
    actor.require_account(ApiScope.AGENTS)
    creator = await get_own_creator(actor)
    errors: list[ChenuError] = []
    if display_name is not None:
        errors += _check_display_name(display_name)
    if bio is not None:
        errors += check_bio(bio)
    reject_if_any(errors)
    sql = """
        UPDATE creator SET display_name = coalesce($2, display_name), bio = coalesce($3, bio)
        WHERE id = $1
    """
    name = tidy(display_name) if display_name is not None else None

    async def write() -> None:
        await db.execute(sql, creator.id, name, tidy(bio) if bio is not None else None)
        if name is not None:
            # updates the account at Stripe
            await queue.enqueue(queue.Job.SYNC_PERSON, str(creator.owner_id))

    await db.run_in_transaction(write)
    return await get_own_creator(actor)


async def record_payouts_ready(owner: UserId, ready: bool) -> CreatorRow | None:
    """Adopts the state of the Connect account; returns the creator if that changed something."""
    sql = "UPDATE creator SET payouts_ready = $2 WHERE owner = $1 AND payouts_ready <> $2"
    changed = await db.execute(sql, owner, ready)
    return await find_creator_of(owner) if changed else None
