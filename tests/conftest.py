"""Real engines for all tests that need them: PostgreSQL, Valkey and the Stripe sandbox over HTTP.

One set per pytest process; each process has its own database. Tests that use none of them are the
unit tests of `make check`.
"""

import asyncio
import gc
import os
import random
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import hypothesis
import pytest
import structlog
from argon2 import PasswordHasher
from msgspec.structs import replace
from playwright.async_api import Browser
from stripe import HTTPClient

from chenu.accounts import passwords
from chenu.app import create_app
from chenu.backup import encryption
from chenu.billing.ports import Gateway
from chenu.core.clock import CLOCK
from chenu.core.migrations import apply_migrations
from chenu.demo.engines import start_postgres, start_valkey
from chenu.demo.processes import Child, free_port
from chenu.flows.composition import make_services, open_services
from chenu.flows.services import Services
from chenu.http.server import spare_garbage_collection
from chenu.settings import SANDBOX_KEY, Settings, read_settings
from tests.chromium import open_chromium
from tests.database import OwnedDatabase, open_owned
from tests.demo.running import RunningDemo, start_demo
from tests.domains.resolvers import Records
from tests.months import make_room
from tests.prepared import close_markets, open_markets
from tests.recording import keep_events_of
from tests.scheduling import Scheduling
from tests.stripe_side import StripeSide, open_stripe_side

ROOT = Path(__file__).parents[1]
pytest_plugins = ("tests.log_levels", "tests.temporary_files")

# No test uses TLS. Each HTTP client would load the machine's certificates, which takes 50 ms.
os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = os.devnull

# The default draws tracebacks with all local variables: up to four seconds for one.
_RENDERER = structlog.dev.ConsoleRenderer(
    colors=False, exception_formatter=structlog.dev.plain_traceback
)
structlog.configure(processors=[*structlog.get_config()["processors"][:-1], _RENDERER])

# A busy machine is no bug: claims of time live in `bench/`.
hypothesis.settings.register_profile("chenu", deadline=None)
hypothesis.settings.load_profile("chenu")

# Drawn once by the process that starts the run: xdist's workers inherit it and collect alike.
SEED = os.environ.setdefault("CHENU_TEST_SEED", str(random.SystemRandom().randrange(10**6)))
PATIENCE_SECONDS = 30.0
"""A busy machine is no Valkey that is away."""
ENGINE_FIXTURES = {"engines", "services", "clean_database"}


def pytest_report_header() -> str:
    return f"seed: {SEED} (replay with CHENU_TEST_SEED={SEED})"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    return Scheduling(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Without garbage collections, which would find nothing in what is being imported.

    Afterwards as in the web process: what exists by then is exempt.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        spare_garbage_collection()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if ENGINE_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.engines)


@dataclass(frozen=True)
class Engines:
    """URLs of the running engines and the settings that use them."""

    postgres_url: str
    redis_url: str
    sandbox_url: str
    folder: Path
    settings: Settings
    env: dict[str, str]


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    folder = Path(tempfile.mkdtemp(prefix="chenu-tests-"))
    children: list[Child] = []
    try:
        postgres, postgres_url = start_postgres(folder, durable=False)
        children.append(postgres)
        valkey, redis_url = start_valkey(folder)
        children.append(valkey)
        sandbox, sandbox_url = start_sandbox(folder)
        children.append(sandbox)
        asyncio.run(make_database(postgres_url))
        yield describe_engines(folder, f"{postgres_url}/chenu", redis_url, sandbox_url)
        keep_events_of(sandbox_url)
    finally:
        for child in reversed(children):
            child.ask_to_stop()
        for child in reversed(children):
            child.wait_stopped(5)
        shutil.rmtree(folder, ignore_errors=True)


def start_sandbox(folder: Path) -> tuple[Child, str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "chenu.sandbox", "--port", str(port), "--public-url", url]
    command += ["--data", str(folder / "sandbox.sqlite"), "--webhook-retry-scale", "0.01"]
    command += ["--plain-pdfs"]
    child = Child("sandbox", command, folder / "logs" / "sandbox.log", env=dict(os.environ))
    child.start()
    child.wait_until(lambda: _answers(f"{url}/_sandbox/clock"), 20)
    return child, url


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=1).status_code == 200
    except httpx.HTTPError:
        return False


async def make_database(postgres_url: str) -> None:
    """An empty database with the current schema."""
    connection = await asyncpg.connect(f"{postgres_url}/postgres")
    await connection.execute("CREATE DATABASE chenu")
    await connection.close()
    await apply_migrations(f"{postgres_url}/chenu")
    await make_room(f"{postgres_url}/chenu")


