"""The day on which the store opens in the demo's history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from chenu.accounts.users import find_user_by_email
from chenu.core.clock import business_now
from chenu.demo.acts import Subscribe
from chenu.demo.catalogue import Creator
from chenu.demo.people import DemoPerson
from chenu.demo.seed import insert_people, open_store
from chenu.flows.services import Services


@dataclass(frozen=True, slots=True)
class OpenStore:
    """The people are there, the creators pay for their plans, and the catalogue is on sale.

    `founders` are on a plan before the store opens, so that they may sell in it. `left`: from
    there to the end of the history.
    """

    people: Sequence[DemoPerson]
    creators: tuple[Creator, ...]
    founders: Sequence[Subscribe]
    left: timedelta

    async def __call__(self, services: Services) -> None:
        today = business_now() + self.left
        await insert_people([each for each in self.people if not await _is_there(each)])
        for founder in self.founders:
            await founder(services)
        await open_store(services, self.creators, today)

    def __str__(self) -> str:
        return f"{len(self.people)} people, and a store of {len(self.creators)} creators"


async def _is_there(person: DemoPerson) -> bool:
    return await find_user_by_email(person.email) is not None
