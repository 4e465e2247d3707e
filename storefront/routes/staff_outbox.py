"""Mails that were sent, wait or were given up, for support and finance: sent once more.

What is written in a mail is never shown: it may hold the link that opens somebody's account.
"""

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.core.mail_list import ListedMail, get_mail, list_mails
from chenu.core.paging import Key
from chenu.flows.replays import replay_mail, seen_of
from storefront.access import SUPPORT_OR_FINANCE
from storefront.forms import REFUSALS, FormView, HttpRequest, keep, read_form, read_query
from storefront.pages import Page, Pages
from storefront.replay_form import FORM, TYPED, list_pager, read_order, read_state
from storefront.replay_words import MAIL_STATES, list_tabs

_PATH = "/staff/payments/mails"
_ONE = f"{_PATH}/{{mail_id:uuid}}"


@get(_PATH, opt=SUPPORT_OR_FINANCE)
async def show_mails(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    query, actor = read_query(request), pages.request_context.actor
    state = read_state(query, MAIL_STATES)
    pager = list_pager(pages, _PATH, state)
    found = await list_mails(state, pager.read(query))
    page = pages.show(
        "staff/outbox.html",
        tabs=list_tabs(actor),
        mails=found.rows,
        links=pager.links(found, _key_of),
        state=state,
        states=MAIL_STATES,
    )
    await record_staff_reads(actor, [StaffRead("queue", "mails")])
    return page


def _key_of(row: ListedMail) -> Key:
    return (row.created_at.isoformat(), str(row.id))


@get(_ONE, opt=SUPPORT_OR_FINANCE)
async def show_mail(pages: NamedDependency[Pages], mail_id: FromPath[UUID]) -> Page:
    return await _render(pages, mail_id, FormView(FORM))


async def _render(pages: Pages, mail_id: UUID, form: FormView, status: int = 200) -> Page:
    found, actor = await get_mail(mail_id), pages.request_context.actor
    page = pages.show(
        "staff/outbox_mail.html",
        status,
        tabs=list_tabs(actor),
        mail=found,
        states=MAIL_STATES,
        seen=seen_of(found),
        form=form,
    )
    await record_staff_reads(actor, [StaffRead("mail", found.id)])
    return page


@post(f"{_ONE}/replay", opt=SUPPORT_OR_FINANCE)
async def replay(
    request: HttpRequest, pages: NamedDependency[Pages], mail_id: FromPath[UUID]
) -> Page:
    fields = await read_form(request)
    await get_mail(mail_id)
    try:
        await replay_mail(pages.request_context.actor, mail_id, read_order(fields))
    except REFUSALS as error:
        form = pages.refused(FORM, keep(fields, TYPED), error)
        return await _render(pages, mail_id, form, pages.status(error))
    return pages.go(f"{_PATH}/{mail_id}?notice=replay-queued")
