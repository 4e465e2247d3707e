"""What the demo's people had agents do: runs that the CHE·NU apps report, day after day."""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from chenu.accounts.actor import Actor, ActorKind, ApiScope
from chenu.agents.queries import find_agent_by_slug
from chenu.agents.rows import AgentRow
from chenu.demo.seed import act_as
from chenu.flows.executions.authorize import authorize_execution
from chenu.flows.executions.finish import complete_execution
from chenu.flows.executions.requests import AuthorizeInput, CompleteInput
from chenu.flows.services import Services
from chenu.tokens.errors import InsufficientTokens
from chenu.tokens.limits import TokenLimitReached

_MOST_TOKENS = 400
_FAILS_EVERY = 23
_MINUTES = (None, None, 12.0, None, 35.0)
"""What runs report of themselves; None: what the agent claims counts."""


class Runs(msgspec.Struct, frozen=True):
    """A person's runs of one day, an agent after the other."""

    role: str
    slugs: Sequence[str]


class WorkDay(msgspec.Struct, frozen=True):
    """`number` makes days differ. Whoever has no tokens left has no more runs that day."""

    number: int
    people: Sequence[Runs]

    def __str__(self) -> str:
        return ", ".join(f"{len(each.slugs)} runs of {each.role}" for each in self.people)

    async def __call__(self, services: Services) -> None:
        for each in self.people:
            app = _as_app(await act_as(each.role))
            for place, slug in enumerate(each.slugs):
                try:
                    await self._run(services, app, slug, place)
                except TokenLimitReached:
                    continue
                except InsufficientTokens:
                    break

    async def _run(self, services: Services, app: Actor, slug: str, place: int) -> None:
        chance, key = self.number * 7 + place * 5, f"history-{self.number}-{place}"
        request = AuthorizeInput((await get_agent(slug)).id, _MOST_TOKENS)
        run = await authorize_execution(services, app, request, key)
        report = CompleteInput(
            run.id,
            tokens_used=30 + chance * 13 % 45,
            succeeded=chance % _FAILS_EVERY != 0,
            minutes_saved=_MINUTES[chance % len(_MINUTES)],
        )
        await complete_execution(services, app, report, f"{key}-end")


def _as_app(person: Actor) -> Actor:
    """A service key that acts for the person's account; the demo makes keys when it starts."""
    return replace(
        person,
        kind=ActorKind.SERVICE_KEY,
        user_id=None,
        account_role=None,
        session_id=None,
        scopes=frozenset({ApiScope.READ, ApiScope.EXECUTIONS}),
    )


async def get_agent(slug: str) -> AgentRow:
    agent = await find_agent_by_slug(slug)
    if agent is None:
        raise RuntimeError(f"there is no agent {slug}")
    return agent
