"""The subscription that reports each change of an account's tokens."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from chenu.accounts.actor import ApiScope
from chenu.core.pubsub import wallet_channel
from chenu.tokens.wallet import MonthlyUse, Wallet, get_wallet, list_monthly_use
from chenu_graphql.context import Info


async def watch_wallet(info: Info) -> AsyncGenerator[Wallet, None]:
    """At once, so that nothing is missed between a query and this, and on each change."""
    ctx = info.context
    account_id = ctx.actor.require_account(ApiScope.READ)
    seen: tuple[Wallet, Sequence[MonthlyUse]] | None = None
    async with aclosing(ctx.services.pubsub.changes(wallet_channel(account_id))) as changes:
        async for _ in changes:
            wallet, use = await get_wallet(account_id), await list_monthly_use([account_id])
            if (wallet, use) != seen:
                seen = wallet, use
                ctx.forget_loaded()
                yield wallet
