"""`chenu archive`: months of split tables in files."""

from pathlib import Path

import click

from chenu.cli_running import load_settings, run

_FILE = click.Path(path_type=Path)


@click.group("archive")
def archive() -> None:
    """Old months of tables that are split by month: into files, and back."""


@archive.command("list")
def archive_list() -> None:
    """Each month and where it is; status 1 if one is in no place that anything reads."""
    from chenu.cli_archive import show_months

    run(show_months(load_settings()))


@archive.command("detach")
@click.argument("table")
@click.argument("month", metavar="YYYY-MM")
@click.argument("file", type=_FILE)
def archive_detach(table: str, month: str, file: Path) -> None:
    """A month that nothing reads any more, into a new file; CHENU_BACKUP_KEY encrypts.

    TABLE is api_usage; stripe_event; affiliate_click, whose visitors are not in the file; ledger
    for both of its tables, of which money stays; or token_entry, of which all stays but spends.
    """
    from chenu.cli_archive import detach

    run(detach(load_settings(), table, month, file))


@archive.command("verify")
@click.argument("file", type=_FILE)
def archive_verify(file: Path) -> None:
    """Whether the file is the month that was archived, unchanged; status 1 if not."""
    from chenu.cli_archive import verify

    run(verify(load_settings(), file))


@archive.command("rows")
@click.argument("file", type=_FILE)
@click.argument("target", type=_FILE)
def archive_rows(file: Path, target: Path) -> None:
    """The rows of the file into a new text file, as PostgreSQL's COPY writes them.

    Without the database; only `verify` says whether the file is the one that was made.
    """
    from chenu.cli_archive import unpack

    run(unpack(load_settings(), file, target))


@archive.command("restore")
@click.argument("file", type=_FILE)
def archive_restore(file: Path) -> None:
    """The month of the file back into its table, without people who were deleted since."""
    from chenu.cli_archive import restore

    run(restore(load_settings(), file))
