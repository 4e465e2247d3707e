"""A20: what the real web and worker processes log at DEBUG during normal use and mistakes."""

import json
import os
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from chenu.core import db
from chenu.core.logs import redact
from chenu.demo.processes import Child, free_port
from chenu.flows.services import Services
from tests.accounts.mailed import last_mailed_token
from tests.attacks.refusing_mailbox import refusing_mailbox
from tests.conftest import Engines
from tests.http.signed import SNAPSHOT, sign, snapshot_body
from tests.people import make_creator, make_published_agent, pay
from tests.rows import count
from tests.waiting import until

PATTERNS = {
    "a mail address": r"[\w.+-]{1,64}@[\w-]+\.\w+",
    "a card": r"\b(?:\d[ -]?){15}\d\b",
    "a key of ours": r"chenu_(?:live|service)_\w",
    "a key of Stripe's": r"(?:sk|rk)_(?:test|live)_\w|whsec_\w",
    "a password's hash": r"\$argon2",
    "an address of the database": r"postgres(?:ql)?://",
}
CARD = "4242424242424242"
EMAIL, PASSWORD, SECOND = "o'hara+x@example.org", "the first secret of hers", "the second of hers"


@dataclass
class Person:
    """Somebody who does everything over HTTP; `secrets` are what no log may hold."""

    http: httpx.AsyncClient
    secrets: dict[str, str] = field(default_factory=dict)

    async def ask(self, query: str, **variables: Any) -> httpx.Response:
        headers = {"x-csrf-token": self.secrets.get("csrf", "")}
        body = {"query": query, "variables": variables}
        return await self.http.post("/graphql", json=body, headers=headers)

    def remember_cookie(self, name: str) -> None:
        self.secrets[name] = self.http.cookies["chenu_session"]

    async def sign_up(self) -> None:
        form = {"email": EMAIL, "password": PASSWORD, "display_name": "Hers"}
        await self.http.post("/sign-up", data=form)
        self.remember_cookie("first cookie")
        self.secrets["verify token"] = await last_mailed_token("EMAIL_VERIFY")
        link = {"token": self.secrets["verify token"]}
        self.secrets["csrf"] = await self._read_csrf()
        await self.http.get("/email/verify", params=link)
        await self.http.get("/email/cancel", params=link)
        await self.http.post("/email/cancel", data={**link, "csrf_token": self.secrets["csrf"]})
        await self.http.post("/email/verify", data={**link, "csrf_token": self.secrets["csrf"]})
        await db.execute("UPDATE account SET tier = 'PRO' WHERE name = 'Hers'")

    async def _read_csrf(self) -> str:
        page = (await self.http.get("/account")).text
        found = re.search(r'name="csrf_token" value="(\w+)"', page)
        assert found is not None
        return found[1]

    async def sign_in(self) -> None:
        query = "mutation($i: SignInInput!) { signIn(input: $i) { csrfToken user { email } } }"
        await self.ask(query, i={"email": EMAIL, "password": "wrong, but hers"})
        signed_in = (await self.ask(query, i={"email": EMAIL, "password": PASSWORD})).json()
        self.secrets["csrf"] = signed_in["data"]["signIn"]["csrfToken"]
        self.remember_cookie("second cookie")

    async def make_key(self) -> None:
        form = {"name": "hers", "scopes": "READ", "csrf_token": self.secrets["csrf"]}
        page = await self.http.post("/account/api-keys", data=form)
        found = re.search(r"chenu_live_\w{43}", page.text)
        assert found is not None
        self.secrets["key"] = found[0]
        key_id = await db.fetch_value("SELECT id FROM api_key")
        token = {"csrf_token": self.secrets["csrf"]}
        page = await self.http.post(f"/account/api-keys/{key_id}/rotate", data=token)
        rotated = re.search(r"chenu_live_\w{43}", page.text)
        assert rotated is not None
        self.secrets["new secret"] = rotated[0]
        for secret in (found[0], found[0][:-1], f"{found[0]}' OR 1=1"):
            headers = {"authorization": f"Bearer {secret}"}
            await self.http.post(
                "/graphql", json={"query": "{ viewer { email } }"}, headers=headers
            )

    async def buy(self, slug: str) -> None:
        form = {
            "expected_amount": "900",
            "accept_immediate_supply": "on",
            "idempotency_key": "k",
            "csrf_token": self.secrets["csrf"],
        }
        opened = await self.http.post(f"/agents/{slug}/buy", data=form)
        await pay(opened.headers["location"], CARD)
        purchase = await db.fetch_value("SELECT id FROM purchase")
        await self.http.get(f"/purchases/{purchase}")

    async def forget_password(self) -> None:
        await self.http.post(
            "/password/forgot", data={"email": EMAIL, "csrf_token": self.secrets["csrf"]}
        )
        self.secrets["reset token"] = await last_mailed_token("PASSWORD_RESET")
        link = {"token": self.secrets["reset token"]}
        await self.http.get("/password/reset", params=link)
        entered = {**link, "new_password": SECOND, "csrf_token": self.secrets["csrf"]}
        await self.http.post("/password/reset", data=entered)

    async def stumble(self) -> None:
        """Secrets where they do not belong: in addresses, names and documents."""
        key = self.secrets["key"]
        for misplaced in (EMAIL, key, CARD, "4242 4242 4242 4242"):
            for path in (
                f"/agents/{misplaced}",
                f"/icons/{misplaced}.svg",
                f"/nothing/{misplaced}",
            ):
                await self.http.get(path)
            await self.http.get("/agents", params={"q": misplaced, "after": misplaced})
            await self.ask(f'{{ agent(slug: "{misplaced}", id: "x") {{ {key} }} }}')
            await self.ask("query($n: Int) { agents(first: $n) { totalCount } }", n=misplaced)
            body = snapshot_body("evt_1", customer_email=misplaced)
            for secret in ("whsec_snapshot_of_the_tests", "whsec_wrong"):
                headers = {"stripe-signature": sign(body, secret)}
                await self.http.post(SNAPSHOT, content=body, headers=headers)


