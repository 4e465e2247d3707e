"""The page of one's own data, in a browser's own forms and without JavaScript."""

import io
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from chenu.accounts.actor import AccountRole
from chenu.core.clock import system_now
from chenu.flows.privacy.export import make_export
from chenu.flows.services import Services
from chenu.privacy.exports import list_exports_due
from chenu.tiers.catalogue import TierCode
from tests.people import PASSWORD, make_member
from tests.privacy.lives import finish
from tests.rows import count, put
from tests.storefront.browser import Browser
from tests.storefront.visitors import make_reader

PAGE = "/account/privacy"


async def _make() -> None:
    for export_id in await list_exports_due():
        await make_export(export_id)


async def test_one_has_ones_data_put_together_and_downloads_it(
    browser: Browser, services: Services
) -> None:
    browser.become(await make_reader("zoe"))
    page = await browser.get(PAGE)
    assert not page.has_form(f"{PAGE}/download")

    asked = await browser.follow(await browser.submit(page, f"{PAGE}/export"))
    assert "write to you when it is ready" in asked.words
    assert not asked.has_form(f"{PAGE}/export")
    await _make()
    page = await browser.get(PAGE)
    sent = await browser.submit(page, f"{PAGE}/download")

    headers = sent.response.headers
    assert headers["content-type"] == "application/zip"
    assert headers["content-disposition"] == 'attachment; filename="chenu-data.zip"'
    assert headers["cache-control"] == "no-store"
    assert int(headers["content-length"]) == len(sent.response.content)
    with zipfile.ZipFile(io.BytesIO(sent.response.content)) as archive:
        assert "app_user.json" in archive.namelist()


async def test_a_session_that_is_not_fresh_is_asked_for_the_password(
    browser: Browser, services: Services
) -> None:
    browser.become(await make_reader("zoe"))
    await put("user_session", "created_at", system_now() - timedelta(hours=1))

    refused = await browser.submit(await browser.get(PAGE), f"{PAGE}/export")
    asked = await browser.submit(refused, f"{PAGE}/export", {"current_password": PASSWORD})

    assert (refused.status, asked.status) == (422, 303)
    assert "enter your current password" in refused.words


async def test_nothing_is_downloaded_before_it_is_there(
    browser: Browser, services: Services
) -> None:
    browser.become(await make_reader("zoe"))
    page = await browser.get(PAGE)

    refused = await browser.post(f"{PAGE}/download", page.form(f"{PAGE}/export").fields)

    assert refused.status == 422
    assert "no export to download" in refused.words


async def test_the_account_is_deleted_and_the_browser_signed_out(
    browser: Browser, services: Services, tmp_path: Path
) -> None:
    browser.become(await make_reader("zoe"))
    typed = {"current_password": PASSWORD, "confirmation": "delete"}

    gone = await browser.follow(
        await browser.submit(await browser.get(PAGE), f"{PAGE}/delete", typed)
    )
    await finish(services, tmp_path)

    assert "are deleted" in gone.words
    assert (await browser.get(PAGE)).location.startswith("/sign-in")
    assert await count("app_user", "deleted_at IS NOT NULL") == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"current_password": PASSWORD, "confirmation": "no"}, "Please type DELETE"),
        ({"current_password": "wrong", "confirmation": "DELETE"}, "password is wrong"),
        ({"current_password": "", "confirmation": "DELETE"}, "password is wrong"),
    ],
    ids=["word", "password", "no password"],
)
async def test_a_refusal_stands_at_its_field_and_changes_nothing(
    browser: Browser, services: Services, typed: dict[str, str], words: str
) -> None:
    browser.become(await make_reader("zoe"))

    refused = await browser.submit(await browser.get(PAGE), f"{PAGE}/delete", typed)

    assert refused.status == 422
    assert words in refused.words
    assert await count("app_user", "deleted_at IS NULL") == 1


async def test_the_page_says_before_what_stands_in_the_way_and_leads_there(
    browser: Browser, services: Services
) -> None:
    owner = await make_reader("zoe", TierCode.BUSINESS)
    await make_member(owner, "hugo", AccountRole.MEMBER)
    browser.become(owner)

    page = await browser.get(PAGE)
    typed = {"current_password": PASSWORD, "confirmation": "DELETE"}
    refused = await browser.submit(page, f"{PAGE}/delete", typed)

    assert "“Zoe” has other members" in page.words
    assert "/account/members" in page.links()
    assert refused.status == 409
    assert "“Zoe” has other members" in refused.words


async def test_the_page_speaks_french(browser: Browser, services: Services) -> None:
    browser.client.headers["accept-language"] = "fr"
    person = await make_reader("zoe")
    await put("app_user", "locale", "fr")
    browser.become(person)

    page = await browser.get(PAGE)

    assert "Tapez SUPPRIMER pour confirmer" in page.words
    typed = {"current_password": PASSWORD, "confirmation": "supprimer"}
    assert (await browser.submit(page, f"{PAGE}/delete", typed)).location == "/?notice=deleted"
