"""The demo's mailbox: each mail as text, and its HTML part in a frame of its own."""

import re
from pathlib import Path

import httpx
import pytest

from chenu.app import create_app
from chenu.flows.services import Services
from chenu.jobs.mail_transport import FolderTransport
from chenu.jobs.send_mail import send_mail
from chenu.settings import Mode
from tests.conftest import with_settings
from tests.jobs.outbox import queue_sale


@pytest.fixture
async def mailbox(services: Services, tmp_path: Path) -> httpx.AsyncClient:
    changed = with_settings(services, mode=Mode.DEMO, mail_folder=str(tmp_path))
    await send_mail(changed.settings, FolderTransport(tmp_path), await queue_sale())
    transport = httpx.ASGITransport(app=create_app(changed))  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url=changed.settings.public_url)


async def test_the_html_part_is_shown_in_a_sandbox(mailbox: httpx.AsyncClient) -> None:
    page = await mailbox.get("/demo/mail")

    [path] = re.findall(r'<iframe sandbox="[^"]+" title="[^"]+" src="([^"]+)"', page.text)
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    html = await mailbox.get(path)
    policy = html.headers["content-security-policy"]
    assert "7,00\u00a0€" in html.text
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline';")
    assert policy.endswith("sandbox allow-popups allow-popups-to-escape-sandbox")


@pytest.mark.parametrize("name", ["x", "0" * 32, "..%2f..%2fetc%2fpasswd", "%2e%2e"])
async def test_a_name_that_is_no_mail_is_not_found(mailbox: httpx.AsyncClient, name: str) -> None:
    assert (await mailbox.get(f"/demo/mail/{name}")).status_code == 404