@contextmanager
def _running(engines: Engines, smtp_port: int) -> Iterator[tuple[str, list[Child]]]:
    """Web and worker as operators start them, with the most talkative level."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    env = {
        **os.environ,
        **engines.env,
        "LOG_LEVEL": "DEBUG",
        "CHENU_PUBLIC_URL": url,
        "SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
    }
    logs = engines.folder / "logs"
    commands = {"web": ["serve", "--port", str(port)], "worker": ["worker"]}
    children = [
        Child(name, [sys.executable, "-m", "chenu", *command], logs / f"loud-{name}.log", env=env)
        for name, command in commands.items()
    ]
    try:
        for child in children:
            child.start()
        yield url, children
    finally:
        for child in children:
            child.ask_to_stop()
        for child in children:
            child.wait_stopped(10)


async def _answers(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/readyz")).status_code == 200
    except httpx.HTTPError:
        return False


@asynccontextmanager
async def _visiting(url: str) -> AsyncIterator[Person]:
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        await until(lambda: _answers(http))
        yield Person(http)


async def test_no_log_holds_a_secret_a_card_or_an_address(
    engines: Engines, services: Services
) -> None:
    creator, _ = await make_creator(services)
    agent = await make_published_agent(services, creator)

    async with refusing_mailbox() as smtp_port:
        with _running(engines, smtp_port) as (url, children):
            async with _visiting(url) as person:
                await person.sign_up()
                await person.sign_in()
                await person.make_key()
                await person.buy(agent.slug)
                await person.stumble()
                await person.forget_password()
                await until(lambda: count("outbox_mail", "kind = 'RECEIPT' AND attempts > 0"))
                await until(lambda: count("purchase", "status = 'PAID'"))

    lines = [line for child in children for line in child.log.read_text().splitlines()]
    events = [json.loads(line) for line in lines]
    text = "\n".join(lines)
    own = {"password": PASSWORD, "new": SECOND, "wrong": "wrong, but hers", "card": CARD}
    own |= {"pepper": engines.env["CHENU_SECRET"], "address": EMAIL, **person.secrets}
    assert len(person.secrets) >= 6
    assert {name for name, secret in own.items() if secret in text} == set()
    assert {
        name: re.findall(it, text) for name, it in PATTERNS.items() if re.search(it, text)
    } == {}
    assert len([event for event in events if event["event"] == "request"]) >= 45
    assert "[redacted]" in text
    assert any(event["event"] == "mail_not_sent" for event in events)


SECRETS = {
    "an API key": "chenu_live_0123456789abc",
    "a service key": "chenu_service_0123456789abc",
    "a key of Stripe's": "sk_live_51abc",
    "a restricted key": "rk_test_51abc",
    "a webhook's secret": "whsec_abc",
    "a card": CARD,
    "a card in groups": "4242 4242 4242 4242",
    "a card with hyphens": "4242-4242-4242-4242",
    "a mail address": "first.last+tag@mail.example.org",
    "an odd mail address": "o'hara!#$%&*/=?^`{|}~@example.org",
    "an address of the database": "user:password@database.example.org",
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS.keys())
def test_wherever_it_stands_in_an_event_it_is_left_out(secret: str) -> None:
    text = f"before {secret} after"
    event: dict[str, Any] = {
        "text": text,
        "list": [text, (text,)],
        "nested": {"deep": [{"key": text}], text: 1},
        "error": ValueError(text),
    }

    written = json.dumps(redact(None, "", event))

    assert written.count("[redacted]") >= 6
    assert secret.rpartition(":")[2].partition("@")[0][:12] not in written


LONG = {
    "letters": "a",
    "digits": "1",
    "atoms": "a.",
    "digits apart": "1 ",
    "half addresses": "a@",
    "hosts": "@b-",
    "heads": "chenu_live",
}


@pytest.mark.parametrize("part", LONG.values(), ids=LONG.keys())
def test_a_long_text_costs_no_more_than_its_length(part: str) -> None:
    """A search that went back and forth took seconds for 20 kB: here it would take hours, and the
    test would run out of time. A fifth of a second is what this needs."""
    text = (part * 1_000_000)[:1_000_000]

    event = redact(None, "", {"path": f"/{text}"})

    assert event["path"].startswith("/")
