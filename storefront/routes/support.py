"""Help: a page of answers for everybody, and the support desk for the plans that have one."""

from collections import defaultdict

from litestar import get, post
from litestar.di import NamedDependency

from chenu.accounts.actor import ActorKind, UserId
from chenu.accounts.roles import Right
from chenu.core.paging import Key
from chenu.support.requests import (
    AnswerRow,
    RequestId,
    RequestRow,
    ask_support,
    level_of,
    list_answers,
    list_own_requests,
    may_ask_support,
)
from storefront.access import PUBLIC, for_right
from storefront.forms import (
    REFUSED_TRIES,
    Fields,
    FormView,
    HttpRequest,
    keep,
    read_form,
    read_query,
)
from storefront.pages import Page, Pages
from storefront.paging import Pager
from storefront.routes.sessions import with_retry

_PAGE_SIZE = 10
_FIELDS = ("subject", "body")


@get("/support", opt=PUBLIC)
async def show_support(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    return await _render(pages, read_query(request), FormView("support"))


async def _render(pages: Pages, query: Fields, form: FormView, status: int = 200) -> Page:
    actor = pages.request_context.actor
    is_person = actor.kind is ActorKind.SESSION
    own = await _read_own(pages, actor.require_user(), query) if is_person else {}
    return pages.show(
        "support/page.html",
        status,
        form=form,
        level=level_of(actor.tier) if is_person else None,
        may_ask=is_person and may_ask_support(actor),
        is_person=is_person,
        **{"requests": [], "answers": {}, "links": None, **own},
    )


async def _read_own(pages: Pages, user_id: UserId, query: Fields) -> dict[str, object]:
    cursors = pages.cursors.of_list("support requests", user_id)
    pager = Pager(cursors, "/support", _PAGE_SIZE, anchor="#requests")
    found = await list_own_requests(user_id, pager.read(query))
    answers = await answers_by_request([row.id for row in found.rows])
    return {"requests": found.rows, "answers": answers, "links": pager.links(found, _key)}


def _key(request: RequestRow) -> Key:
    return (str(request.id), str(request.id))


async def answers_by_request(request_ids: list[RequestId]) -> dict[RequestId, list[AnswerRow]]:
    """Of each, the oldest answer first."""
    found: defaultdict[RequestId, list[AnswerRow]] = defaultdict(list)
    for answer in await list_answers(request_ids):
        found[answer.request_id].append(answer)
    return found


@post("/support", opt=for_right(Right.ASK_SUPPORT))
async def ask(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    fields = await read_form(request)
    actor = pages.request_context.actor
    try:
        await ask_support(actor, fields.text("subject"), fields.text("body"))
    except REFUSED_TRIES as error:
        form = pages.refused("support", keep(fields, _FIELDS), error)
        return with_retry(await _render(pages, Fields({}), form, pages.status(error)), error)
    return pages.go("/support?notice=support-asked")
