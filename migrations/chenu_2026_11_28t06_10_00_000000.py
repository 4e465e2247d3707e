"""Texts kept before there was one form: composed (NFC), and links to https and mailto only."""

import json
from pathlib import Path
from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from chenu.agents.markdown import render_markdown
from chenu.core import db

ID = "2026-11-28T06:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "texts in one form"

SQL = Path(__file__).parent / "sql"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chenu", description=DESCRIPTION)

    async def run() -> None:
        async with db.connection() as connection:
            await connection.execute((SQL / "one_form.sql").read_text())
            await _render_agents(connection)
            await _render_changes(connection)

    manager.add_raw(run)
    return manager


async def _render_agents(connection: Any) -> None:
    """Only links are rendered otherwise than before; composed letters are, too."""
    sql = "SELECT id, description, description_html FROM agent WHERE description_html <> ''"
    for row in await connection.fetch(sql):
        html = render_markdown(row["description"])
        if html != row["description_html"]:
            update = "UPDATE agent SET description_html = $2 WHERE id = $1"
            await connection.execute(update, row["id"], html)


async def _render_changes(connection: Any) -> None:
    sql = "SELECT id, fields::text AS fields FROM agent_change WHERE fields ? 'description'"
    for row in await connection.fetch(sql):
        fields = json.loads(row["fields"])
        fields["description_html"] = render_markdown(fields["description"])
        update = "UPDATE agent_change SET fields = $2::text::jsonb WHERE id = $1"
        await connection.execute(update, row["id"], json.dumps(fields))
