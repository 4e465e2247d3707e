"""The commands as people and service managers run them: exit codes, and why not in one line."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from chenu.accounts.service_keys import find_service_actor
from chenu.core.ids import new_id
from chenu.demo.processes import free_port
from chenu.demo.state import announce
from chenu.flows.checkout_pages import SessionParams
from chenu.flows.services import Services
from chenu.ledger.operations import NewOperation, OperationKind, create_operation
from tests.conftest import Engines
from tests.flows.sales import open_quiet_market
from tests.people import make_person
from tests.rows import count, unguarded
from tests.stripe_side import open_stripe_side
from tests.waiting import until


@dataclass(frozen=True)
class Ran:
    code: int
    out: list[str]
    err: list[str]

    @property
    def line(self) -> str:
        """All that it said when it could not: one line on stderr."""
        assert (self.code, self.out) == (1, []), (self.out, self.err)
        [line] = self.err
        return line


QueryRun = Callable[..., Awaitable[Ran]]
NOWHERE = f"127.0.0.1:{free_port()}"


@pytest.fixture
def run(engines: Engines, services: Services, tmp_path: Path) -> QueryRun:
    """`chenu ...` over the tests' engines, with changes of its environment; None takes one away."""

    async def run_chenu(*args: str, **changes: str | None) -> Ran:
        process = await _start(engines, tmp_path, args, changes)
        out, err = await asyncio.wait_for(process.communicate(), 60)
        return Ran(process.returncode or 0, out.decode().splitlines(), err.decode().splitlines())

    return run_chenu


async def _start(
    engines: Engines, folder: Path, args: tuple[str, ...], changes: dict[str, str | None]
) -> asyncio.subprocess.Process:
    named = {**engines.env, "CHENU_DATA": str(folder), "PATH": os.environ["PATH"], **changes}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chenu", *args),
        env={name: value for name, value in named.items() if value is not None},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_no_command_starts_with_a_wrong_setting(run: QueryRun) -> None:
    commands = [("serve",), ("migrate",), ("service-key", "create", "apps")]

    ran = await asyncio.gather(*(run(*command, CHENU_SECRET="short") for command in commands))

    for done in ran:
        assert done.line.startswith("chenu: CHENU_SECRET: at least 32 characters")


async def test_no_command_starts_without_its_database(run: QueryRun) -> None:
    url = f"postgresql://postgres@{NOWHERE}/chenu"

    commands = [("serve", "--port", "0"), ("worker",), ("migrate",)]
    ran = await asyncio.gather(*(run(*command, DATABASE_URL=url) for command in commands))

    for done in ran:
        assert done.line.startswith("chenu: DATABASE_URL: the database cannot be used")


@pytest.mark.parametrize(
    ("command", "changes", "words"),
    [
        (("worker",), {"CHENU_MAIL_FOLDER": None}, "SMTP_URL is not set"),
        (("service-key", "revoke", "chenu_service_x"), {}, "no live service key"),
        (("sandbox", "advance", "soon"), {}, "30d, 12h or P14D"),
    ],
)
async def test_what_cannot_be_done_is_said_in_one_line(
    run: QueryRun, command: tuple[str, ...], changes: dict[str, str | None], words: str
) -> None:
    ran = await run(*command, **changes)

    assert words in ran.line


