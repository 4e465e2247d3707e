"""The cookie by which a browser is known again, on both faces."""

from http.cookies import SimpleCookie

import httpx
import pytest

from chenu.accounts.attempts import SIGN_IN_PER_EMAIL
from chenu.app import create_app
from chenu.flows.services import Services
from tests.conftest import with_settings
from tests.people import PASSWORD, make_person

EMAIL = "zoe@example.org"
SIGN_IN = "mutation($i: SignInInput!) { signIn(input: $i) { userErrors { code } } }"
SIGN_OUT = "mutation { signOut { userErrors { code } } }"


def browser(services: Services) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(create_app(services))
    return httpx.AsyncClient(transport=transport, base_url=services.settings.public_url)


async def by_page(http: httpx.AsyncClient, password: str) -> int:
    return (await http.post("/sign-in", data={"email": EMAIL, "password": password})).status_code


async def by_graphql(http: httpx.AsyncClient, password: str) -> int:
    body = {"query": SIGN_IN, "variables": {"i": {"email": EMAIL, "password": password}}}
    answer = (await http.post("/graphql", json=body)).json()
    codes = [error["extensions"]["code"] for error in answer.get("errors", [])]
    if codes:
        return 429 if codes == ["RATE_LIMITED"] else 400
    return 401 if answer["data"]["signIn"]["userErrors"] else 303


@pytest.mark.parametrize("enter", [by_page, by_graphql])
async def test_a_stranger_locks_nobody_out_of_a_browser_of_theirs(
    services: Services, enter: object
) -> None:
    await make_person("zoe")
    async with browser(services) as own, browser(services) as stranger:
        assert await enter(own, PASSWORD) == 303  # type: ignore[operator]
        page = (await own.get("/")).text
        token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
        await own.post("/sign-out", data={"csrf_token": token})
        for _ in range(SIGN_IN_PER_EMAIL.tries + 1):
            await enter(stranger, "a wrong password")  # type: ignore[operator]

        assert await enter(stranger, PASSWORD) == 429  # type: ignore[operator]
        assert await enter(own, PASSWORD) == 303  # type: ignore[operator]


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "https://chenu.example"])
async def test_the_cookie_is_for_us_alone(services: Services, url: str) -> None:
    await make_person("zoe")
    served = with_settings(services, public_url=url)
    async with browser(served) as own:
        await by_page(own, PASSWORD)
        page = (await own.get("/")).text
        token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
        left = await own.post("/sign-out", data={"csrf_token": token})

    cookies: SimpleCookie = SimpleCookie()
    for header in left.headers.get_list("set-cookie"):
        cookies.load(header)
    is_https = url.startswith("https")
    device = cookies["__Host-chenu_device" if is_https else "chenu_device"]
    assert device.value
    assert (device["httponly"], device["samesite"].lower(), device["path"]) == (True, "lax", "/")
    assert bool(device["secure"]) is is_https
