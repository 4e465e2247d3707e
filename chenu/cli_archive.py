"""What `chenu archive` does and says."""

from pathlib import Path

import click

from chenu.backup.month_archive import archive, restore_month, verify_month, write_rows
from chenu.backup.month_file import MonthManifest
from chenu.backup.month_lists import list_months
from chenu.core.logs import configure_logs
from chenu.settings import Settings


async def show_months(settings: Settings) -> int:
    """The exit status: 1 if a month is detached without a file. Raises Unavailable."""
    configure_logs(settings.log_level)
    months = await list_months(settings)
    for month in months:
        rows = "" if month.rows is None else f"  {month.rows:,} rows"
        click.echo(f"{month.name:<24} {month.place}{rows}")
    return int(any(month.place.startswith("detached") for month in months))


async def detach(settings: Settings, table: str, month: str, file: Path) -> None:
    """Raises BackupError, Invalid, Unavailable."""
    configure_logs(settings.log_level)
    manifest = await archive(settings, table, month, file)
    click.echo(f"archived  {file}")
    _show(manifest)


async def verify(settings: Settings, file: Path) -> None:
    """Raises BackupError, Unavailable."""
    configure_logs(settings.log_level)
    _show(await verify_month(settings, file))
    click.echo("unchanged")


async def unpack(settings: Settings, file: Path, target: Path) -> None:
    """Raises BackupError."""
    manifest = write_rows(settings, file, target)
    click.echo(f"unpacked  {target}")
    _show(manifest)


async def restore(settings: Settings, file: Path) -> None:
    """Raises BackupError, Unavailable."""
    configure_logs(settings.log_level)
    manifest = await restore_month(settings, file)
    click.echo(f"restored  {file}")
    _show(manifest)


def _show(manifest: MonthManifest) -> None:
    sums = "".join(f", {name} {total:,}" for name, total in manifest.sums.items())
    click.echo(f"month     {manifest.month} of {manifest.table}: {manifest.rows:,} rows{sums}")
    click.echo(f"sha256    {manifest.sha256}")
