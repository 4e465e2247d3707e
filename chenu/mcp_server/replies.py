"""The shapes of the API's JSON around what the tools return."""

from typing import Generic, TypeVar

from chenu.mcp_server.answers import (
    Access,
    AgentDetails,
    AgentSummary,
    Answer,
    Balances,
    Execution,
    Grant,
    Page,
    Refusal,
    Wallet,
)

T = TypeVar("T")


class _PageInfo(Answer):
    has_next_page: bool
    end_cursor: str | None


class _Edge(Answer, Generic[T]):
    node: T


class Connection(Answer, Generic[T]):
    total_count: int | None
    page_info: _PageInfo
    edges: list[_Edge[T]]

    def to_page(self) -> Page[T]:
        after = self.page_info.end_cursor if self.page_info.has_next_page else None
        items = [edge.node for edge in self.edges]
        return Page[T](items=items, total_count=self.total_count, next_page=after)


class _Acting(Answer, Generic[T]):
    account: T


class Viewed(Answer, Generic[T]):
    """`viewer` null: a key that acts for no person."""

    viewer: _Acting[T] | None


class Found(Answer):
    agents: Connection[AgentSummary]


class OneAgent(Answer):
    agent: AgentDetails | None


class Shelf(Answer):
    library: Connection[Grant]


class Runs(Answer):
    executions: Connection[Execution]


class _Likely(Answer):
    id: str
    success_rate: float | None
    median_tokens: int | None
    viewer_access: Access


class _Spendable(Answer):
    available: int | None


class _Purse(Answer):
    tokens: _Spendable


class Likely(Viewed[_Purse]):
    agent: _Likely | None


class _Changed(Answer):
    execution: Execution | None
    wallet: Wallet | None
    user_errors: list[Refusal]


class Change(Answer):
    result: _Changed


BalancesReply = Viewed[Balances]
LibraryReply = Viewed[Shelf]
ExecutionsReply = Viewed[Runs]
