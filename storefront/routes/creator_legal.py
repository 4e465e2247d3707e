"""Who a creator is before the law, asked when they join and changed later."""

from litestar import get, post
from litestar.di import NamedDependency
from msgspec.structs import asdict

from chenu.accounts.roles import Right
from chenu.agents.creators import get_own_creator
from chenu.agents.legal_details import LegalDetailsInput, find_legal_details, save_legal_details
from chenu.agents.queries import find_creator_of
from chenu.agents.rows import CreatorRow
from chenu.billing import connect_accounts
from storefront.access import SIGNED_IN, for_right
from storefront.forms import REFUSALS, FormView, HttpRequest, keep, read_form
from storefront.pages import Page, Pages

_TEXTS = (
    *("legal_name", "line1", "line2", "postal_code", "city", "country"),
    *("vat_number", "tax_number"),
)
_AGREED = "on"


@get("/creator/legal", opt=SIGNED_IN)
async def show_legal(pages: NamedDependency[Pages]) -> Page:
    creator = await find_creator_of(pages.request_context.actor.require_user())
    if creator is None:
        return pages.go("/creator/join")
    return _render(pages, creator, FormView("legal", await _read_values(creator)))


async def _read_values(creator: CreatorRow) -> dict[str, str]:
    """What is known; before, the country where Stripe pays them."""
    details = await find_legal_details(creator.id)
    if details is not None:
        known = asdict(details)
        values = {name: str(known[name]) for name in _TEXTS}
        return {**values, "country": details.country.lower(), "agrees": _AGREED}
    account = await connect_accounts.find_of_user(creator.owner_id)
    return {"country": account.country if account else "fr"}


def _render(pages: Pages, creator: CreatorRow, form: FormView, status: int = 200) -> Page:
    return pages.show("creator/legal.html", status, creator=creator, form=form)


@post("/creator/legal", opt=for_right(Right.MAKE_AGENTS))
async def save_legal(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    typed = await read_form(request)
    actor = pages.request_context.actor
    texts = {name: typed.text(name) for name in _TEXTS}
    data = LegalDetailsInput(**texts, agrees=typed.text("agrees") == _AGREED)
    try:
        await save_legal_details(actor, data)
    except REFUSALS as refusal:
        form = pages.refused("legal", keep(typed, (*_TEXTS, "agrees")), refusal)
        return _render(pages, await get_own_creator(actor), form, pages.status(refusal))
    return pages.go("/creator/earnings?notice=legal#statements")
