"""Clients that are generated from the schema and the operations, type-checked, and used."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chenu.accounts.actor import ApiScope
from chenu.accounts.api_keys import create_api_key
from chenu.demo.environments import find_node, make_node_environment, run
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.serving import served
from tests.api.stock import stock
from tests.environments import INSTALLING_SECONDS, ROOT, make_python_environment
from tests.flows.runs import give_tokens
from tests.people import make_person

pytestmark = pytest.mark.timeout(INSTALLING_SECONDS)
HERE = Path(__file__).parent

EXPECTED = {
    "tier": ["Pro", 2900],
    "viewer": "Buyer",
    "pages": [["Epsilon", "Delta"], ["Gamma", "Beta"], ["Alpha"]],
    "spent": [-30, 70],
    "refused": ["INSUFFICIENT_TOKENS", 500, 70],
    "forbidden": "FORBIDDEN",
    "available": 70,
}


def lay_out(language: str, folder: Path) -> None:
    """What a developer begins with: the schema, the operations, and a program with its settings."""
    shutil.copy(ROOT / "graphql" / "schema.graphql", folder)
    shutil.copytree(ROOT / "graphql" / "operations", folder / "operations")
    for path in (HERE / language).iterdir():
        if path.is_file():
            shutil.copy(path, folder)


async def use(services: Services, *command: str | Path) -> dict[str, Any]:
    """What the program found, run with the key of a buyer who has 100 tokens."""
    await stock(services)
    buyer = await make_person("buyer", tier=TierCode.PRO)
    await give_tokens(buyer.actor.require_account(ApiScope.READ), 100)
    scopes = [ApiScope.READ, ApiScope.TOKENS]
    made = await create_api_key(buyer.actor, "shop", scopes, None, services.settings.secret)
    async with served(services) as url:
        program = await asyncio.create_subprocess_exec(
            *command,
            f"{url}/graphql",
            made.secret,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(60):
                said, wrong = await program.communicate()
        finally:
            if program.returncode is None:
                program.kill()
    assert program.returncode == 0, wrong.decode()
    found: dict[str, Any] = msgspec.json.decode(said)
    return found


async def test_a_client_of_python_by_ariadne_codegen(services: Services, tmp_path: Path) -> None:
    lock = HERE / "python" / "requirements.lock"
    programs = make_python_environment("ariadne-codegen", lock) / "bin"
    lay_out("python", tmp_path)
    run(programs / "ariadne-codegen", "--config", "ariadne-codegen.toml", folder=tmp_path)
    run(programs / "mypy", "--config-file", "mypy.ini", ".", folder=tmp_path)

    found = await use(services, programs / "python", tmp_path / "shop.py")

    assert found == EXPECTED


async def test_a_client_of_typescript_by_graphql_code_generator(
    services: Services, tmp_path: Path
) -> None:
    lock = HERE / "typescript" / "package-lock.json"
    home = make_node_environment("graphql-codegen", lock)
    lay_out("typescript", tmp_path)
    (tmp_path / "node_modules").symlink_to(home / "node_modules")
    programs = home / "node_modules" / ".bin"
    run(programs / "graphql-codegen", "--config", "codegen.json", folder=tmp_path)
    run(programs / "tsc", "--project", ".", folder=tmp_path)

    found = await use(services, find_node(), tmp_path / "compiled" / "shop.js")

    assert found == EXPECTED
