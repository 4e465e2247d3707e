"""A second factor in a browser: by keyboard, and no accessibility fault on its way."""

import time

import pyotp

from tests.browser.visitor import MARKS, Visitor

pytestmark = MARKS

PAGE = "/account/security"


async def _type_code(visitor: Visitor, code: str) -> None:
    await visitor.page.locator("[name=code]").fill(code)
    await visitor.page.keyboard.press("Enter")


async def _enter_password(visitor: Visitor) -> str:
    """By somebody who is signed out; the page that asks for the code is shown."""
    await visitor.sign_out()
    email, password = visitor.demo.password("left")
    await visitor.go("/sign-in")
    await visitor.page.fill("[name=email]", email)
    await visitor.page.fill("[name=password]", password)
    await visitor.page.keyboard.press("Enter")
    await visitor.page.wait_for_selector("form[action='/sign-in/code']")
    return password


async def test_it_is_switched_on_asked_for_and_switched_off(visitor: Visitor) -> None:
    await visitor.sign_in("left")
    await visitor.go(PAGE)
    await visitor.press(f"form[action='{PAGE}/begin'] button")
    await visitor.page.wait_for_selector(".qr svg")
    secret = await visitor.page.locator("code").first.inner_text()
    faults = await visitor.accessibility_faults()
    await _type_code(visitor, pyotp.TOTP(secret).now())
    await visitor.page.wait_for_selector(".codes")
    faults += await visitor.accessibility_faults()
    codes = await visitor.page.locator(".codes code").all_inner_texts()

    password = await _enter_password(visitor)
    faults += await visitor.accessibility_faults()
    # the next half minute's code is taken already now
    await _type_code(visitor, pyotp.TOTP(secret).at(time.time() + 30))
    await visitor.page.wait_for_selector("header a[href='/account']")
    await visitor.go("/sign-in/again")
    faults += await visitor.accessibility_faults()
    await visitor.page.fill("[name=again_password]", password)
    await visitor.page.locator("[name=again_code]").fill(codes[0])
    await visitor.page.keyboard.press("Enter")
    await visitor.page.wait_for_url("**/library")
    await visitor.go(PAGE)
    await visitor.press(f"form[action='{PAGE}/off'] button")
    await visitor.page.wait_for_selector("[role=status]")

    assert len(codes) == 10
    assert faults == []
    assert await visitor.page.locator(f"form[action='{PAGE}/begin']").count() == 1
