"""Becoming a creator, and Connect onboarding behind a page of ours."""

import msgspec

from chenu.accounts import audit
from chenu.accounts.actor import Actor, ApiScope
from chenu.accounts.confirmation import require_fresh
from chenu.agents.creators import (
    check_profile,
    get_own_creator,
    insert_creator,
    record_payouts_ready,
)
from chenu.agents.queries import find_creator_of
from chenu.agents.rows import CreatorRow
from chenu.billing import connect_accounts
from chenu.core import db, queue
from chenu.core.errors import AlreadyExists
from chenu.core.text import tidy
from chenu.flows.mirrors.connect_account import create_account_operation
from chenu.flows.mirrors.onboarding import make_bank_link, make_setup_link, refresh_account_of
from chenu.flows.services import Services
from chenu.tiers.catalogue import Feature
from chenu.tiers.entitlements import require_feature


class CreatorInput(msgspec.Struct, frozen=True):
    """`country` is a lower-case ISO code, fixed once Stripe has the account."""

    handle: str
    display_name: str
    bio: str
    country: str


async def become_creator(actor: Actor, request: CreatorInput) -> CreatorRow:
    """The public profile and the intent to open a Connect account; again with the same handle.

    Raises PlanRequired, InvalidState (address not verified), Invalid, AlreadyExists.
    """
    user_id = actor.require_user()
    account_id = actor.require_account(ApiScope.AGENTS)
    require_feature(actor.entitlements, Feature.MARKETPLACE)
    actor.require_verified()
    request = CreatorInput(
        request.handle.strip().lower(),
        tidy(request.display_name),
        tidy(request.bio),
        request.country.strip().lower(),
    )
    check_profile(request.handle, request.display_name, request.bio, request.country)

    async def join() -> None:
        await db.lock_until_commit(f"creator:{user_id}")
        existing = await find_creator_of(user_id)
        if existing is not None and existing.handle != request.handle:
            raise AlreadyExists("You are a creator already", path=("handle",))
        if existing is None:
            creator_id = await insert_creator(
                user_id, account_id, request.handle, request.display_name, request.bio
            )
            await audit.record(actor, "creator.join", creator_id)
        account = await connect_accounts.start(user_id, request.country)
        if account.can_be_paid:  # an affiliate's: the same one pays both
            await record_payouts_ready(user_id, True)
        operation = await create_account_operation(user_id, request.display_name, request.country)
        await queue.enqueue(queue.Job.OPERATION, str(operation.id))

    await db.run_in_transaction(join)
    return await get_own_creator(actor)


async def make_onboarding_link(services: Services, actor: Actor) -> str | None:
    """Stripe's single-use page, made per click; None when nothing is due.

    Whose account was closed gets a new one. Raises InvalidState for somebody who is no creator,
    SignInAgain, ProviderUnavailable.
    """
    creator = await get_own_creator(actor)
    await require_fresh(actor)
    return await make_setup_link(services, creator.owner_id, "/creator/onboarding")


async def make_login_link(services: Services, actor: Actor) -> str | None:
    """Stripe's page where a creator changes the bank account, made per click and never stored.

    None before the payouts are set up: onboarding comes first. Raises InvalidState for somebody
    who is no creator, SignInAgain, ProviderUnavailable.
    """
    creator = await get_own_creator(actor)
    await require_fresh(actor)
    link = await make_bank_link(services, creator.owner_id)
    if link is not None:
        await audit.record(actor, "creator.login_link", creator.id)
    return link


async def refresh_own_connect_state(services: Services, actor: Actor) -> CreatorRow:
    """On return from onboarding: the return itself proves nothing, so ask."""
    creator = await get_own_creator(actor)
    await refresh_account_of(services, creator.owner_id)
    return await get_own_creator(actor)
