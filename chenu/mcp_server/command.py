"""`chenu mcp`. The SDK, which is an extra, is imported when it is run."""

import sys

import click


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="streamable HTTP; default: stdio")
@click.option("--host", default="127.0.0.1", show_default=True, help="with --port")
def mcp(port: int | None, host: str) -> None:
    """Tools for AI agents, over the API at CHENU_API_URL with the key in CHENU_API_KEY.

    With --port each request brings its own key as a bearer token. docs/operations.md
    """
    try:
        from chenu.mcp_server.server import run_server
    except ModuleNotFoundError as missing:
        needs = f"`pip install chenu[mcp]` brings what this needs ({missing.name} is missing)"
        click.echo(f"chenu: {needs}", err=True)
        sys.exit(1)
    sys.exit(run_server(host, port))
