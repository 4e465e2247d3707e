"""A program buys in the running demo with an API key of pro@, through our published operations."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.demo.running import RunningDemo

pytestmark = pytest.mark.engines

OPERATIONS = Path(__file__).parents[2] / "graphql" / "operations"
SETTLED_SECONDS = 30
SPLIT = {"gross": 900, "creatorShare": 630, "platformShare": 270}


@dataclass
class Program:
    """A GraphQL client; its cookies, or its key, are the HTTP client's."""

    http: httpx.Client

    def run(self, file: str, operation: str, **variables: Any) -> dict[str, Any]:
        text = (OPERATIONS / f"{file}.graphql").read_text(encoding="utf-8")
        body = {"query": text, "operationName": operation, "variables": variables}
        answer = self.http.post("/graphql", json=body).json()
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data


@contextmanager
def open_program(demo: RunningDemo, key: str | None = None) -> Iterator[Program]:
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    with httpx.Client(base_url=demo.url, headers=headers, timeout=30) as http:
        yield Program(http)


def make_key(demo: RunningDemo, role: str) -> str:
    """As a person does once: sign in, make a key, note the secret."""
    email, password = demo.password(role)
    with open_program(demo) as person:
        signed_in = person.run("session", "SignIn", input={"email": email, "password": password})
        person.http.headers["x-csrf-token"] = signed_in["signIn"]["csrfToken"]
        request = {"name": "a program", "scopes": ["READ", "MARKETPLACE"]}
        made = person.run("api-keys", "CreateApiKey", input=request)["apiKeyCreate"]
    assert made["userErrors"] == []
    secret: str = made["secret"]
    return secret


def wait_until_paid(program: Program, purchase_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + SETTLED_SECONDS
    while time.monotonic() < deadline:
        purchase: dict[str, Any] = program.run("buying", "Purchase", id=purchase_id)["node"]
        if purchase["status"] == "PAID":
            return purchase
        time.sleep(0.1)
    raise AssertionError(f"not paid after {SETTLED_SECONDS} s")


@pytest.fixture
def program(demo: RunningDemo) -> Iterator[Program]:
    with open_program(demo, make_key(demo, "pro")) as program:
        yield program


def test_a_program_with_a_key_buys_and_uses_an_agent(program: Program) -> None:
    agent = program.run("store", "AgentPage", slug="trieur-de-factures")["agent"]
    price = agent["price"]["amount"]["amountMinor"]
    request = {
        "agentId": agent["id"],
        "expectedAmountMinor": price,
        "acceptImmediateSupply": True,
        "idempotencyKey": "one",
    }

    bought = program.run("buying", "BuyAgent", input=request)["agentPurchase"]
    assert bought["userErrors"] == []
    card = {"card": "4242424242424242", "exp": "12/34", "cvc": "123", "name": "P. Rogram"}
    paid = httpx.post(bought["checkout"]["url"], data=card)
    purchase = wait_until_paid(program, bought["purchase"]["id"])

    assert paid.status_code == 303
    assert (price, purchase["price"]["amount"]["amountMinor"]) == (900, 900)
    own = program.run("buying", "Purchases")["viewer"]["account"]["purchases"]["edges"][0]["node"]
    assert {name: own["breakdown"][name]["amountMinor"] for name in SPLIT} == SPLIT
    library = program.run("library", "Library")["viewer"]["account"]["library"]
    assert agent["id"] in [edge["node"]["agent"]["id"] for edge in library["edges"]]
    opened = program.run("library", "OpenManifest", agentId=agent["id"])
    assert opened["agent"]["version"]["manifest"]["systemPrompt"]
