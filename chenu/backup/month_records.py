"""What the file of a month must say, as `archived_month` has it: requests cannot write it."""

import msgspec

from chenu.backup.errors import BackupError
from chenu.backup.month_file import MonthManifest
from chenu.core.archived_months import ArchivedMonth, record_archived
from chenu.core.months import read_month


async def record_file(manifest: MonthManifest) -> None:
    """In the transaction in which the month leaves."""
    said = ArchivedMonth(
        manifest.table,
        read_month(manifest.month).first_day,
        manifest.rows,
        msgspec.json.encode(manifest.sums).decode(),
        bytes.fromhex(manifest.sha256),
    )
    await record_archived(said, manifest.made_at)


def require_same(archived: ArchivedMonth, manifest: MonthManifest) -> None:
    """Raises BackupError for a file that is not the one that was made, however well it looks."""
    found = (manifest.rows, manifest.sums, manifest.sha256)
    if found != (archived.rows, msgspec.json.decode(archived.sums), archived.hash.hex()):
        raise BackupError(
            "this is not the file that was made of {month} of {table}: its rows are others",
            month=manifest.month,
            table=manifest.table,
        )
