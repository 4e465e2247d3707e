"""A program that uses the generated package `market` with an API key."""

import asyncio
import json
import sys
from typing import Any

from market import Client, TierCode, TokenSpendInput
from market.exceptions import GraphQLClientGraphQLMultiError
from market.spend_tokens import SpendTokensTokenSpendUserErrorsInsufficientTokens as TooFew


async def main(url: str, key: str) -> None:
    bearer = {"Authorization": f"Bearer {key}"}
    socket = url.replace("http", "ws", 1)
    async with Client(url, bearer, ws_url=socket, ws_connection_init_payload=bearer) as client:
        tier = (await client.one_tier(TierCode.PRO)).tier
        viewer = (await client.who_am_i()).viewer
        found = {
            "tier": [tier.name, tier.monthly_price and tier.monthly_price.amount_minor],
            "viewer": viewer and viewer.display_name,
            "pages": await browse(client),
            "spent": await spend(client, 30),
            "refused": await spend(client, 500),
            "forbidden": await revoke(client),
            "available": await watch(client),
        }
    print(json.dumps(found))


async def browse(client: Client) -> list[list[str]]:
    """Page after page until there is no next."""
    pages, after = [], None
    while True:
        agents = (await client.browse_agents(first=2, after=after)).agents
        pages.append([edge.node.name for edge in agents.edges])
        if not agents.page_info.has_next_page:
            return pages
        after = agents.page_info.end_cursor


async def spend(client: Client, amount: int) -> list[Any]:
    request = TokenSpendInput(amount=amount, reason="A use", idempotencyKey=f"use {amount}")
    payload = (await client.spend_tokens(request)).token_spend
    if payload.entry is not None and payload.wallet is not None:
        return [payload.entry.amount, payload.wallet.available]
    [error] = payload.user_errors
    assert isinstance(error, TooFew)
    return [error.code.value, error.required, error.available]


async def revoke(client: Client) -> object:
    """Keys may not."""
    try:
        await client.revoke_api_key("x")
    except GraphQLClientGraphQLMultiError as refused:
        return (refused.errors[0].extensions or {})["code"]
    return None


async def watch(client: Client) -> int | None:
    """The first event of a subscription."""
    async for event in client.watch_tokens():
        return event.token_balance_changed.available
    return None


asyncio.run(main(*sys.argv[1:]))
