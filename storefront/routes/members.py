"""Company accounts: which one a session acts for, who is in it, and who is invited."""

import asyncio
from collections.abc import Awaitable
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.actor import AccountId, AccountRole, UserId
from chenu.accounts.invitations import (
    InvitationId,
    invite,
    list_invitations,
    revoke_invitation,
    send_invitation_again,
)
from chenu.accounts.members import (
    GIVEN_ROLES,
    change_role,
    count_members,
    get_seated_account,
    hand_over,
    leave_account,
    list_members,
    remove_member,
    rename_account,
)
from chenu.accounts.roles import Right
from chenu.accounts.sessions import choose_account
from chenu.core.errors import ChenuError, Invalid, NotFound, RateLimited
from chenu.flows.sso.confirming import find_own_ways, read_password
from storefront import words
from storefront.access import SIGNED_IN, for_right
from storefront.forms import (
    REFUSED_TRIES,
    Fields,
    FormView,
    HttpRequest,
    forms_of_page,
    keep,
    read_form,
)
from storefront.pages import Page, Pages
from storefront.visitor import account_of

_OWNERS_WORK = for_right(Right.MANAGE_MEMBERS)
_FORMS = ("invite", "account", "hand-over")
"""Those with fields to come back to, by the beginning of their ids."""
_CACHED = ("email", "role", "member", "name")


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


@get("/account/members", opt=SIGNED_IN)
async def show_members(pages: NamedDependency[Pages]) -> Page:
    return await _render(pages, FormView("invite"))


async def _render(pages: Pages, form: FormView, status: int = 200) -> Page:
    """Addresses and invitations are the owner's to see."""
    actor = pages.request_context.actor
    account_id = account_of(actor)
    may_manage = actor.has_right(Right.MANAGE_MEMBERS)
    account, members, member_count = await asyncio.gather(
        get_seated_account(account_id), list_members(account_id), count_members(account_id)
    )
    return pages.show(
        "account/members.html",
        status,
        account=account,
        members=members,
        member_count=member_count,
        invitations=await list_invitations(account_id) if may_manage else [],
        may_manage=may_manage,
        given_roles=GIVEN_ROLES,
        role_options=[(role, pages.say(words.ROLES[role])) for role in GIVEN_ROLES],
        member_options=[
            (str(member.user_id), f"{member.display_name} · {member.email}")
            for member in members
            if member.role is not AccountRole.OWNER
        ],
        form=form,
        forms=forms_of_page(form, _FORMS),
        ways=await find_own_ways(pages.request_context.actor),
    )


async def _try(
    pages: Pages, form: str, work: Awaitable[object], notice: str, typed: Fields | None = None
) -> Page:
    """What was asked for is done, or the page says why not, with the form as it was typed."""
    try:
        await work
    except NotFound:
        raise
    except REFUSED_TRIES as error:
        return await _show_refusal(pages, form, error, typed)
    return pages.go(f"/account/members?notice={notice}")


async def _show_refusal(pages: Pages, form: str, error: ChenuError, typed: Fields | None) -> Page:
    values = keep(typed, _CACHED) if typed else {}
    page = await _render(pages, pages.refused(form, values, error), pages.status(error))
    if isinstance(error, RateLimited):
        page.headers["Retry-After"] = str(error.retry_after)
    return page


@post("/account/members/invite", opt=_OWNERS_WORK)
async def send_invitation(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """The same answer whether somebody has the address or not."""
    fields = await read_form(request)
    work = invite(pages.request_context.actor, fields.text("email"), fields.text("role"))
    return await _try(pages, "invite", work, "invited", fields)


@post("/account/members/name", opt=_OWNERS_WORK)
async def name_account(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    fields = await read_form(request)
    work = rename_account(pages.request_context.actor, fields.text("name"))
    return await _try(pages, "account", work, "account-named", fields)


@post("/account/invitations/{invitation_id:uuid}/resend", opt=_OWNERS_WORK)
async def resend_invitation(pages: NamedDependency[Pages], invitation_id: FromPath[UUID]) -> Page:
    work = send_invitation_again(pages.request_context.actor, InvitationId(invitation_id))
    return await _try(pages, "resend", work, "invited")


@post("/account/invitations/{invitation_id:uuid}/revoke", opt=_OWNERS_WORK)
async def end_invitation(pages: NamedDependency[Pages], invitation_id: FromPath[UUID]) -> Page:
    await revoke_invitation(pages.request_context.actor, InvitationId(invitation_id))
    return pages.go("/account/members?notice=invitation-revoked")


@post("/account/members/{member_id:uuid}/role", opt=_OWNERS_WORK)
async def give_role(
    request: HttpRequest, pages: NamedDependency[Pages], member_id: FromPath[UUID]
) -> Page:
    fields = await read_form(request)
    work = change_role(pages.request_context.actor, UserId(member_id), fields.text("role"))
    return await _try(pages, f"role-{member_id}", work, "role")


@post("/account/members/{member_id:uuid}/remove", opt=_OWNERS_WORK)
async def end_membership(pages: NamedDependency[Pages], member_id: FromPath[UUID]) -> Page:
    work = remove_member(pages.request_context.actor, UserId(member_id))
    return await _try(pages, "remove", work, "member-removed")


@post("/account/members/hand-over", opt=_OWNERS_WORK)
async def give_account(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """To the member that is chosen; with the password unless the person has just signed in."""
    fields = await read_form(request)
    actor = pages.request_context.actor
    password = await read_password(actor, fields.text("current_password"))
    work = hand_over(actor, _read_member(fields), password)
    return await _try(pages, "hand-over", work, "handed-over", fields)


def _read_member(fields: Fields) -> UserId:
    try:
        return UserId(UUID(fields.text("member")))
    except ValueError:
        raise Invalid("Please choose a member of this account", path=("member",)) from None


@post("/account/members/leave", opt=SIGNED_IN)
async def leave(pages: NamedDependency[Pages]) -> Page:
    """Afterwards the person acts for their personal account."""
    try:
        await leave_account(pages.request_context.actor)
    except REFUSED_TRIES as error:
        return await _show_refusal(pages, "leave", error, None)
    return pages.go("/account?notice=left")
