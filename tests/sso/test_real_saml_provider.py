"""Sign-ins in a real browser at a SAML provider that others have written, at a site of its own.

The browser sends none of our cookies with the answer that the provider has it post.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.async_api import Browser

from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.rows import update
from chenu.flows.services import Services
from chenu.flows.sso.saml import describe_us
from chenu.saml.metadata import read_metadata
from chenu.sso.model import ConnectionId
from chenu.sso.tables import SsoConnection
from chenu.tiers.catalogue import TierCode
from tests.api.serving import served
from tests.conftest import with_settings
from tests.environments import INSTALLING_SECONDS
from tests.people import PASSWORD, make_person
from tests.programs import find_program
from tests.rows import count
from tests.saml.provider import Key, make_key
from tests.saml.real_provider import open_saml_provider
from tests.sso.standing import put_standing

pytestmark = [
    pytest.mark.browser,
    pytest.mark.engines,
    pytest.mark.timeout(INSTALLING_SECONDS),
]


async def test_somebody_signs_in_and_by_a_foreign_certificate_nobody_does(
    chromium: Browser, services: Services
) -> None:
    find_program("xmlsec1")
    key, foreign = (make_key(until=system_now() + timedelta(days=300)) for _ in range(2))
    owner = await make_person("elsa", TierCode.ENTERPRISE)
    connection = (await put_standing(owner, "acme.fr"))["connection"]
    async with served(services) as url:
        here = with_settings(services, public_url=url)
        async with open_saml_provider(key, describe_us(here, ConnectionId(connection))) as metadata:
            await use_metadata(connection, metadata)
            arrived = await visit(chromium, url, "hugo@acme.fr")
            assert metadata.count(body_of(key)) == 1
            await use_metadata(connection, metadata.replace(body_of(key), body_of(foreign)))
            refused = await visit(chromium, url, "eve@acme.fr")

    assert arrived.at == f"{url}/account/members", arrived.text
    assert "has 2 members" in arrived.text
    assert arrived.complaints == []
    assert "SIGNATURE_WRONG" in refused.text
    assert refused.at.startswith(f"{url}/sign-in/provider/{connection}/saml?")
    assert not refused.has_session
    assert await count("membership", "role = 'MEMBER'") == 1
    assert await db.fetch_value("SELECT subject FROM sso_identity") == "hugo@acme.fr"
    assert await count("audit_event", "action = 'sso.refused'") == 1


@dataclass(frozen=True)
class Visited:
    at: str
    text: str
    has_session: bool
    complaints: list[str]


async def visit(chromium: Browser, url: str, email: str) -> Visited:
    """By the mailbox to the provider, whose page asks for a password, and back."""
    page = await (await chromium.new_context()).new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    await page.goto(f"{url}/sign-in?next=/account/members")
    await page.fill("[name=email]", email)
    await page.keyboard.press("Enter")
    await page.wait_for_url("http://localhost:*/**")
    await page.fill("[name=email]", email)
    await page.fill("[name=password]", PASSWORD)
    complaints.clear()  # the provider's page has its own
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{url}/**")
    names = [cookie.get("name") for cookie in await page.context.cookies(url)]
    visited = Visited(
        page.url,
        await page.inner_text("main"),
        "chenu_session" in names,
        complaints,
    )
    await page.context.close()
    return visited


async def use_metadata(connection: UUID, metadata: str) -> None:
    provider = read_metadata(metadata.encode(), system_now()).provider
    values = {"kind": "SAML", "issuer": provider, "metadata": metadata, "is_required": False}
    await update(SsoConnection, connection, {**values, "metadata_read_at": system_now()})


def body_of(key: Key) -> str:
    """The certificate as it stands in metadata."""
    return "".join(key.certificate.strip().splitlines()[1:-1])
