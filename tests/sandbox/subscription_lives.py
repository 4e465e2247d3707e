"""Subscriptions on test clocks of their own, for tests that let time pass."""

from datetime import UTC, datetime
from typing import Any

from tests.sandbox.playground import SPRING, Playground


class Life:
    """One subscription on a test clock of its own."""

    def __init__(self, play: Playground, clock: Any, customer: Any, subscription: Any) -> None:
        self.play, self.clock, self.customer = play, clock, customer
        self.id = subscription.id
        self.seen = 0

    async def to(self, moment: int | str) -> None:
        """Advance the clock to a moment."""
        target = at(moment) if isinstance(moment, str) else moment
        clocks = self.play.stripe.v1.test_helpers.test_clocks
        await clocks.advance_async(self.clock.id, {"frozen_time": target})
        assert (await clocks.retrieve_async(self.clock.id)).status == "ready"

    async def now(self, *expand: str) -> Any:
        subscriptions = self.play.stripe.v1.subscriptions
        return await subscriptions.retrieve_async(self.id, {"expand": list(expand)})

    async def update(self, **values: Any) -> Any:
        return await self.play.stripe.v1.subscriptions.update_async(self.id, values)

    async def invoices(self) -> list[Any]:
        """Oldest first."""
        page = await self.play.stripe.v1.invoices.list_async(
            {"subscription": self.id, "limit": 100}
        )
        return list(reversed(page.data))

    async def mark(self) -> None:
        self.seen = len(await all_events(self.play))

    async def events(self) -> list[str]:
        """Since the mark, without those of the clock and the announcements of renewals."""
        types = await all_events(self.play)
        return [
            one
            for one in types[self.seen :]
            if "test_clock" not in one and one != "invoice.upcoming"
        ]


async def all_events(play: Playground) -> list[str]:
    found = [
        event.type async for event in (await play.stripe.v1.events.list_async({"limit": 100}))
        .auto_paging_iter()
    ]  # fmt: skip
    return list(reversed(found))


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def day_of(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"


async def begin_life(
    play: Playground,
    method: str | None = "pm_card_visa",
    *,
    start: int = SPRING,
    interval: str = "month",
    amount: int = 2900,
    **values: Any,
) -> Life:
    clock = await play.test_clock(frozen_time=start)
    if method:
        customer = await play.customer_with_card(method, test_clock=clock.id)
    else:
        customer = await play.customer(test_clock=clock.id)
    price = await play.plan(amount, interval)
    subscription = await play.subscription(customer, price, **values)
    return Life(play, clock, customer, subscription)


async def pay_on_page(play: Playground, invoice: Any, card: str = "4242424242424242") -> Any:
    form = {"card": card, "exp": "12/34", "cvc": "123", "name": "Zoé"}
    return await play.http.post(invoice.hosted_invoice_url, data=form)


JUNE, JULY = at("2030-06-01"), at("2030-07-01")


async def begin_june(play: Playground, method: str = "pm_card_visa", **values: Any) -> Life:
    """Pro for 30.00 a month since the 1st of June."""
    return await begin_life(play, method, start=JUNE, amount=3000, **values)


async def price_change(life: Life, price: Any, **values: Any) -> dict[str, Any]:
    """The parameters that replace the only item's price."""
    item = (await life.now())["items"].data[0]
    return {"items": [{"id": item.id, "price": price.id}], **values}


async def preview_of(play: Playground, life: Life, **details: Any) -> Any:
    """What a change would bill; it leaves no trace."""
    before = await play.control("state")
    invoice = await play.stripe.v1.invoices.create_preview_async(
        {"customer": life.customer.id, "subscription": life.id, "subscription_details": details}
    )
    assert await play.control("state") == before
    return invoice
