"""An owner sets single sign-on up in a browser: axe finds nothing on any of its pages."""

from datetime import timedelta

from chenu.core.clock import system_now
from tests.browser.visitor import MARKS, Visitor
from tests.saml.metadata import write_provider_metadata
from tests.saml.provider import make_key

pytestmark = MARKS

_SET_UP = "/account/sign-in"


async def test_pages_of_the_set_up_have_no_accessibility_fault(visitor: Visitor) -> None:
    await visitor.sign_in("enterprise")
    metadata = write_provider_metadata(make_key(until=system_now() + timedelta(days=900)))
    faults = {}

    await visitor.go(_SET_UP)
    await visitor.page.fill("form[action$='/domains'] [name=name]", "annuaire-du-nord.fr")
    await visitor.press("form[action$='/domains'] button")
    await visitor.page.wait_for_url("**notice=domain-added*")
    saml = visitor.page.locator("form[action$='/saml']")
    await saml.locator("[name=name]").fill("Annuaire")
    await saml.locator("[name=metadata]").fill(metadata)
    await saml.locator("button").click()
    await visitor.page.wait_for_url("**notice=connection-added*")
    faults["connection"] = await _faults(visitor)
    await visitor.press("form[action$='/token'] button")
    await visitor.page.wait_for_selector(".secret")
    faults["token"] = await _faults(visitor)
    await visitor.go(_SET_UP)
    faults["set-up"] = await _faults(visitor)

    await visitor.press("main a[href*='/connections/']")
    await visitor.press("form[action$='/remove'] button")
    await visitor.page.wait_for_url("**notice=connection-removed*")
    await visitor.press("form[action*='/domains/'][action$='/remove'] button")
    await visitor.page.wait_for_url("**notice=domain-removed*")
    assert faults == {"connection": [], "token": [], "set-up": []}
    visitor.require_clean()


async def _faults(visitor: Visitor) -> list[str]:
    """Narrow and wide in the light, and wide in the dark."""
    found = []
    for width in (360, 1440):
        await visitor.look("light", width)
        found += await visitor.accessibility_faults()
    await visitor.look("dark", 1440)
    return found + await visitor.accessibility_faults(of_colours=True)
