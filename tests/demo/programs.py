"""A GraphQL client of a running demo, which signs in, makes a key and buys."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.demo.running import RunningDemo

OPERATIONS = Path(__file__).parents[2] / "graphql" / "operations"
SETTLED_SECONDS = 30


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


def sign_in(program: Program, demo: RunningDemo, role: str) -> None:
    """Its client sees pages and sends mutations as this person from now on."""
    email, password = demo.password(role)
    signed_in = program.run("session", "SignIn", input={"email": email, "password": password})
    program.http.headers["x-csrf-token"] = signed_in["signIn"]["csrfToken"]


def make_key(demo: RunningDemo, role: str) -> str:
    """As a person does once: sign in, make a key, note the secret."""
    with open_program(demo) as person:
        sign_in(person, demo, role)
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


def buy_agent(program: Program, slug: str, key: str = "one") -> dict[str, Any]:
    """Orders it for its price and pays on Stripe's page; the mutation's payload."""
    agent = program.run("store", "AgentPage", slug=slug)["agent"]
    request = {
        "agentId": agent["id"],
        "expectedAmountMinor": agent["price"]["amount"]["amountMinor"],
        "acceptImmediateSupply": True,
        "idempotencyKey": key,
    }
    bought: dict[str, Any] = program.run("buying", "BuyAgent", input=request)["agentPurchase"]
    assert bought["userErrors"] == []
    card = {"card": "4242424242424242", "exp": "12/34", "cvc": "123", "name": "P. Rogram"}
    assert httpx.post(bought["checkout"]["url"], data=card).status_code == 303
    return wait_until_paid(program, bought["purchase"]["id"])
