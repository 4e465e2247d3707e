"""Liveness and readiness, as a load balancer sees them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from chenu.app import create_app
from chenu.core import db
from chenu.demo.processes import free_port
from chenu.flows.services import Services
from tests.conftest import with_settings


async def test_a_process_with_its_engines_is_ready(client: httpx.AsyncClient) -> None:
    answer = await client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"database": "ok", "cache": "ok"}


async def test_without_a_cache_it_is_ready_all_the_same(services: Services) -> None:
    away = with_settings(services, redis_url=f"redis://127.0.0.1:{free_port()}/0")
    async with over(away) as client:
        answer = await client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"database": "ok", "cache": "down"}


async def test_without_a_database_it_is_alive_and_not_ready(client: httpx.AsyncClient) -> None:
    async with no_database():
        alive, ready = await client.get("/healthz"), await client.get("/readyz")

    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    assert ready.status_code == 503
    assert ready.json()["cache"] == "ok"
    assert ready.json()["database"] != "ok"


async def test_behind_the_code_it_is_not_ready_and_says_what_to_run(
    client: httpx.AsyncClient, services: Services
) -> None:
    await db.execute("UPDATE migration SET app_name = app_name || '?'")
    try:
        answer = await client.get("/readyz")
    finally:
        await db.execute("UPDATE migration SET app_name = rtrim(app_name, '?')")

    assert answer.status_code == 503
    assert "chenu migrate" in answer.json()["database"]
    assert (await client.get("/readyz")).status_code == 200


async def test_health_is_for_programs_whatever_they_accept(client: httpx.AsyncClient) -> None:
    for path in ("/healthz", "/readyz"):
        answer = await client.get(path, headers={"accept": "text/html"})
        assert answer.headers["content-type"].startswith("application/json")


@asynccontextmanager
async def no_database() -> AsyncIterator[None]:
    """The pool is closed, as without PostgreSQL; restored afterwards for the other tests."""
    pool, db.ENGINE.pool = db.ENGINE.pool, None
    try:
        yield
    finally:
        db.ENGINE.pool = pool


@asynccontextmanager
async def over(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """The application over these services."""
    transport = httpx.ASGITransport(app=create_app(services))  # type: ignore[arg-type]
    base_url = services.settings.public_url
    async with httpx.AsyncClient(transport=transport, base_url=base_url) as http:
        yield http
