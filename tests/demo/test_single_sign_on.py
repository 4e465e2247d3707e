"""`chenu demo --sso`: an organisation's people sign in at its own provider."""

import shutil
import tempfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from chenu.accounts.actor import AccountRole
from chenu.accounts.members import list_members
from chenu.core import db
from chenu.demo.identity_provider import ProviderSettings, install_provider
from chenu.demo.people import DOMAIN as PEOPLE_DOMAIN
from chenu.demo.people import PASSWORD
from chenu.demo.single_sign_on import DOMAIN, MEMBER, NEWCOMER, connect, disconnect
from chenu.flows.services import Services
from chenu.flows.sso.availability import find_connection_for
from chenu.tiers.catalogue import TierCode
from tests.demo.running import RunningDemo, processes_of, start_demo
from tests.environments import INSTALLING_SECONDS
from tests.people import Person, make_person
from tests.rows import count
from tests.sso.provider_side import ProviderSide, connected

pytestmark = pytest.mark.engines


@pytest.fixture(scope="module")
def with_provider() -> Iterator[RunningDemo]:
    install_provider()
    folder = Path(tempfile.mkdtemp(prefix="chenu-demo-"))
    running = start_demo(folder, "--port", "0", "--sso")
    yield running
    running.stop()
    assert processes_of(folder) == []
    shutil.rmtree(folder, ignore_errors=True)


class _Links(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name == "href" and value]


def _sign_in(browser: httpx.Client, mailbox: str, password: str) -> httpx.Response:
    """As a stranger does, up to the page after the provider's own."""
    page = browser.post("/sign-in", data={"email": mailbox, "next": "/account"})
    [way] = [link for link in _Links(page.text).found if link.startswith("/sign-in/provider/")]
    form = browser.get(way)
    assert f'value="{mailbox}"' in form.text
    return browser.post(form.url, data={"mailbox": mailbox, "password": password})


@pytest.mark.timeout(INSTALLING_SECONDS)
def test_a_stranger_signs_in_with_the_password_that_the_demo_printed(
    with_provider: RunningDemo,
) -> None:
    [line] = [line for line in with_provider.said if "single sign-on" in line]
    people = {each["email"]: each["password"] for each in with_provider.ready["directory"]}
    assert NEWCOMER.mailbox in line
    for mailbox in (NEWCOMER.mailbox, MEMBER.mailbox):
        with httpx.Client(base_url=with_provider.url, follow_redirects=True) as browser:
            refused = _sign_in(browser, mailbox, "not this")
            entered = _sign_in(browser, mailbox, people[mailbox])

        assert refused.status_code == 422
        assert (entered.status_code, entered.url.path) == (200, "/account")
        assert mailbox in entered.text


async def _make_owner() -> Person:
    owner = await make_person("enterprise", TierCode.ENTERPRISE)
    email = f"enterprise@{PEOPLE_DOMAIN}"
    await db.execute("UPDATE app_user SET email = $2 WHERE id = $1", owner.user_id, email)
    return owner


def _provider(port: int) -> tuple[ProviderSettings, ProviderSide]:
    settings = ProviderSettings(port, "chenu-demo", "secret", (), (), PASSWORD)
    side = ProviderSide(issuer=settings.issuer)
    side.allows_loopback = True
    return settings, side


async def test_a_later_start_goes_on_moves_or_switches_off_what_the_first_one_made(
    services: Services,
) -> None:
    owner = await _make_owner()
    first, side = _provider(40001)
    await connect(connected(services, side), first)
    sessions = await count("user_session", "revoked_at IS NULL")
    await connect(connected(services, side), first)
    moved, side = _provider(40002)
    await connect(connected(services, side), moved)

    connection = await find_connection_for(NEWCOMER.mailbox)
    assert connection is not None
    assert (connection.issuer, connection.is_required) == (moved.issuer, True)
    assert await count("sso_connection") == 1
    assert await count("user_session", "revoked_at IS NULL") == sessions
    account_id = owner.actor.account_id
    assert account_id is not None
    roles = {each.email: each.role for each in await list_members(account_id)}
    assert roles.pop(MEMBER.mailbox) is AccountRole.BILLING
    assert list(roles.values()) == [AccountRole.OWNER]

    await disconnect()
    assert await find_connection_for(NEWCOMER.mailbox) is None
    await connect(connected(services, side), moved)
    assert await find_connection_for(f"somebody@{DOMAIN}") is not None
