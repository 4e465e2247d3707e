"""Many at once over one application: nobody gets another's cookie or answer."""

import asyncio

import httpx

from chenu.flows.services import Services
from tests.api.calls import session_cookie_of
from tests.people import make_person


async def test_150_requests_at_once_cross_no_headers(url: str, services: Services) -> None:
    """Each request signs in as a different user, or queries.

    None gets another's cookie or answer.
    """
    people = [await make_person(f"person{index}") for index in range(5)]

    async def ask(http: httpx.AsyncClient, index: int) -> str:
        """Empty, or the wrong answer."""
        person = people[index % 5]
        query = f"query Q{index} {{ viewer {{ a{index}: email }} }}"
        headers = {"cookie": session_cookie_of(services, person)}
        answer = await http.post("/graphql", json={"query": query}, headers=headers)
        own = answer.json()["data"] == {"viewer": {f"a{index}": person.email}}
        return "" if own and "set-cookie" not in answer.headers else answer.text

    async def sign_in(http: httpx.AsyncClient, index: int) -> str:
        person = people[index % 5]
        sent = {"email": person.email, "password": "a good password of the tests"}
        query = "mutation($i: SignInInput!) { signIn(input: $i) { user { email } } }"
        answer = await http.post("/graphql", json={"query": query, "variables": {"i": sent}})
        own = answer.json()["data"] == {"signIn": {"user": {"email": person.email}}}
        return "" if own and "set-cookie" in answer.headers else answer.text

    limits = httpx.Limits(max_connections=30)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=60, cookies=None) as http:
        requests = [(sign_in if index % 25 == 0 else ask)(http, index) for index in range(150)]
        answers = await asyncio.gather(*requests)

    assert [answer for answer in answers if answer] == []
