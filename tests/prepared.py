"""Markets that are built once per process and restored for each test that needs one.

A test gets copies of the rows under new ids, so that nothing which earlier tests left in a cache or
in the sandbox belongs to them. Accounts at Stripe are shared; a market whose account was changed or
closed meanwhile is built again.
"""

import dataclasses
import re
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

import httpx
import msgspec

from chenu.core.ids import new_id
from chenu.flows.services import Services
from chenu.settings import SANDBOX_KEY
from tests.database import OwnedDatabase

Result = TypeVar("Result")

_MAX_AGE_SECONDS = 180.0
"""Less than the time for which a sign-in counts as fresh."""
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DRAWN_NAME = re.compile(r"(?<=\bn)[0-9a-f]{10}(?=[bc]@)")
"""Random names, by which email addresses differ at Stripe; replaced like ids."""
_ACCOUNT = re.compile(r"acct_\w+")


@dataclass(frozen=True)
class _Stored:
    """The result of one build: rows as JSON, Stripe's accounts as it described them, the return
    value.
    """

    rows: str
    accounts: dict[str, str]
    result: Any
    made_at: float


@dataclass
class PreparedMarkets:
    """The markets built in this process over an empty database, by kind."""

    database: OwnedDatabase
    database_url: str
    stripe: httpx.AsyncClient
    stored: dict[Hashable, _Stored] = field(default_factory=dict)

    async def get(self, key: Hashable, build: Callable[[], Awaitable[Result]]) -> Result:
        """Restored if possible; built if the test has inserted rows already."""
        if not await self.database.is_empty():
            return await build()
        stored = self.stored.get(key)
        if stored is not None and await self._is_current(stored):
            restored: Result = await self._restore(stored)
            return restored
        made_at = time.monotonic()
        result = await build()
        rows = await self.database.dump()
        accounts = {id_: await self._describe(id_) for id_ in set(_ACCOUNT.findall(rows))}
        self.stored[key] = _Stored(rows, accounts, result, made_at)
        return result

    async def _is_current(self, stored: _Stored) -> bool:
        if time.monotonic() - stored.made_at > _MAX_AGE_SECONDS:
            return False
        return all([await self._describe(id_) == known for id_, known in stored.accounts.items()])

    async def _describe(self, account_id: str) -> str:
        """Stripe's state of the market's accounts, and the balance that earlier sales may have
        left.
        """
        include = {"include[0]": "configuration.recipient", "include[1]": "requirements"}
        account = await self.stripe.get(f"/v2/core/accounts/{account_id}", params=include)
        balance = await self.stripe.get("/v1/balance", headers={"stripe-account": account_id})
        return account.text + balance.text

    async def _restore(self, stored: _Stored) -> Any:
        old = sorted(set(_UUID.findall(stored.rows)))
        ids = dict(zip(old, sorted(str(new_id()) for _ in old), strict=True))
        ids |= {name: new_id().hex[-10:] for name in set(_DRAWN_NAME.findall(stored.rows))}
        await self.database.load(_replace_ids(stored.rows, ids))
        return _with_ids(stored.result, ids)


def _replace_ids(text: str, ids: dict[str, str]) -> str:
    """In columns of type uuid, in texts and Stripe ids, and in the bytes of queued jobs."""
    spellings = ids | {_bare(old): _bare(new) for old, new in ids.items()}
    spellings |= {_as_bytes(old): _as_bytes(new) for old, new in spellings.items()}
    pattern = re.compile("|".join(spellings))
    return pattern.sub(lambda found: spellings[found[0]], text)


def _bare(uuid: str) -> str:
    return uuid.replace("-", "")


def _as_bytes(text: str) -> str:
    """As PostgreSQL writes bytea."""
    return text.encode().hex()


def _with_ids(value: Any, ids: dict[str, str]) -> Any:
    """A copy of a builder's return value with the new ids."""
    if isinstance(value, UUID):
        return UUID(ids.get(str(value), str(value)))
    if type(value) is str:  # members of enums stay the same
        return _replace_ids(value, ids)
    if isinstance(value, tuple | list):
        return type(value)(_with_ids(each, ids) for each in value)
    if isinstance(value, msgspec.Struct):
        changed = {name: _with_ids(getattr(value, name), ids) for name in value.__struct_fields__}
        return msgspec.structs.replace(value, **changed)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [each.name for each in dataclasses.fields(value) if each.init]
        return dataclasses.replace(
            value, **{name: _with_ids(getattr(value, name), ids) for name in fields}
        )
    return value


_MARKETS: list[PreparedMarkets] = []
"""Those of this process, while its engines run."""


def open_markets(database: OwnedDatabase, services: Services) -> PreparedMarkets:
    base = services.settings.stripe.api_base
    assert base is not None
    headers = {"authorization": f"Bearer {SANDBOX_KEY}"}
    stripe = httpx.AsyncClient(base_url=base, headers=headers, timeout=10)
    markets = PreparedMarkets(database, services.settings.database_url, stripe)
    _MARKETS.append(markets)
    return markets


async def close_markets(markets: PreparedMarkets) -> None:
    _MARKETS.remove(markets)
    await markets.stripe.aclose()


async def prepare(
    services: Services, key: Hashable, build: Callable[[], Awaitable[Result]]
) -> Result:
    """The result of `build`, restored.

    Services over another database than the shared one build it.
    """
    for markets in _MARKETS:
        if markets.database_url == services.settings.database_url:
            return await markets.get(key, build)
    return await build()
