"""Inviting a colleague in a browser: by keyboard, with JavaScript and without."""

import re

import httpx
import pytest
from playwright.async_api import Browser

from tests.browser.visitor import MARKS, Visitor, open_visitor
from tests.demo.running import RunningDemo

pytestmark = MARKS

PAGE = "/account/members"
_LINK = re.compile(r"/invitation\?token=[\w-]+")


async def _mailed_link(visitor: Visitor, email: str) -> str:
    """The link of the latest invitation, as the demo's own page of mails shows it."""
    for _ in range(100):
        async with httpx.AsyncClient() as http:
            answer = await http.get(f"{visitor.demo.url}/demo/mail", params={"q": email})
        found = _LINK.findall(answer.text)
        if found:
            return str(found[0])
        await visitor.page.wait_for_timeout(100)
    raise AssertionError("no invitation was mailed")


@pytest.mark.parametrize("javascript", [True, False], ids=["with script", "without script"])
async def test_an_owner_invites_a_colleague_who_joins_and_leaves(
    chromium: Browser, demo: RunningDemo, javascript: bool
) -> None:
    email, _ = demo.password("free")
    async with open_visitor(chromium, demo, javascript=javascript) as owner:
        await owner.sign_in("business")
        await owner.go(PAGE)
        await owner.page.focus("#invite-email")
        await owner.page.keyboard.type(email)
        await owner.page.keyboard.press("Enter")
        await owner.page.wait_for_url("**/account/members?notice=invited")
        link = await _mailed_link(owner, email)
    async with open_visitor(chromium, demo, javascript=javascript) as guest:
        await guest.sign_in("free")
        await guest.go(link)
        await guest.page.focus("main form[action='/invitation'] button")
        await guest.page.keyboard.press("Enter")
        await guest.page.wait_for_url("**/account/members?notice=account-joined")

        assert "Nora Benali" in await guest.text()
        assert await guest.page.locator("#acting-account option").count() == 2
        if javascript:
            assert await guest.accessibility_faults() == []
        await guest.press(f"form[action='{PAGE}/leave'] button")
        await guest.page.wait_for_url("**/account?notice=left")
        assert await guest.page.locator("#acting-account").count() == 0
