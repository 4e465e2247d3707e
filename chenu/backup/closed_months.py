"""When a month of the books may leave for a file."""

from datetime import datetime

from chenu.backup.errors import BackupError
from chenu.core.clock import business_now
from chenu.core.months import Month
from chenu.ledger.archives import STAYS, is_closed


async def require_closed(name: str, month: Month, last_id: int, newest: datetime | None) -> None:
    """`newest` is the business time of its last row, None if there is none; `last_id` of the
    ledger's entries is the month's.

    Raises BackupError.
    """
    if newest is None:
        raise BackupError("there is no month {name}", name=name)
    if max(newest, month.end) > business_now() - STAYS:
        raise BackupError(
            "{name} is too young: a month is archived {days} days after its end",
            name=name,
            days=STAYS.days,
        )
    if not await is_closed(last_id):
        raise BackupError("{name} is not sealed to its end: a worker seals it", name=name)
