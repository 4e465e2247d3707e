"""What `chenu backup` and `chenu restore` do and say."""

from pathlib import Path

import click

from chenu.backup.archive import is_encrypted
from chenu.backup.make import make_backup, remove_older
from chenu.backup.restore import Restored, restore_backup
from chenu.cli_findings import show_finding
from chenu.core.logs import configure_logs
from chenu.settings import Settings

_MEGABYTE = 1_000_000


async def show_backup(
    settings: Settings, target: Path, keep: int | None, *, pictures: bool
) -> None:
    """Raises BackupError, Unavailable."""
    configure_logs(settings.log_level)
    made = await make_backup(settings, target, pictures=pictures)
    manifest = made.manifest
    size = made.path.stat().st_size / _MEGABYTE
    kind = "encrypted" if made.is_encrypted else "NOT encrypted: CHENU_BACKUP_KEY is not set"
    click.echo(f"backup    {made.path} ({size:.1f} MB, {kind})")
    click.echo(f"state of  {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC, schema {manifest.schema}")
    click.echo(f"database  {len(manifest.tables)} tables, {manifest.rows:,} rows")
    click.echo(f"pictures  {_count_pictures(manifest.pictures, manifest.missing_pictures)}")
    if keep is not None:
        for path in remove_older(target, keep):
            click.echo(f"removed   {path}")


def _count_pictures(count: int | None, missing: list[str]) -> str:
    if count is None:
        return "left out"
    lost = f", {len(missing)} of them without files: {missing[0]} …" if missing else ""
    return f"{count}{lost}"


async def show_restore(settings: Settings, path: Path) -> int:
    """The exit status: 1 when something is not as it was. Raises BackupError, Unavailable."""
    configure_logs(settings.log_level)
    restored = await restore_backup(settings, path)
    kind = "encrypted" if is_encrypted(path) else "not encrypted"
    click.echo(f"backup    {path}, {kind}")
    _show(restored)
    for finding in restored.findings:
        show_finding(finding)
    click.echo("next      `chenu reconcile`, before web and worker start: docs/operations.md")
    return 0 if restored.ok else 1


def _show(restored: Restored) -> None:
    manifest = restored.manifest
    click.echo(f"state of  {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC, version {manifest.version}")
    counted = (
        f"NOT as many rows as in the backup: {', '.join(restored.differing)}"
        if restored.differing
        else "as many rows as in the backup"
    )
    click.echo(f"database  {len(manifest.tables)} tables, {manifest.rows:,} rows: {counted}")
    click.echo(f"schema    {manifest.schema}; {len(restored.migrated)} migrations applied since")
    click.echo(f"pictures  {_count_pictures(manifest.pictures, manifest.missing_pictures)}")
    click.echo(f"sessions  {restored.ended_sessions} ended: everybody signs in anew")
