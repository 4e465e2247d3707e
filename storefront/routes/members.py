"""Company accounts: which one a session acts for."""

from uuid import UUID

from litestar import post
from litestar.di import NamedDependency

from chenu.accounts.actor import AccountId
from chenu.accounts.sessions import choose_account
from chenu.core.errors import Invalid
from storefront.access import SIGNED_IN
from storefront.forms import Fields, HttpRequest, read_form
from storefront.pages import Page, Pages


@post("/account/switch", opt=SIGNED_IN)
async def switch_account(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """The session acts for the account from here on; what is not the person's is not found."""
    account_id = AccountId(_read_id(await read_form(request), "account"))
    await choose_account(pages.request_context.actor, account_id)
    return pages.go("/account?notice=switched")


def _read_id(fields: Fields, name: str) -> UUID:
    try:
        return UUID(fields.text(name))
    except ValueError:
        raise Invalid("Please choose one of your accounts", path=(name,)) from None
