"""What the worker removes of pictures that nobody shows any more."""

from datetime import datetime, timedelta

from chenu.core.recurrence import Every
from chenu.flows.agent_pictures import remove_pictures
from chenu.flows.branding.edit import remove_brand_pictures
from chenu.flows.services import Services
from chenu.jobs.recurring import Recurring


async def _remove_pictures(services: Services, due_at: datetime) -> None:
    await remove_pictures(services)


async def _remove_brand_pictures(services: Services, due_at: datetime) -> None:
    await remove_brand_pictures(services)


_HOURLY = Every(timedelta(hours=1))

PICTURE_TASKS = (
    Recurring("remove_pictures", _HOURLY, _remove_pictures, rests=True),
    Recurring("remove_brand_pictures", _HOURLY, _remove_brand_pictures, rests=True),
)
