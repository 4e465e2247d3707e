"""One sign-in in a real browser at the real `oidc-provider`, from our page and back."""

from pathlib import Path

import pytest
from playwright.async_api import Browser

from chenu.accounts.encryption import encrypt
from chenu.core import db
from chenu.core.ids import new_id
from chenu.core.rows import update
from chenu.demo.identity_provider import DirectoryPerson, ProviderSettings
from chenu.demo.processes import free_port
from chenu.flows.services import Services
from chenu.sso.tables import SsoConnection
from chenu.tiers.catalogue import TierCode
from tests.api.serving import served
from tests.people import PASSWORD, make_person
from tests.rows import count
from tests.sso.real_provider import open_provider
from tests.sso.standing import put_standing

pytestmark = [pytest.mark.browser, pytest.mark.engines]


async def test_somebody_signs_in_at_their_own_provider(
    chromium: Browser, services: Services, tmp_path: Path
) -> None:
    owner = await make_person("elsa", TierCode.ENTERPRISE)
    connection = (await put_standing(owner, "acme.fr"))["connection"]
    async with served(services) as url:
        secret, people = new_id().hex, (DirectoryPerson("hugo@acme.fr", "Hugo Petit"),)
        provider = ProviderSettings(free_port(), "chenu", secret, (url,), people, PASSWORD)
        async with open_provider(provider, tmp_path) as issuer:
            await update(
                SsoConnection,
                connection,
                {
                    "issuer": issuer,
                    "client_id": "chenu",
                    "client_secret": encrypt(secret.encode(), services.settings.secret, connection),
                    "is_required": False,
                },
            )
            page = await (await chromium.new_context()).new_page()
            await page.goto(f"{url}/sign-in")
            await page.fill("[name=email]", "hugo@acme.fr")
            await page.keyboard.press("Enter")
            await page.wait_for_url(f"{issuer}/**")
            await page.fill("[name=password]", PASSWORD)
            await page.keyboard.press("Enter")
            await page.wait_for_url(f"{url}/**")
            arrived = await page.inner_text("body")
            await page.goto(f"{url}/account/members")
            text = await page.inner_text("main")
            await page.context.close()

    assert "Hugo Petit" in text, arrived
    assert await count("membership", "role = 'MEMBER'") == 1
    assert await db.fetch_value("SELECT subject FROM sso_identity") == "hugo@acme.fr"
