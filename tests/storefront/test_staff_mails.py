"""The staff's page of all mails: each in both languages and both forms, in a frame that is shut."""

import re

import httpx
import pytest

from chenu.accounts.actor import Staff
from chenu.core.i18n import LOCALES
from chenu.core.mail_kinds import MailKind
from chenu.flows.services import Services
from chenu.jobs.mail_samples import samples_of
from tests.attacks.pages import session_headers
from tests.people import make_person


@pytest.fixture
async def headers(services: Services) -> dict[str, str]:
    return session_headers(services, await make_person("desk", staff=(Staff.SUPPORT,)))


async def test_every_kind_is_listed(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    page = await client.get("/staff/mails", headers=headers)

    assert page.status_code == 200
    assert re.findall(r'href="/staff/mails/(\w+)"', page.text) == [
        kind.lower() for kind in MailKind
    ]


@pytest.mark.parametrize("kind", MailKind)
async def test_each_mail_is_shown_as_text_and_in_a_shut_frame(
    client: httpx.AsyncClient, headers: dict[str, str], kind: MailKind
) -> None:
    page = await client.get(f"/staff/mails/{kind.lower()}", headers=headers)

    frames = re.findall(r'<iframe class="mail-html" sandbox title="[^"]+" src="([^"]+)"', page.text)
    assert page.text.count("<iframe") == len(frames)
    assert len(frames) == sum(len(samples_of(kind, locale)) for locale in LOCALES)
    assert page.text.count('<pre class="mail-plain"') == len(frames)
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    for path in frames:
        html = await client.get(path, headers=headers)
        policy = html.headers["content-security-policy"]
        assert html.text.startswith("<!doctype html>")
        assert policy.startswith("default-src 'none';")
        assert policy.endswith("frame-ancestors 'self'; sandbox")
        assert "script" not in policy


@pytest.mark.parametrize(
    "path", ["/staff/mails/nothing", "/staff/mails/sale/de/0", "/staff/mails/sale/fr/9"]
)
async def test_what_is_no_mail_is_not_found(
    client: httpx.AsyncClient, headers: dict[str, str], path: str
) -> None:
    assert (await client.get(path, headers=headers)).status_code == 404


async def test_other_pages_hold_no_frames(client: httpx.AsyncClient) -> None:
    policy = (await client.get("/pricing")).headers["content-security-policy"]

    assert "frame-src" not in policy
