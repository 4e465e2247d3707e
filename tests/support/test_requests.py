"""Requests to the support desk: who may ask, what is promised, the queue, answers and closing."""

from datetime import timedelta

import pytest

from chenu.accounts.actor import AccountRole, Actor, Staff
from chenu.core.clock import business_now
from chenu.core.errors import (
    ChenuError,
    Forbidden,
    Invalid,
    InvalidState,
    NotFound,
    RateLimited,
    Unverified,
)
from chenu.core.ids import new_id
from chenu.core.paging import PageRequest
from chenu.flows.services import Services
from chenu.support.business_hours import due_at
from chenu.support.requests import (
    MAX_BODY,
    MAX_SUBJECT,
    PER_PERSON,
    RequestId,
    SupportNotIncluded,
    answer_request,
    ask_support,
    close_request,
    get_request,
    list_answers,
    list_own_requests,
    list_queue,
)
from chenu.tiers.catalogue import SupportLevel, TierCode
from tests.people import make_member, make_person
from tests.rows import count, fingerprint, mails_to, put

FIRST = PageRequest(10)


async def _ask(actor: Actor, subject: str = "An invoice") -> RequestId:
    return await ask_support(actor, subject, "Where is it?")


@pytest.mark.parametrize(
    ("tier", "level"),
    [
        (TierCode.STARTER, SupportLevel.EMAIL),
        (TierCode.PRO, SupportLevel.PRIORITY),
        (TierCode.BUSINESS, SupportLevel.DEDICATED),
        (TierCode.ENTERPRISE, SupportLevel.PHONE_SLA),
    ],
)
async def test_the_plan_says_by_when_and_a_mail_repeats_it(
    services: Services, tier: TierCode, level: SupportLevel
) -> None:
    zoe = await make_person("zoe", tier)

    request = await get_request(await _ask(zoe.actor))

    assert request.level_code == level
    assert request.due_at == due_at(request.created_at, level)
    assert await mails_to(zoe.email) == ["SUPPORT_ASKED"]


async def test_a_free_plan_comes_with_the_page_of_answers(services: Services) -> None:
    free = await make_person("free", TierCode.FREE)
    before = await fingerprint()

    with pytest.raises(SupportNotIncluded, match="Starter"):
        await _ask(free.actor)

    assert await fingerprint() == before


async def test_every_role_asks_but_not_without_a_seat(services: Services) -> None:
    owner = await make_person("nora", TierCode.BUSINESS)
    for role in (AccountRole.BILLING, AccountRole.MEMBER):
        await _ask((await make_member(owner, role.lower(), role)).actor)
    await put("account", "seats", 3, "id = $2", owner.actor.account_id)
    late = await make_member(owner, "late", AccountRole.MEMBER)

    with pytest.raises(Forbidden, match="more members than seats"):
        await _ask(late.actor)

    assert await count("support_request") == 2


async def test_an_address_that_is_not_proved_gets_no_mail_of_ours(services: Services) -> None:
    from chenu.accounts.sessions import find_actor

    zoe = await make_person("zoe")
    await put("app_user", "email_verified_at", None)
    actor = await find_actor(zoe.token, "")
    assert actor is not None

    with pytest.raises(Unverified):
        await _ask(actor)


@pytest.mark.parametrize(
    ("subject", "body", "fields"),
    [
        ("", "Text.", {("subject",)}),
        ("x" * (MAX_SUBJECT + 1), "Text.", {("subject",)}),
        ("A\nline", "Text.", {("subject",)}),
        ("Subject", "", {("body",)}),
        ("Subject", "x" * (MAX_BODY + 1), {("body",)}),
        ("", " ", {("subject",), ("body",)}),
    ],
)
async def test_bad_input_is_refused_at_its_field(
    services: Services, subject: str, body: str, fields: set[tuple[str, ...]]
) -> None:
    zoe = await make_person("zoe")
    before = await fingerprint()

    with pytest.raises(ChenuError) as raised:
        await ask_support(zoe.actor, subject, body)

    assert {error.path for error in raised.value.each} == fields
    assert await fingerprint() == before


