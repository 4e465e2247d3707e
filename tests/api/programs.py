"""Runs programs as pages show them: by curl, Python and node, against a running product."""

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from chenu.accounts.actor import AccountId, ApiScope
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.calls import as_key
from tests.people import make_person
from tests.storefront.html import PageReader

LANGUAGES = ("curl", "python", "javascript")


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Author:
    """Whoever runs a program, and their key."""

    account_id: AccountId
    secret: str


async def make_authors(
    http: httpx.AsyncClient, services: Services, scope: ApiScope
) -> dict[str, Author]:
    """Another person for each language: limits belong to the account."""
    authors = {}
    for language in LANGUAGES:
        person = await make_person(language, tier=TierCode.PRO)
        api = await as_key(http, services, person, scope)
        secret = api.headers["authorization"].removeprefix("Bearer ")
        authors[language] = Author(person.actor.require_account(scope), secret)
    return authors


def failures(ran: Mapping[str, Ran]) -> dict[str, Ran]:
    return {language: run for language, run in ran.items() if run.code or run.err}


def find_node() -> str:
    """The machine's, or the one that set-up put into the virtual environment."""
    places = [os.environ.get("PATH", ""), str(Path(sys.executable).parent)]
    found = shutil.which("node", path=os.pathsep.join(places))
    assert found, "set-up fetches node where there is none: make test"
    return found


async def run_programs(html: str, topic: str, authors: Mapping[str, Author]) -> dict[str, Ran]:
    """The programs of a topic at once, by language: the very text of the page."""
    page = PageReader(html)
    texts = {name: page.find("pre", id=f"{topic}-{name}")[0].text for name in authors}
    runs = [run_program(text, name, authors[name].secret) for name, text in texts.items()]
    return dict(zip(texts, await asyncio.gather(*runs), strict=True))


async def run_program(text: str, language: str, secret: str) -> Ran:
    """In an empty environment but for the key, as the page tells its reader to set it."""
    commands = {
        "curl": ["/bin/sh", "-s"],
        "python": [sys.executable, "-I", "-"],
        "javascript": [find_node(), "--input-type=module", "-"],
    }
    child = await asyncio.create_subprocess_exec(
        *commands[language],
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.environ.get("PATH", ""), "CHENU_API_KEY": secret},
    )
    out, err = await child.communicate(text.encode())
    assert child.returncode is not None
    return Ran(child.returncode, out.decode(), err.decode())
