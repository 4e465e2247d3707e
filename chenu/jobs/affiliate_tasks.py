"""What the worker does for affiliates, time and again."""

from datetime import datetime, timedelta

from chenu.affiliates.click_keys import replace_click_key
from chenu.affiliates.commissions import mature
from chenu.core.clock import business_now
from chenu.core.recurrence import Every
from chenu.flows.services import Services
from chenu.jobs.recurring import Recurring


async def _replace_click_key(services: Services, due_at: datetime) -> None:
    await replace_click_key()


async def _mature_commissions(services: Services, due_at: datetime) -> None:
    await mature(business_now())


AFFILIATE_TASKS = (
    Recurring("mature_commissions", Every(timedelta(minutes=1)), _mature_commissions),
    Recurring("replace_click_key", Every(timedelta(hours=1)), _replace_click_key, rests=True),
)
