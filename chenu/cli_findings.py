"""How commands print what an invariant's check found."""

import click

from chenu.ledger.invariants import Finding


def show_finding(finding: Finding) -> None:
    verdict = "ok      " if finding.ok else "VIOLATED"
    click.echo(f"{verdict}  {finding.name:<4} {finding.description}")
    for sample in finding.samples:
        click.echo(f"                {sample}")
