"""What the worker does about what is stored: old rows go, and months have their place in time."""

from datetime import datetime, timedelta

from chenu.core.month_partitions import add_partitions
from chenu.core.recurrence import Every, Monthly
from chenu.flows.services import Services
from chenu.jobs.purge import purge_all
from chenu.jobs.recurring import Recurring


async def _purge(services: Services, due_at: datetime) -> None:
    await purge_all()


async def _add_months(services: Services, due_at: datetime) -> None:
    await add_partitions()


STORAGE_TASKS = (
    Recurring("purge", Every(timedelta(hours=1)), _purge, rests=True),
    Recurring("add_months", Monthly(day=1, hour=6), _add_months),
)
