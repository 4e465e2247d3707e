"""What the demo's affiliate has brought where it begins: clicks, customers, a first commission.

Not a part of the history's file, which is older than the programme.
"""

import httpx

from chenu.accounts.actor import ANONYMOUS
from chenu.accounts.audit import is_recorded, record
from chenu.accounts.users import Browser, SignUp
from chenu.affiliates.affiliates import AffiliateRow
from chenu.affiliates.click_tokens import FollowedLink, sign_click
from chenu.affiliates.clicks import record_click
from chenu.core import db
from chenu.demo.acts import Subscribe, own_card
from chenu.demo.advance import wait_until_quiet
from chenu.demo.people import DOMAIN, PASSWORD, DemoPerson
from chenu.demo.seed import act_as
from chenu.flows.affiliates.join import join_programme
from chenu.flows.affiliates.sign_up import sign_up_customer
from chenu.flows.services import Services
from chenu.settings import Settings
from chenu.tiers.catalogue import TierCode

RECOMMENDED = "demo.recommendations"
"""The action in the audit trail of a database that has them."""
AFFILIATE = "affiliate"
BROUGHT = (
    DemoPerson("clara", "Clara Besson"),
    DemoPerson("yanis", "Yanis Guérin"),
)
"""Who signed up by the link; the first has a plan."""
_DISPOSABLE = "essai@mailinator.com"
"""An address that is held: staff see why on /staff/affiliates."""
_BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
_LANDINGS = ("/", "/pricing", "/agents", "/pricing", "/developers", "/")
_CARD = 990


async def recommend(services: Services, sandbox: httpx.AsyncClient) -> None:
    """Once. Afterwards their invoice has its document. Raises ChenuError."""
    if await is_recorded(RECOMMENDED):
        return
    await _bring(services.settings)
    await Subscribe(BROUGHT[0].role, TierCode.STARTER, own_card(_CARD))(services)
    await wait_until_quiet(sandbox)


@db.transactional
async def _bring(settings: Settings) -> None:
    affiliate = await join_programme(await act_as(AFFILIATE))
    for number, landing in enumerate(_LANDINGS, start=1):
        await record_click(affiliate.code, landing, f"198.51.100.{number}", _BROWSER)
    for number, person in enumerate(BROUGHT, start=101):
        await _sign_up(settings, affiliate, person.email, person.display_name, number)
    await _sign_up(settings, affiliate, _DISPOSABLE, "Essai", 120)
    await record(ANONYMOUS, RECOMMENDED)


async def _sign_up(
    settings: Settings, affiliate: AffiliateRow, email: str, name: str, number: int
) -> None:
    """By the link, with the cookie that a yes to it sets."""
    ip = f"198.51.100.{number}"
    click = await record_click(affiliate.code, "/pricing", ip, _BROWSER)
    if click is None:
        raise RuntimeError(f"the link of {AFFILIATE}@{DOMAIN} does not count")
    cookie = sign_click(FollowedLink(click, affiliate.code), settings.secret)
    browser = Browser(_BROWSER, ip, followed_link=cookie)
    await sign_up_customer(settings, SignUp(email, PASSWORD, name), browser)
