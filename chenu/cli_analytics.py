"""`chenu analytics rebuild`: movements of MRR and their sums against the history they are from."""

import click

from chenu.analytics.rebuild import Comparison, compare_revenue, rebuild_revenue
from chenu.flows.composition import open_services
from chenu.settings import Settings


async def rebuild(settings: Settings, *, write: bool) -> int:
    """The exit status: 1 when something differs and is not replaced."""
    async with open_services(settings, "chenu-analytics"):
        found = await (rebuild_revenue() if write else compare_revenue())
        _report(found)
        if found.agrees or not write:
            return 0 if found.agrees else 1
        after = await compare_revenue()
    click.echo("replaced: all of it follows from the history now" if after.agrees else "failed")
    return 0 if after.agrees else 1


def _report(found: Comparison) -> None:
    if found.agrees:
        click.echo(f"{found.movements} movements and their sums follow from the history")
        return
    click.echo(f"{found.differences} differences:")
    for line in found.named:
        click.echo(f"  {line}")
    if found.differences > len(found.named):
        click.echo(f"  and {found.differences - len(found.named)} more")
