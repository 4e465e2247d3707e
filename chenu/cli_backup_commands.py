"""`chenu backup` and `chenu restore`."""

from pathlib import Path

import click

from chenu.cli_running import load_settings, run


@click.command("backup")
@click.argument("target", type=click.Path(path_type=Path), metavar="FILE|FOLDER")
@click.option("--keep", type=click.IntRange(1), help="a folder keeps only so many")
@click.option("--without-pictures", is_flag=True, help="their storage has backups of its own")
def backup(target: Path, keep: int | None, without_pictures: bool) -> None:
    """Database and pictures into a new file, while everything runs; CHENU_BACKUP_KEY encrypts."""
    from chenu.cli_backup import show_backup

    if keep is not None and not target.is_dir():
        raise click.UsageError("--keep is for a folder")
    run(show_backup(load_settings(), target, keep, pictures=not without_pictures))


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
def restore(file: Path) -> None:
    """A backup into the empty database of DATABASE_URL; status 1 if something is not as it was."""
    from chenu.cli_backup import show_restore

    run(show_restore(load_settings(), file))
