"""What ends by itself of what staff began."""

from datetime import datetime, timedelta

from chenu.accounts.impersonation import end_overdue_impersonations
from chenu.core.recurrence import Every
from chenu.flows.overdue_refunds import expire_refunds
from chenu.flows.services import Services
from chenu.jobs.recurring import Recurring


async def _expire_refunds(services: Services, due_at: datetime) -> None:
    await expire_refunds()


async def _end_impersonations(services: Services, due_at: datetime) -> None:
    await end_overdue_impersonations()


STAFF_TASKS = (
    Recurring("expire_refunds", Every(timedelta(minutes=15)), _expire_refunds),
    Recurring("end_impersonations", Every(timedelta(minutes=5)), _end_impersonations, rests=True),
)