async def test_a_person_asks_ten_times_an_hour(services: Services) -> None:
    zoe = await make_person("zoe")
    for n in range(PER_PERSON.tries):
        await _ask(zoe.actor, f"Request {n}")

    with pytest.raises(RateLimited):
        await _ask(zoe.actor)

    assert await count("support_request") == PER_PERSON.tries


async def test_a_person_sees_their_own_requests_the_newest_first(services: Services) -> None:
    zoe, other = await make_person("zoe"), await make_person("other")
    first, second = await _ask(zoe.actor, "First"), await _ask(zoe.actor, "Second")
    await _ask(other.actor, "Another's")

    own = await list_own_requests(zoe.user_id, FIRST)

    assert [request.id for request in own.rows] == [second, first]


async def test_the_queue_is_in_the_order_in_which_answers_are_due(services: Services) -> None:
    slow = await make_person("slow", TierCode.STARTER)
    fast = await make_person("fast", TierCode.ENTERPRISE)
    later, sooner = await _ask(slow.actor), await _ask(fast.actor)
    closed = await _ask(fast.actor, "Closed")
    await put("support_request", "closed_at", business_now(), "id = $2", closed)

    queue = await list_queue(FIRST)

    assert [request.id for request in queue.rows] == [sooner, later]


async def test_staff_answers_by_mail_and_closes(services: Services) -> None:
    zoe = await make_person("zoe")
    staff = await make_person("sam", staff=(Staff.SUPPORT,))
    request_id = await _ask(zoe.actor)

    await answer_request(staff.actor, request_id, "It is in your library.")
    await answer_request(staff.actor, request_id, "And here as well.")
    await close_request(staff.actor, request_id)

    request = await get_request(request_id)
    assert request.answered_at is not None
    assert request.closed_at is not None
    bodies = [answer.body for answer in await list_answers([request_id])]
    assert bodies == ["It is in your library.", "And here as well."]
    assert await mails_to(zoe.email) == ["SUPPORT_ASKED", "SUPPORT_ANSWERED", "SUPPORT_ANSWERED"]
    assert await count("audit_event", "action = 'support.answer'") == 2
    assert await count("audit_event", "action = 'support.close'") == 1


@pytest.mark.parametrize("role", sorted(set(Staff) - {Staff.SUPPORT, Staff.ADMIN}))
async def test_other_staff_answers_nothing(services: Services, role: Staff) -> None:
    request_id = await _ask((await make_person("zoe")).actor)
    staff = await make_person("sam", staff=(role,))

    with pytest.raises(Forbidden):
        await answer_request(staff.actor, request_id, "So.")
    with pytest.raises(Forbidden):
        await close_request(staff.actor, request_id)

    assert await count("support_answer") == 0


async def test_what_is_closed_unanswered_or_unknown_is_refused(services: Services) -> None:
    staff = await make_person("sam", staff=(Staff.SUPPORT,))
    request_id = await _ask((await make_person("zoe")).actor)

    with pytest.raises(InvalidState, match="answer before"):
        await close_request(staff.actor, request_id)
    with pytest.raises(Invalid):
        await answer_request(staff.actor, request_id, " ")
    await answer_request(staff.actor, request_id, "So.")
    await close_request(staff.actor, request_id)
    for attempt in (answer_request(staff.actor, request_id, "More."),):
        with pytest.raises(InvalidState, match="closed"):
            await attempt
    with pytest.raises(InvalidState, match="closed"):
        await close_request(staff.actor, request_id)
    with pytest.raises(NotFound):
        await answer_request(staff.actor, RequestId(new_id()), "So.")


async def test_a_request_is_late_once_its_time_is_over_without_an_answer(
    services: Services,
) -> None:
    request_id = await _ask((await make_person("zoe")).actor)
    await put("support_request", "due_at", business_now() - timedelta(minutes=1))

    assert (await get_request(request_id)).is_late
