"""A12: whoever wants to earn with themselves, with clicks that nobody made, or twice.

Each attempt ends with a paid invoice; nothing of it may be on its way to the affiliate.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from chenu.accounts.customers import adopt_customer
from chenu.accounts.devices import remember_device
from chenu.accounts.queries import get_personal_account
from chenu.accounts.sessions import open_session
from chenu.accounts.users import Browser, SignUp
from chenu.affiliates.affiliates import AffiliateRow
from chenu.affiliates.click_tokens import FollowedLink, sign_click
from chenu.affiliates.clicks import record_click
from chenu.affiliates.commissions import get_commission_sums
from chenu.affiliates.model import ClickId
from chenu.billing.recurring import InvoiceStatus
from chenu.billing.trials import record_trial
from chenu.core import db
from chenu.core.business_clock import advance_clock
from chenu.core.clock import business_now
from chenu.core.errors import AlreadyExists
from chenu.core.ids import new_id
from chenu.flows.affiliates.sign_up import sign_up_customer
from chenu.flows.services import Services
from chenu.flows.subscriptions.invoices import adopt_invoice
from tests.affiliates.bound import make_affiliate
from tests.affiliates.following import CUSTOMER, TAX, TOTAL, make_charge
from tests.affiliates.test_clicks import FIREFOX
from tests.billing.recurring import answered, made_up_invoice
from tests.people import PASSWORD, Person, make_person
from tests.rows import count, put

HOME, HOME_V6, ELSEWHERE = "203.0.113.7", "2001:db8:1:2::7", "198.51.100.9"


@dataclass
class Scene:
    """An affiliate, signed in at home; `email` is of the last sign-up."""

    services: Services
    theo: Person
    affiliate: AffiliateRow
    email: str = ""

    async def sign_up(self, email: str = "zoe@example.org", **browser: Any) -> None:
        """With the code in the form."""
        await self.arrive(email, self.affiliate.code, **browser)

    async def arrive(self, email: str, code: str | None, **browser: Any) -> None:
        self.email = email
        person = SignUp(email, PASSWORD, "Somebody", referral_code=code)
        visited = replace(Browser("tests", ELSEWHERE), **browser)
        await sign_up_customer(self.services.settings, person, visited)

    async def follow(self, ip: str = ELSEWHERE) -> str:
        """The cookie of somebody who followed the link and said yes."""
        click = await record_click(self.affiliate.code, "/", ip, FIREFOX)
        assert click is not None
        return self.sign(click, self.services.settings.secret)

    def sign(self, click: ClickId, secret: bytes) -> str:
        return sign_click(FollowedLink(click, self.affiliate.code), secret)

    async def pay(self) -> None:
        """An invoice of the last one who signed up."""
        owner = await db.fetch_value("SELECT id FROM app_user WHERE email = $1", self.email.lower())
        await adopt_customer(await get_personal_account(owner), CUSTOMER)
        state = replace(
            made_up_invoice(CUSTOMER),
            status=InvoiceStatus.PAID,
            tax=TAX,
            total=TOTAL,
            amount_paid=TOTAL,
            paid_at=business_now(),
            payments=tuple(map(make_charge, range(3))),
            metadata={"kind": "tier"},
        )
        fetched = await answered(state)

        async def write() -> bool:
            return await adopt_invoice(fetched)

        assert await db.run_in_transaction(write)

    async def earned(self) -> int:
        """What is paid, or will be without anybody looking at it."""
        sums = await get_commission_sums(self.affiliate.id)
        return sums.pending + sums.due + sums.paid


@pytest.fixture
async def scene(services: Services) -> Scene:
    theo = await make_person("theo")
    for ip in (HOME, HOME_V6):
        await open_session(theo.user_id, "tests", ip)
    return Scene(services, theo, await make_affiliate(theo))


async def _with_gmail(scene: Scene, email: str) -> None:
    await put("app_user", "email", "the.o@gmail.com", "id = $2", scene.theo.user_id)
    await scene.sign_up(email)


async def _from_own_device(scene: Scene) -> None:
    await scene.sign_up(devices=await remember_device(scene.theo.user_id, ""))


async def _as_a_neighbour(scene: Scene) -> None:
    await scene.sign_up("max@example.org", ip="192.0.2.1")
    await scene.sign_up(ip="192.0.2.1")


async def _with_one_visitor(scene: Scene) -> None:
    cookies = [await scene.follow("192.0.2.1") for _ in range(2)]
    await scene.arrive("max@example.org", None, followed_link=cookies[0], ip="192.0.2.2")
    await scene.arrive("zoe@example.org", None, followed_link=cookies[1], ip="192.0.2.3")


async def _twice(scene: Scene) -> None:
    await scene.sign_up("max@example.org", ip="192.0.2.1")
    await scene.sign_up("max+2@example.org", ip="192.0.2.2")


async def _as_a_customer(scene: Scene) -> None:
    await scene.sign_up(session_token=(await make_person("max")).token)


async def _after_a_trial(scene: Scene) -> None:
    await record_trial("zoe@example.org", new_id())
    await scene.sign_up("zoe+again@example.org")


async def _too_late(scene: Scene) -> None:
    cookie = await scene.follow()
    await advance_clock(timedelta(days=90))
    await scene.arrive("zoe@example.org", None, followed_link=cookie)


async def _with_forged_cookie(scene: Scene) -> None:
    click = await record_click(scene.affiliate.code, "/", ELSEWHERE, FIREFOX)
    assert click is not None
    await scene.arrive("zoe@example.org", None, followed_link=scene.sign(click, b"guessed"))


async def _with_another_code(scene: Scene) -> None:
    """The code in a signed cookie of somebody else's."""
    other = await make_affiliate(await make_person("other"))
    click = await record_click(other.code, "/", ELSEWHERE, FIREFOX)
    assert click is not None
    link = FollowedLink(click, other.code)
    cookie = sign_click(link, scene.services.settings.secret)
    changed = cookie.replace(other.code, scene.affiliate.code)
    await scene.arrive("zoe@example.org", None, followed_link=changed)


