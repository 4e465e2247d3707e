"""How many tokens one agent or one API key may use in a month, as the account decides."""

from collections.abc import Sequence
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.api_keys import ApiKeyId
from chenu.accounts.roles import Right
from chenu.agents.model import AgentId
from chenu.core.errors import Invalid
from chenu.core.i18n import mark
from chenu.core.ids import find_id
from chenu.flows.executions.token_limits import (
    HIGHEST,
    DescribedLimit,
    LimitInput,
    describe_limits,
    list_limit_subjects,
    remove_token_limit,
    set_token_limit,
)
from chenu.tokens.limits import LimitId, LimitRow
from storefront.access import SIGNED_IN, for_right
from storefront.forms import REFUSALS, Fields, FormView, HttpRequest, keep, read_form, read_query
from storefront.pages import Page, Pages

_PAYERS_WORK = for_right(Right.MANAGE_PLAN)
_FIELDS = ("subject", "soft", "hard")
_AGENT, _KEY = "agent:", "key:"


@get("/account/token-limits", opt=SIGNED_IN)
async def show_limits(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """`subject` in the address is what the form is about, with the limits that it has."""
    chosen = read_query(request).text("subject")
    limits = await describe_limits(pages.request_context.actor)
    known = [limit.row for limit in limits if _name_subject(limit.row) == chosen]
    values = {"subject": chosen}
    for row in known:
        values |= {"soft": _show_tokens(row.soft_limit), "hard": _show_tokens(row.hard_limit)}
    return await _render(pages, limits, FormView("limit", values))


def _name_subject(row: LimitRow) -> str:
    return f"{_AGENT}{row.agent_id}" if row.agent_id else f"{_KEY}{row.api_key_id}"


def _show_tokens(value: int | None) -> str:
    return "" if value is None else str(value)


async def _render(
    pages: Pages, limits: Sequence[DescribedLimit], form: FormView, status: int = 200
) -> Page:
    actor = pages.request_context.actor
    may_set = actor.has_right(Right.MANAGE_PLAN)
    subjects = await list_limit_subjects(actor) if may_set else []
    options = [
        (
            f"{_KEY if each.is_key else _AGENT}{each.id}",
            pages.say(_WORDS[each.is_key], name=each.name),
        )
        for each in subjects
    ]
    return pages.show(
        "account/token_limits.html",
        status,
        limits=limits,
        options=options,
        may_set=may_set,
        form=form,
    )


_WORDS = {True: mark("API key “{name}”"), False: mark("Agent “{name}”")}


@post("/account/token-limits", opt=_PAYERS_WORK)
async def save_limit(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    fields = await read_form(request)
    try:
        await set_token_limit(pages.request_context.actor, _read_limit(fields))
    except REFUSALS as error:
        form = pages.refused("limit", keep(fields, _FIELDS), error)
        limits = await describe_limits(pages.request_context.actor)
        return await _render(pages, limits, form, pages.status(error))
    return pages.go("/account/token-limits?notice=limit-set")


def _read_limit(fields: Fields) -> LimitInput:
    subject = fields.text("subject")
    agent_id = find_id(subject.removeprefix(_AGENT)) if subject.startswith(_AGENT) else None
    key_id = find_id(subject.removeprefix(_KEY)) if subject.startswith(_KEY) else None
    return LimitInput(
        agent_id=AgentId(agent_id) if agent_id else None,
        api_key_id=ApiKeyId(key_id) if key_id else None,
        soft=_read_tokens(fields, "soft", lowest=1),
        hard=_read_tokens(fields, "hard", lowest=0),
    )


def _read_tokens(fields: Fields, name: str, *, lowest: int) -> int | None:
    """Digits, and spaces between them as people write thousands."""
    text = "".join(fields.text(name).split())
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(HIGHEST))):
        message = mark("A limit is a number of tokens from {lowest} to {highest}")
        raise Invalid(message, path=(name,), lowest=lowest, highest=HIGHEST)
    return int(text)


@post("/account/token-limits/{limit_id:uuid}/remove", opt=_PAYERS_WORK)
async def end_limit(pages: NamedDependency[Pages], limit_id: FromPath[UUID]) -> Page:
    await remove_token_limit(pages.request_context.actor, LimitId(limit_id))
    return pages.go("/account/token-limits?notice=limit-removed")