async def test_traces_without_their_packages_say_what_to_install(
    run: QueryRun, tmp_path: Path
) -> None:
    absent = 'raise ModuleNotFoundError("No module named opentelemetry")'
    (tmp_path / "opentelemetry.py").write_text(absent)
    env = {"PYTHONPATH": str(tmp_path), "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}

    ran = await asyncio.gather(run("serve", "--port", "0", **env), run("worker", **env))

    for done in ran:
        assert done.line.endswith("pip install 'chenu[otel]'")


async def test_a_missing_setting_says_that_no_demo_runs_either(
    run: QueryRun, tmp_path: Path
) -> None:
    ran = await run("migrate", DATABASE_URL=None)

    assert ran.line == (
        f"chenu: DATABASE_URL is not set (and no demo runs with the data of {tmp_path})"
    )


async def test_an_unknown_command_is_a_mistake_of_the_caller(run: QueryRun) -> None:
    assert (await run("sell")).code == 2


async def test_a_database_that_is_up_to_date_is_left_as_it_is(run: QueryRun) -> None:
    assert await run("migrate") == Ran(0, ["nothing to migrate"], [])


async def test_a_service_key_is_shown_once_and_works_until_it_is_revoked(
    run: QueryRun, services: Services
) -> None:
    person = await make_person("zoe")
    made = await run("service-key", "create", "apps")
    [secret] = made.out

    async def works() -> bool:
        pepper, account_id = services.settings.secret, person.actor.account_id
        return await find_service_actor(secret, pepper, "", account_id) is not None

    assert (made.code, made.err, await works()) == (0, [], True)
    revoked = await run("service-key", "revoke", secret[: len("chenu_service_") + 6])
    assert (revoked.code, revoked.out, await works()) == (0, ["1 revoked"], False)


async def test_bootstrap_shows_the_secrets_of_the_endpoints_that_it_made(
    run: QueryRun, services: Services
) -> None:
    async with open_stripe_side(services) as stripe_side:
        await stripe_side.reset()

    ran = await run("bootstrap-stripe")

    assert (ran.code, ran.err) == (0, [])
    assert {line.split()[0] for line in ran.out} == {"created"}
    assert len([line for line in ran.out if "shown once: whsec_" in line]) == 3


async def test_what_stripe_refuses_is_said_in_one_line(run: QueryRun, services: Services) -> None:
    async with open_stripe_side(services) as stripe_side:
        await stripe_side.reset()
        await stripe_side.fail("card_error", "/v1/webhook_endpoints", code="url_invalid")
        ran = await run("bootstrap-stripe")

    assert ran.code == 1
    [line] = ran.err
    assert line.startswith("chenu: Stripe refused: ")
    assert "url_invalid" in line


async def test_books_that_add_up_are_a_success(run: QueryRun, services: Services) -> None:
    async with open_stripe_side(services) as stripe_side:
        await stripe_side.reset()
    await open_quiet_market(services)

    ran = await run("ledger", "check")

    assert (ran.code, ran.err) == (0, [])
    assert {line.split()[0] for line in ran.out} == {"ok"}
    assert {"I1", "I5", "I13", "I15"} <= {line.split()[1] for line in ran.out}


async def test_a_violation_is_a_failure_that_names_the_row(
    run: QueryRun, engines: Engines, services: Services
) -> None:
    market = await open_quiet_market(services)
    async with unguarded(engines) as connection:
        await connection.execute("UPDATE agent SET installs = 7")

    ran = await run("ledger", "check")

    violated = [line for line in ran.out if line.startswith("VIOLATED")]
    assert ran.code == 1
    assert "I17" in [line.split()[1] for line in violated]
    assert f"agent {market.agent.id}" in "".join(ran.out)


async def test_an_operation_is_listed_given_up_and_tried_again(
    run: QueryRun, services: Services
) -> None:
    """Stripe does not have the page, so the second try fails as well."""
    operation = await create_operation(
        NewOperation(OperationKind.CHECKOUT_EXPIRY, "expire:1", SessionParams("cs_never"))
    )

    listed = await run("operation", "list", "--state", "INTENT", "--kind", "CHECKOUT_EXPIRY")
    given_up = await run("operation", "give-up", str(operation.id), "--reason", "not needed")
    retried = await run("operation", "retry", str(operation.id))
    settled = await run("operation", "list", "--state", "SETTLED")

    assert [line.split()[:3] for line in listed.out] == [
        [str(operation.id), "CHECKOUT_EXPIRY", "INTENT"]
    ]
    assert (given_up.code, given_up.out[0].split()[-1]) == (0, "given_up")
    assert (retried.code, retried.out[-1].split()[-1]) == (1, "resource_missing")
    assert (settled.code, settled.out) == (0, [])


async def test_what_cannot_be_tried_again_is_one_line(run: QueryRun, services: Services) -> None:
    operation = await create_operation(
        NewOperation(OperationKind.CHECKOUT_EXPIRY, "expire:1", SessionParams("cs_never"))
    )

    open_one = await run("operation", "retry", str(operation.id))
    unknown = await run("operation", "retry", str(new_id()))

    assert "this one is INTENT" in open_one.line
    assert "There is no such operation" in unknown.line


async def test_a_port_that_somebody_has_is_named(run: QueryRun) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        ran = await run("serve", "--port", str(port))

    assert f"port {port} cannot be used" in ran.line


async def test_the_web_process_serves_until_it_is_stopped(
    engines: Engines, services: Services, tmp_path: Path
) -> None:
    """Also without a cache, where only live events come later, and without its collector."""
    port = free_port()
    collector = f"http://{NOWHERE}"
    changes: dict[str, str | None] = {
        "REDIS_URL": f"redis://{NOWHERE}/0",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector,
    }
    process = await _start(engines, tmp_path, ("serve", "--port", str(port)), changes)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            await until(lambda: _is_ready(http))
            page = await http.get("/agents")
        process.send_signal(signal.SIGTERM)
        _, err = await asyncio.wait_for(process.communicate(), 30)
    finally:
        if process.returncode is None:
            process.kill()

    assert page.status_code == 200
    assert process.returncode == 0
    assert b"Traceback" not in err
    assert await count("pgqueuer") == 0


async def _is_ready(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/readyz")).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.mark.parametrize("name", ["DATABASE_URL", "STRIPE_KEY", "CHENU_SECRET", "CHENU_MODE"])
async def test_an_environment_of_ones_own_takes_nothing_from_a_running_demo(
    run: QueryRun, engines: Engines, tmp_path: Path, name: str
) -> None:
    """Half of each would be one world's truth in another."""
    announce(tmp_path, engines.env)
    nothing = dict.fromkeys(engines.env)

    whole = await run("migrate", **nothing)
    half = await run("migrate", **{**nothing, name: engines.env[name]})

    assert whole == Ran(0, ["nothing to migrate"], [])
    assert "is not set" in half.line or "STRIPE" in half.line


async def test_reconciling_says_what_it_found_and_what_differs(
    run: QueryRun, engines: Engines, services: Services
) -> None:
    async with open_stripe_side(services) as stripe_side:
        await stripe_side.reset()
    await open_quiet_market(services)
    first = await run("reconcile")
    sql = """
        INSERT INTO operation (id, kind, business_key, amount, params, state, stripe_id, attempts,
            key_number, created_at, settled_at)
        VALUES ($1, 'REFUND', 'return:x', 5, '{}', 'SETTLED', 're_invented', 0, 0, now(), now())
    """
    async with unguarded(engines) as connection:
        await connection.execute(sql, new_id())

    second = await run("reconcile", "--days", "2")

    assert first.code == 0
    assert first.out[0].startswith("events that had not arrived: ")
    assert (second.code, second.out[0]) == (1, "events that had not arrived: 0")
    assert "re_invented: Stripe None, we -5" in second.out[-1]


async def test_the_plan_of_a_distributed_database_is_printed(run: QueryRun) -> None:
    ran = await run("scale", "plan")

    assert (ran.code, ran.err) == (0, [])
    assert ran.out[0].split() == ["table", "placement", "by", "why"]
