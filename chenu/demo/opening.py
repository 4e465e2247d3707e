"""The day on which the store opens in the demo's history."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from chenu.accounts.users import find_user_by_email
from chenu.core.clock import business_now
from chenu.demo.catalogue import Creator
from chenu.demo.people import DemoPerson
from chenu.demo.seed import insert_people, open_store
from chenu.flows.services import Services


class Arrive(msgspec.Struct, frozen=True):
    """People sign up, except those who are there already."""

    people: Sequence[DemoPerson]

    async def __call__(self, services: Services) -> None:
        await insert_people([each for each in self.people if not await _is_there(each)])

    def __str__(self) -> str:
        return f"{len(self.people)} people"


class OpenStore(msgspec.Struct, frozen=True):
    """The catalogue is on sale: its creators can be paid, and are on a plan already.

    `left`: from there to the end of the history.
    """

    creators: tuple[Creator, ...]
    left: timedelta

    async def __call__(self, services: Services) -> None:
        await open_store(services, self.creators, business_now() + self.left)

    def __str__(self) -> str:
        return f"a store of {len(self.creators)} creators"


async def _is_there(person: DemoPerson) -> bool:
    return await find_user_by_email(person.email) is not None
