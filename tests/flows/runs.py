"""An account with tokens, its agents, and their runs through the product's own functions."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from chenu.accounts.actor import AccountId, Actor, ActorKind, ApiScope
from chenu.agents.access import give_access
from chenu.agents.executions import ExecutionRow
from chenu.agents.model import AgentId, AgentKind, ExecutionId, GrantSource
from chenu.core import db
from chenu.core.clock import CLOCK
from chenu.core.ids import new_id
from chenu.flows.executions.authorize import authorize_execution
from chenu.flows.executions.finish import cancel_execution, complete_execution
from chenu.flows.executions.requests import AuthorizeInput, CancelInput, CompleteInput
from chenu.flows.services import Services
from chenu.ledger.amounts import Tokens
from chenu.tiers.catalogue import AgentLevel, TierCode
from chenu.tokens.grants import GrantKind, NewGrant, grant_tokens
from chenu.tokens.wallet import get_wallet
from tests.agents.shelf import open_shop, shelve
from tests.people import Person, make_person


@dataclass(frozen=True)
class Bench:
    """Somebody with tokens and an agent of their plan, of which a run takes 5 tokens or more."""

    services: Services
    person: Person
    agent_id: AgentId
    foreign_id: AgentId

    @property
    def actor(self) -> Actor:
        return self.person.actor

    @property
    def account_id(self) -> AccountId:
        return self.actor.require_account(ApiScope.EXECUTIONS)

    @property
    def app(self) -> Actor:
        """The CHE·NU apps, acting for the account."""
        scopes = frozenset({ApiScope.READ, ApiScope.EXECUTIONS})
        return Actor(
            ActorKind.SERVICE_KEY,
            account_id=self.account_id,
            tier=self.actor.tier,
            scopes=scopes,
        )

    async def authorize(
        self, most: int = 100, key: str = "", by: Actor | None = None, **changes: Any
    ) -> ExecutionRow:
        values: dict[str, Any] = {"agent_id": self.agent_id, "max_tokens": most} | changes
        key = key or new_id().hex
        return await authorize_execution(
            self.services, by or self.actor, AuthorizeInput(**values), key
        )

    async def complete(
        self,
        run_id: ExecutionId,
        used: int = 20,
        key: str = "",
        by: Actor | None = None,
        **changes: Any,
    ) -> ExecutionRow:
        request = CompleteInput(run_id, used, **changes)
        return await complete_execution(
            self.services, by or self.actor, request, key or new_id().hex
        )

    async def cancel(
        self, run_id: ExecutionId, key: str = "", by: Actor | None = None
    ) -> ExecutionRow:
        return await cancel_execution(
            self.services, by or self.actor, CancelInput(run_id), key or new_id().hex
        )

    async def give(self, amount: int) -> None:
        await give_tokens(self.account_id, amount)

    async def balance(self) -> tuple[int | None, int]:
        """What is available, and what is held."""
        wallet = await get_wallet(self.account_id)
        return wallet.available, wallet.held


async def give_tokens(account_id: AccountId, amount: int) -> None:
    new = NewGrant(
        account_id, GrantKind.ADJUSTMENT, Tokens(amount), f"test:{new_id()}", "For tests"
    )
    await db.run_in_transaction(lambda: grant_tokens(new))


async def set_up(
    services: Services,
    *,
    tokens: int = 1000,
    tier: TierCode = TierCode.STARTER,
    person: Person | None = None,
) -> Bench:
    """`foreign_id` is a marketplace agent for 9 euros that nobody has bought."""
    person = person or await make_person("zoe", tier)
    shop = await open_shop()
    platform = await shelve(
        shop, "Planner", level=AgentLevel.L0, kind=AgentKind.PLATFORM, platform_rank=1, creator=None
    )
    await db.execute(
        """UPDATE agent_version SET manifest = manifest || '{"minTokens": 5}' WHERE agent = $1""",
        platform,
    )
    foreign = await shelve(shop, "Trieur", price=900)
    await db.execute("UPDATE creator SET payouts_ready = true")
    bench = Bench(services, person, platform, foreign)
    if tokens:
        await bench.give(tokens)
    return bench


async def give_agent(bench: Bench) -> None:
    """The account gets the marketplace agent."""
    await db.run_in_transaction(
        lambda: give_access(bench.account_id, bench.foreign_id, GrantSource.GIFT, None)
    )


def move_clock(by: timedelta) -> None:
    """Business time goes on at once."""
    CLOCK.move_to_offset(CLOCK.offset + by)
