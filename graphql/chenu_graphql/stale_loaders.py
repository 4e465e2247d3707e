"""Loaders of what may be old: the public rows of the catalogue, and figures.

They are others than those of `Loaders`, because all keys that are asked for together are read by
one statement: what decides about money or rights must not be among those read from a replica.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import date
from functools import cached_property
from typing import NamedTuple, TypeVar

from chenu.accounts.actor import AccountId, UserId
from chenu.accounts.users import User, list_users
from chenu.agents.buyer_reviews import ReviewRow, list_reviews_by_id
from chenu.agents.model import AgentId, CreatorId, ReviewId, VersionId
from chenu.agents.queries import list_agents_by_id, list_creators
from chenu.agents.ratings import Rating, list_ratings
from chenu.agents.rows import AgentRow, CreatorRow
from chenu.agents.run_summaries import RunSummary, list_run_summaries
from chenu.agents.version_heads import VersionHead, list_version_heads, list_version_heads_by_id
from chenu.core.staleness import ReadKind
from chenu.flows.roi.reports import get_roi_report
from chenu.roi.periods import RoiPeriod
from chenu.roi.report import RoiReport
from chenu_graphql.batching import Loader, one_each
from chenu_graphql.stale_reads import StaleReads

AllStates = bool
"""True for versions in any state, for their creator and reviewers; False for published ones."""

Asked = TypeVar("Asked")
Found = TypeVar("Found")


class RoiKey(NamedTuple):
    """A report: its account, and a day of its period."""

    account_id: AccountId
    period: RoiPeriod
    on: date


class StaleLoaders:
    """Without `reads` they read the primary, as all loaders do."""

    def __init__(self, reads: StaleReads | None = None) -> None:
        self._reads = reads

    def _read(
        self, fetch: Callable[[Asked], Awaitable[Found]], kind: ReadKind = ReadKind.API
    ) -> Callable[[Asked], Awaitable[Found]]:
        reads = self._reads
        return fetch if reads is None else lambda asked: reads.run(kind, fetch, asked)

    @cached_property
    def agents(self) -> Loader[AgentId, AgentRow | None]:
        return one_each(self._read(list_agents_by_id), lambda row: row.id)

    @cached_property
    def creators(self) -> Loader[CreatorId, CreatorRow | None]:
        return one_each(self._read(list_creators), lambda row: row.id)

    @cached_property
    def version_heads(self) -> Loader[VersionId, VersionHead | None]:
        return one_each(self._read(list_version_heads_by_id), lambda row: row.id)

    @cached_property
    def versions_of_agents(self) -> Loader[tuple[AgentId, AllStates], list[VersionHead]]:
        return Loader(self._read(_load_versions))

    @cached_property
    def run_summaries(self) -> Loader[AgentId, RunSummary | None]:
        return one_each(self._read(list_run_summaries), lambda row: row.agent_id)

    @cached_property
    def reviews(self) -> Loader[ReviewId, ReviewRow | None]:
        return one_each(self._read(list_reviews_by_id), lambda row: row.id)

    @cached_property
    def ratings(self) -> Loader[AgentId, Rating]:
        return Loader(self._read(list_ratings))

    @cached_property
    def users(self) -> Loader[UserId, User | None]:
        return one_each(self._read(list_users), lambda row: row.id)

    @cached_property
    def roi_reports(self) -> Loader[RoiKey, RoiReport]:
        """The same one is made once, however often a document asks for it."""
        return Loader(self._read(_make_reports, ReadKind.FIGURES))


async def _load_versions(keys: list[tuple[AgentId, AllStates]]) -> list[list[VersionHead]]:
    """At most two statements: for callers who see every state, and for the others."""
    found: dict[tuple[AgentId, AllStates], list[VersionHead]] = defaultdict(list)
    for all_states in {states for _, states in keys}:
        agent_ids = [agent_id for agent_id, states in keys if states is all_states]
        for row in await list_version_heads(agent_ids, all_states=all_states):
            found[row.agent_id, all_states].append(row)
    return [found[key] for key in keys]


async def _make_reports(keys: list[RoiKey]) -> list[RoiReport]:
    return [await get_roi_report(*key) for key in keys]
