"""Token packs: buying one, where Stripe's page leads back to, and giving one back."""

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.roles import Right
from chenu.core.errors import BrokenRequest, ChenuError, Invalid, NotFound
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.packs.buy import BuyPackInput, buy_pack
from chenu.flows.packs.refunds import RefundPackInput, get_pack_offer, refund_own_pack
from chenu.flows.packs.state import PackState, report_pack_order
from chenu.flows.services import Services
from chenu.tokens.pack_orders import PackOrderId, get_own_pack_order
from chenu.tokens.pack_terms import pack_terms
from chenu.tokens.packs import TokenPack, find_pack
from storefront.access import SIGNED_IN, for_right
from storefront.forms import REFUSALS, FormView, HttpRequest, read_form, read_query
from storefront.pages import Page, Pages
from storefront.visitor import account_of

_REFUSED = (*REFUSALS, BrokenRequest)
_WAITING = (PackState.OPEN, PackState.CONFIRMING)
"""States that may change by themselves: the page is refreshed every two seconds."""


@get("/tokens/packs/{code:str}", opt=SIGNED_IN)
async def show_pack(pages: NamedDependency[Pages], code: FromPath[str]) -> Page:
    """One pack with its button: where a mail or a banner leads to."""
    return _render_pack(pages, _get_pack(code), FormView("pack"))


def _get_pack(code: str) -> TokenPack:
    pack = find_pack(code)
    if pack is None:
        raise NotFound("There is no such pack")
    return pack


def _render_pack(pages: Pages, pack: TokenPack, form: FormView, status: int = 200) -> Page:
    return pages.show(
        "tokens/pack.html",
        status,
        pack=pack,
        form=form,
        pack_terms=pack_terms(pages.locale),
        may_buy_packs=pages.request_context.actor.has_right(Right.BUY_PACKS),
        pack_key=new_id().hex,
    )


@post("/tokens/packs/{code:str}/buy", opt=for_right(Right.BUY_PACKS))
async def buy(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    code: FromPath[str],
) -> Page:
    """On to Stripe's page; what was paid meanwhile is shown on our own."""
    pack, fields = _get_pack(code), await read_form(request)
    try:
        order = await buy_pack(
            services,
            pages.request_context.actor,
            BuyPackInput(pack.code, pages.locale),
            fields.text("idempotency_key"),
        )
    except _REFUSED as refusal:
        form = pages.refused("pack", {}, refusal)
        return _render_pack(pages, pack, form, pages.status(refusal))
    page = order.checkout_url if order.is_pending else None
    return pages.go(page or f"/tokens/orders/{order.id}")


@get("/tokens/orders/{pack_order_id:uuid}", opt=SIGNED_IN)
async def show_order(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    pack_order_id: FromPath[UUID],
) -> Page:
    """Where Stripe's page leads back to, paid or not."""
    account_id = account_of(pages.request_context.actor)
    report = await report_pack_order(services, account_id, PackOrderId(pack_order_id))
    if pages.is_fragment and read_query(request).text("seen") == report.state:
        return pages.nothing()
    return pages.show(
        "tokens/_order.html" if pages.is_fragment else "tokens/order.html",
        order=report.order,
        state=report.state,
        is_waiting=report.state in _WAITING,
    )


@get("/tokens/orders/{pack_order_id:uuid}/refund", opt=for_right(Right.BUY_PACKS))
async def show_refund(pages: NamedDependency[Pages], pack_order_id: FromPath[UUID]) -> Page:
    """The second step: what goes back, to be confirmed."""
    return await _render_refund(pages, PackOrderId(pack_order_id), FormView("refund"))


async def _render_refund(
    pages: Pages, order_id: PackOrderId, form: FormView, status: int = 200
) -> Page:
    order = await get_own_pack_order(account_of(pages.request_context.actor), order_id)
    return pages.show(
        "tokens/refund.html",
        status,
        offer=await get_pack_offer(order),
        order=order,
        form=form,
        idempotency_key=new_id().hex,
    )


@post("/tokens/orders/{pack_order_id:uuid}/refund", opt=for_right(Right.BUY_PACKS))
async def refund(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    pack_order_id: FromPath[UUID],
) -> Page:
    fields, row_id = await read_form(request), PackOrderId(pack_order_id)
    try:
        data = RefundPackInput(row_id, _read_cents(fields.text("expected_amount")))
        actor, key = pages.request_context.actor, fields.text("idempotency_key")
        row = await refund_own_pack(services, actor, data, key)
    except _REFUSED as error:
        return await _refuse(pages, row_id, error)
    return pages.go(f"/tokens?notice=pack-refund-{row.state.lower()}")


async def _refuse(pages: Pages, order_id: PackOrderId, error: ChenuError) -> Page:
    form = pages.refused("refund", {}, error)
    return await _render_refund(pages, order_id, form, pages.status(error))


def _read_cents(text: str) -> Cents:
    """What our own page has sent along."""
    if not text.isascii() or not text.isdecimal() or len(text) > 12:
        raise Invalid("Please enter a whole number", path=("expected_amount",))
    return Cents(int(text))
