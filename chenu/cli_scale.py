"""`chenu scale plan`: how the tables would be distributed over several PostgreSQL nodes."""

import click

from chenu.flows.composition import open_services
from chenu.scaling.planning import make_plan
from chenu.scaling.report import as_json, as_text
from chenu.settings import Settings


async def plan(settings: Settings, *, is_json: bool) -> int:
    """The exit status: 1 when a table or a key has no answer."""
    async with open_services(settings, "chenu-scale"):
        made = await make_plan()
    click.echo(as_json(made) if is_json else as_text(made))
    return 0 if made.is_whole else 1