def describe_engines(folder: Path, database_url: str, redis_url: str, sandbox_url: str) -> Engines:
    env = {
        "CHENU_MODE": "test",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "CHENU_PUBLIC_URL": "http://127.0.0.1:8000",
        "CHENU_SECRET": "a secret of the tests, long enough to be one",
        "CHENU_RETURN_ORIGINS": "https://app.example",
        "CHENU_MAIL_FOLDER": str(folder / "mails"),
        "CHENU_MEDIA_STORE": str(folder / "media"),
        "CHENU_CACHE_SECONDS": "0",  # tests look at what they just changed
        "CHENU_METERING": "off",  # tests/metered.py turns it on
        "CHENU_WEBHOOK_LOOPBACK": "on",  # nothing of a test leaves the machine
        "STRIPE_MODE": "sandbox",
        "STRIPE_KEY": SANDBOX_KEY,
        "STRIPE_API_BASE": sandbox_url,
        "STRIPE_WEBHOOK_SECRETS": "whsec_snapshot_of_the_tests",
        "STRIPE_THIN_SECRETS": "whsec_thin_of_the_tests",
    }
    return Engines(database_url, redis_url, sandbox_url, folder, read_settings(env), env)


@pytest.fixture(scope="session", autouse=True)
def product_hasher() -> Iterator[PasswordHasher]:
    """The product's hasher, with the lowest cost that argon2 allows.

    The hashes are still argon2id hashes, which contain their cost. At the product's cost the tests
    would spend a minute of each core on passwords.
    """
    own = passwords._HASHER
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", PasswordHasher(1, 16, 1))
        yield own


@pytest.fixture(scope="session", autouse=True)
def product_scrypt_cost() -> Iterator[int]:
    """The product's cost of a backup's key; tests pay next to nothing for each file."""
    own = encryption._SCRYPT_COST
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encryption, "_SCRYPT_COST", 16)
        yield own


@pytest.fixture(scope="session")
async def open_engines(engines: Engines) -> AsyncIterator[Services]:
    async with open_services(engines.settings, "chenu-tests") as services:
        limiter = services.limiter
        limiter.longest_seconds = limiter.script.patience_seconds = PATIENCE_SECONDS
        services.tallies.patience_seconds = PATIENCE_SECONDS
        yield replace(services, resolver=Records())  # no test asks the world's name servers


@pytest.fixture(scope="session")
async def database(engines: Engines, open_engines: Services) -> AsyncIterator[OwnedDatabase]:
    """A connection of its owner, by which prepared markets are restored."""
    async with open_owned(engines.postgres_url) as opened:
        markets = open_markets(opened, open_engines)
        yield opened
        await close_markets(markets)


@pytest.fixture(scope="session")
def application(open_engines: Services) -> Any:
    """The whole application, created once for all tests that need no settings of their own."""
    return create_app(open_engines)


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One for all browser tests of this process; each opens its own context."""
    async with open_chromium() as launched:
        yield launched


@pytest.fixture(scope="session")
def demo() -> Iterator[RunningDemo]:
    """Shared by all tests that only use a demo; they are scheduled into one process."""
    folder = Path(tempfile.mkdtemp(prefix="chenu-demo-"))
    running = start_demo(folder, "--port", "0")
    yield running
    running.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def clean_database(database: OwnedDatabase, open_engines: Services) -> AsyncIterator[None]:
    """Empty tables and a clock that was never moved; about 3 ms."""
    CLOCK.reset()
    await database.empty()
    # ids are the same in each test, and so are the keys of what they may still do
    await open_engines.pubsub._redis.flushdb()
    open_engines.limiter.counts.take()
    yield
    CLOCK.reset()


@pytest.fixture
def services(open_engines: Services, clean_database: None) -> Services:
    """The product's services over an empty database."""
    return open_engines


@pytest.fixture
async def stripe_side(services: Services) -> AsyncIterator[StripeSide]:
    """Controls the sandbox; faults end with the test."""
    async with open_stripe_side(services) as side:
        yield side


@pytest.fixture(scope="session", autouse=True)
def _no_waiting_in_retries() -> Iterator[None]:
    """The SDK's own backoff between retries starts at half a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HTTPClient, "INITIAL_DELAY", 0.01)
        patch.setattr(HTTPClient, "MAX_DELAY", 0.01)
        yield


def with_settings(services: Services, **changes: object) -> Services:
    """The same services with some settings replaced."""
    settings = replace(services.settings, **changes)
    return replace(services, settings=settings)


def with_gateway(services: Services, gateway: Gateway) -> Services:
    """The same services, which speak to Stripe in another way."""
    return make_services(gateway, services.pubsub, services.settings, services.limiter)


@pytest.fixture
async def client(services: Services, application: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The application in this process over an empty database; the client stores no cookies.

    Unexpected errors become responses, as in production.
    """
    async with open_client(services, application) as http:
        yield http


def open_client(services: Services, application: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=services.settings.public_url)
