"""Stripe's pages of a person's Connect account: its links are made per click and never stored."""

from chenu.accounts.actor import UserId
from chenu.billing import connect_accounts
from chenu.billing.connect_accounts import ConnectAccount
from chenu.billing.gateway import StripeRefusal
from chenu.core.errors import InvalidState, ProviderUnavailable
from chenu.core.i18n import mark
from chenu.flows.mirrors.connect_account import refresh_connect_state
from chenu.flows.mirrors.sync import sync_connect_account
from chenu.flows.services import Services

_OPENINGS = 2
"""One for the account that we know, one for its successor should Stripe have closed it."""


async def make_setup_link(services: Services, user_id: UserId, path: str) -> str | None:
    """Stripe's single-use page; None when nothing is due.

    `path` is the page of ours that makes it: Stripe leads back there when the link is used up, and
    to its `/return` at the end. Whose account was closed gets a new one. Raises InvalidState,
    ProviderUnavailable.
    """
    account = await _get_open_account(services, user_id)
    if account.can_be_paid:
        return None
    try:
        return await services.connect.make_onboarding_link(
            account.stripe_account_id or "",
            return_url=services.url(f"{path}/return"),
            refresh_url=services.url(path),
        )
    except StripeRefusal as refusal:
        message = mark("Your payout account cannot be set up at the moment: please write to us")
        raise InvalidState(message) from refusal


async def make_bank_link(services: Services, user_id: UserId) -> str | None:
    """Stripe's page where a person changes the bank account.

    None before the payouts are set up: onboarding comes first. Raises InvalidState,
    ProviderUnavailable.
    """
    account = await connect_accounts.find_of_user(user_id)
    if account is None or account.stripe_account_id is None or not account.can_be_paid:
        return None
    try:
        return await services.connect.make_login_link(account.stripe_account_id)
    except StripeRefusal as refusal:
        message = mark("Stripe does not open your payout account at the moment: please write to us")
        raise InvalidState(message) from refusal


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


async def refresh_account_of(services: Services, user_id: UserId) -> bool:
    """Whether it can be paid: returning from onboarding proves nothing, so that Stripe is asked."""
    account = await connect_accounts.find_of_user(user_id)
    if account is not None and account.stripe_account_id is not None:
        await refresh_connect_state(services.connect, account.stripe_account_id)
        account = await connect_accounts.find_of_user(user_id)
    return account is not None and account.can_be_paid