async def _with_another_click(scene: Scene) -> None:
    """Signed by us for another affiliate: the row on the server counts, and it is theirs."""
    other = await make_affiliate(await make_person("other"))
    click = await record_click(other.code, "/", ELSEWHERE, FIREFOX)
    assert click is not None
    cookie = scene.sign(click, scene.services.settings.secret)
    await scene.sign_up(followed_link=cookie)


async def _with_no_click(scene: Scene) -> None:
    cookie = scene.sign(ClickId(new_id()), scene.services.settings.secret)
    await scene.arrive("zoe@example.org", None, followed_link=cookie)


async def _suspended(scene: Scene, *, by_link: bool) -> None:
    cookie = await scene.follow()
    await put("affiliate", "status", "SUSPENDED", "id = $2", scene.affiliate.id)
    code = None if by_link else scene.affiliate.code
    await scene.arrive("zoe@example.org", code, followed_link=cookie if by_link else "")


async def _suspended_later(scene: Scene) -> None:
    await scene.sign_up()
    await put("affiliate", "status", "SUSPENDED", "id = $2", scene.affiliate.id)


Attempt = Callable[[Scene], Awaitable[None]]

ATTEMPTS: dict[str, Attempt] = {
    "an address with a tag": lambda it: it.sign_up("theo+shop@example.org"),
    "in capitals with a tag": lambda it: it.sign_up("THEO+Shop@Example.org"),
    "dots at Google": lambda it: _with_gmail(it, "t.he.o@gmail.com"),
    "Google's other name": lambda it: _with_gmail(it, "theo+x@googlemail.com"),
    "own device": _from_own_device,
    "own session": lambda it: it.sign_up(session_token=it.theo.token),
    "own network": lambda it: it.sign_up(ip=HOME),
    "own network of IPv6": lambda it: it.sign_up(ip="2001:db8:1:2:aaaa::1"),
    "own network in disguise": lambda it: it.sign_up(ip=f"::ffff:{HOME}"),
    "one network for two": _as_a_neighbour,
    "one visitor for two": _with_one_visitor,
    "disposable mail": lambda it: it.sign_up("zoe@mailinator.com"),
    "disposable mail below": lambda it: it.sign_up("zoe@x.mailinator.com"),
    "two accounts of one mailbox": _twice,
    "a customer": _as_a_customer,
    "a customer's second account": _after_a_trial,
    "an old click": _too_late,
    "a forged cookie": _with_forged_cookie,
    "a changed cookie": _with_another_code,
    "another's click": _with_another_click,
    "a click of nobody": _with_no_click,
    "a suspended link": lambda it: _suspended(it, by_link=True),
    "a suspended code": lambda it: _suspended(it, by_link=False),
    "suspended after the sign-up": _suspended_later,
}


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
async def test_no_trick_at_sign_up_earns_anything(scene: Scene, attempt: Attempt) -> None:
    await attempt(scene)
    await scene.pay()

    assert await scene.earned() == 0


async def test_an_honest_customer_earns_something(scene: Scene) -> None:
    """A control, without which the tests above would prove nothing."""
    await scene.arrive("zoe@example.org", None, followed_link=await scene.follow())
    await scene.pay()

    assert await scene.earned() == 242


async def test_nobody_signs_up_twice_with_one_address(scene: Scene) -> None:
    with pytest.raises(AlreadyExists):
        await scene.sign_up("Theo@example.org")

    assert await count("referral") == 0


STUFFED: dict[str, dict[str, str]] = {
    "an image": {"sec-fetch-dest": "image"},
    "a frame": {"sec-fetch-dest": "iframe"},
    "a script": {"sec-fetch-dest": "script"},
    "a style": {"sec-fetch-dest": "style"},
    "a fetch": {"sec-fetch-dest": "empty"},
    "a page fetched ahead": {"sec-purpose": "prefetch;prerender"},
    "a page fetched ahead, as before": {"purpose": "prefetch"},
    "a program": {"user-agent": "python-requests/2.32"},
    "a crawler": {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
}
METHODS = ("POST", "HEAD", "PUT", "OPTIONS")


async def test_no_stuffed_cookie_counts(client: httpx.AsyncClient, scene: Scene) -> None:
    """By what another page loads in the background, and by what is no visit."""
    url, firefox = f"/pricing?ref={scene.affiliate.code}", {"user-agent": FIREFOX}
    set_by = []

    for name, headers in STUFFED.items():
        answer = await client.get(url, headers={**firefox, **headers})
        set_by += [name] if "set-cookie" in answer.headers else []
    for method in METHODS:
        answer = await client.request(method, url, headers=firefox)
        set_by += [method] if "set-cookie" in answer.headers else []
    stuffed = await count("affiliate_click")
    visit = await client.get(url, headers={**firefox, "sec-fetch-dest": "document"})

    assert set_by == []
    assert stuffed == 0
    assert await count("affiliate_click") == 1
    assert "set-cookie" not in visit.headers  # not before an explicit yes


def test_there_are_enough_of_them() -> None:
    assert len(ATTEMPTS) + len(STUFFED) + len(METHODS) >= 20
