"""What the worker does for webhooks, time and again."""

from datetime import datetime, timedelta

from chenu.core.recurrence import Every
from chenu.flows.services import Services
from chenu.flows.webhooks.deliver import deliver_due
from chenu.jobs.recurring import Recurring


async def _send_webhooks(services: Services, due_at: datetime) -> None:
    await deliver_due(services)


WEBHOOK_TASKS = (Recurring("send_webhooks", Every(timedelta(seconds=5)), _send_webhooks),)
