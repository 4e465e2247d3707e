"""`chenu graphql`: what the API does with a document."""

from typing import TextIO

import click

from chenu.cli_running import fail
from chenu.core.errors import BadInput


@click.group()
def graphql() -> None:
    """What the API does with a document."""


@graphql.command()
@click.argument("file", type=click.File())
def explain(file: TextIO) -> None:
    """The Python that the queries in FILE are compiled to; - reads standard input."""
    from chenu_graphql.explaining import explain as explain_document

    try:
        click.echo(explain_document(file.read()))
    except BadInput as refused:
        fail(str(refused))
