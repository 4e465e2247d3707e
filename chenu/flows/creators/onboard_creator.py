"""Becoming a creator, and Connect onboarding behind a page of ours."""

import msgspec

from chenu.accounts import audit
from chenu.accounts.actor import Actor, ApiScope, UserId
from chenu.accounts.confirmation import require_fresh
from chenu.agents.creators import (
    check_profile,
    get_own_creator,
    insert_creator,
)
from chenu.agents.queries import find_creator_of
from chenu.agents.rows import CreatorRow
from chenu.billing import connect_accounts
from chenu.billing.connect_accounts import ConnectAccount
from chenu.billing.gateway import StripeRefusal
from chenu.core import db, queue
from chenu.core.errors import AlreadyExists, InvalidState, ProviderUnavailable
from chenu.core.i18n import mark
from chenu.core.text import tidy
from chenu.flows.mirrors.connect_account import create_account_operation, refresh_connect_state
from chenu.flows.mirrors.sync import sync_connect_account
from chenu.flows.services import Services
from chenu.tiers.catalogue import Feature
from chenu.tiers.entitlements import require_feature

_OPENINGS = 2
"""One for the account that we know, one for its successor should Stripe have closed it."""


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
        await connect_accounts.start(user_id, request.country)
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
    account = await _get_open_account(services, creator.owner_id)
    if account.can_be_paid:
        return None
    try:
        return await services.connect.make_onboarding_link(
            account.stripe_account_id or "",
            return_url=services.url("/creator/onboarding/return"),
            refresh_url=services.url("/creator/onboarding"),
        )
    except StripeRefusal as refusal:
        message = mark("Your payout account cannot be set up at the moment: please write to us")
        raise InvalidState(message) from refusal


async def make_login_link(services: Services, actor: Actor) -> str | None:
    """Stripe's page where a creator changes the bank account, made per click and never stored.

    None before the payouts are set up: onboarding comes first. Raises InvalidState for somebody
    who is no creator, SignInAgain, ProviderUnavailable.
    """
    creator = await get_own_creator(actor)
    await require_fresh(actor)
    account = await connect_accounts.find_of_user(creator.owner_id)
    if account is None or account.stripe_account_id is None or not account.can_be_paid:
        return None
    try:
        link = await services.connect.make_login_link(account.stripe_account_id)
    except StripeRefusal as refusal:
        message = mark("Stripe does not open your payout account at the moment: please write to us")
        raise InvalidState(message) from refusal
    await audit.record(actor, "creator.login_link", creator.id)
    return link


async def _get_open_account(services: Services, user_id: UserId) -> ConnectAccount:
    """As Stripe knows it now. Raises ProviderUnavailable."""
    for _ in range(_OPENINGS):
        await sync_connect_account(services, user_id, may_open=True)
        account = await connect_accounts.find_of_user(user_id)
        if account is None or account.stripe_account_id is None or account.is_closed:
            break
        await refresh_connect_state(services.connect, account.stripe_account_id)
        account = await connect_accounts.find_of_user(user_id)
        if account is not None and not account.is_closed:
            return account
    raise ProviderUnavailable("The payment service did not open your payout account yet")


async def refresh_own_connect_state(services: Services, actor: Actor) -> CreatorRow:
    """On return from onboarding: the return itself proves nothing, so ask."""
    creator = await get_own_creator(actor)
    account = await connect_accounts.find_of_user(creator.owner_id)
    if account is not None and account.stripe_account_id is not None:
        await refresh_connect_state(services.connect, account.stripe_account_id)
    return await get_own_creator(actor)
