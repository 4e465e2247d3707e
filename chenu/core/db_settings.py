"""What each session of the database has set, and how a pooler sets it in those that it shares.

Under transaction pooling each transaction may run in another session, so that nothing of ours may
rest on one: `connect_query` is what the pooler runs in each of its own. docs/scaling.md.

No session is of a replica, so that nobody reads there what another server has had since. A primary
becomes a replica by a restart alone, which ends its sessions. docs/decisions/0108.
"""

from typing import Any

import asyncpg

from chenu.core.errors import Unavailable

APP_ROLE = "chenu_app"
"""The database role of requests, which may not UPDATE or DELETE ledger rows. See docs/money.md."""

_COMMON = {
    "timezone": "UTC",
    # Two letters that changed places spoil four trigrams: "facutres" is 0.38 like "factures".
    "pg_trgm.word_similarity_threshold": "0.3",
}
_IMPATIENT = {
    "lock_timeout": "10s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "1min",
}
_COMMAND_SECONDS = 30
_END_ON_REPLICA = "SELECT pg_terminate_backend(pg_backend_pid()) WHERE pg_is_in_recovery()"
"""Before the role is set, which may not end sessions of the connection's user."""
_OF_THE_POOLER = {"chenu.ends_on_replica": "on"}
"""Says that `connect_query` has looked for it."""
PRIMARY = {"target_session_attrs": "primary"}
"""Option of the driver: a connection to a replica fails."""
_PATIENT = dict.fromkeys(_IMPATIENT, "0")


def session_settings(role: str | None, *, is_patient: bool = False) -> dict[str, str]:
    """Values as PostgreSQL shows them. role None: the URL's own role."""
    settings = {**(_PATIENT if is_patient else _IMPATIENT), **_COMMON}
    return settings if role is None else {**settings, "role": role}


def connect_query() -> str:
    """For `connect_query` of pgbouncer.ini. Extensions' settings are known once they are loaded, so
    that pg_trgm's comes with a look at its library.
    """
    settings = session_settings(APP_ROLE) | _OF_THE_POOLER
    sets = (f"SET {name} = '{value}'" for name, value in settings.items())
    return "; ".join((_END_ON_REPLICA, *sets))


def make_options(
    url: str, settings: dict[str, str], *, is_patient: bool, is_pooled: bool = False
) -> dict[str, Any]:
    """Of the driver's connections. A pooler has set all but what it knows of each client."""
    options: dict[str, Any] = {"command_timeout": None if is_patient else _COMMAND_SECONDS}
    if not is_pooled:
        return {**options, **PRIMARY, "dsn": url, "server_settings": settings}
    known = {"application_name": settings["application_name"]}
    # A named statement would be left in a session that others get: PgBouncer before 1.21.
    return {**options, "dsn": url, "server_settings": known, "statement_cache_size": 0}


async def require_session_settings(connection: Any, role: str | None) -> None:
    """Raises Unavailable, with what the pooler has to do, if its sessions are not set so."""
    settings = session_settings(role) | _OF_THE_POOLER
    sql = """
        SELECT name FROM unnest($1::text[], $2::text[]) AS wanted (name, value)
        WHERE current_setting(name, true) IS DISTINCT FROM value ORDER BY name
    """
    found: list[asyncpg.Record] = await connection.fetch(sql, [*settings], [*settings.values()])
    if found:
        raise Unavailable(
            "DATABASE_URL: sessions of the pooler lack {names}; its connect_query has to be: "
            "{query}",
            names=", ".join(record["name"] for record in found),
            query=connect_query(),
        )
