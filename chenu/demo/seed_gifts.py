"""Grants among the creators' accounts, so that the store's install counts are real."""

from dataclasses import dataclass
from uuid import UUID

from chenu.agents.model import GrantSource
from chenu.agents.tables import AccessGrant
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.demo.people import PEOPLE

_PRIME = 7


@dataclass(frozen=True, slots=True)
class _Sold:
    id: UUID
    account: UUID


@dataclass(frozen=True, slots=True)
class _Id:
    id: UUID


async def give_gifts() -> None:
    """Grants of the kind GIFT among the creators' accounts, counted as installs.

    The people that the demo prints get none, so that they can still buy everything.
    """
    sql = "SELECT id, account FROM agent WHERE kind = 'MARKETPLACE' ORDER BY slug"
    agents = await db.fetch_all(_Sold, sql)
    accounts = await _givable_accounts()
    grants = [
        AccessGrant(
            id=new_id(),
            account=account,
            agent=agent.id,
            source=GrantSource.GIFT.value,
            starts_at=business_now(),
        )
        for number, agent in enumerate(agents)
        for turn, account in enumerate(accounts)
        if account != agent.account and (turn * _PRIME) % len(accounts) < _popularity(number)
    ]
    await AccessGrant.insert(*grants)
    await db.execute(
        """
        UPDATE agent SET installs = g.installs
        FROM (SELECT agent, count(DISTINCT account) AS installs FROM access_grant GROUP BY agent) g
        WHERE agent.id = g.agent
        """
    )


async def _givable_accounts() -> list[UUID]:
    printed = [person.email for person in PEOPLE]
    sql = """
        SELECT c.account AS id FROM creator c JOIN app_user u ON u.id = c.owner
        WHERE u.email <> ALL($1) ORDER BY c.handle
    """
    return [row.id for row in await db.fetch_all(_Id, sql, printed)]


def _popularity(number: int) -> int:
    """From no accounts to nearly all, the same in every demo."""
    return (number * number + 3 * number) % 11
