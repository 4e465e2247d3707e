"""Signing up; with a plan that was chosen before, all on one form."""

from urllib.parse import urlencode

from litestar import get, post
from litestar.di import NamedDependency

from chenu.accounts.actor import ActorKind
from chenu.accounts.request_context import session_cookie
from chenu.accounts.sessions import NewSession, find_actor
from chenu.accounts.users import SignUp
from chenu.core.errors import ChenuError
from chenu.flows.affiliates.sign_up import sign_up_customer
from chenu.flows.budgets.due import grant_first_budget
from chenu.flows.coupons.codes import TypedCode
from chenu.flows.services import Services
from chenu.flows.subscriptions.discounts import quote_plan
from chenu.flows.subscriptions.start import COUPON_CODE
from chenu.tiers.catalogue import TRIAL_DAYS
from storefront.access import PUBLIC
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
from storefront.plan_choice import CHOICE_FIELDS, PlanChoice, begin_chosen, find_choice
from storefront.plan_offers import SOLD
from storefront.routes.sessions import change_over, with_retry
from storefront.sign_in_path import AFTER_SIGN_IN, safe_next
from storefront.visitor import browser_of

_SHOWN_AGAIN = ("email", "display_name", "next", "referral_code", *CHOICE_FIELDS)


@get("/sign-up", opt=PUBLIC)
async def show_sign_up(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """A link may choose a plan."""
    query = read_query(request)
    if pages.request_context.actor.kind is ActorKind.SESSION:
        return pages.go(_path_of_choice(query) or safe_next(query.text("next")))
    values = keep(query, ("next", "referral_code", *CHOICE_FIELDS))
    if pages.link is not None:
        values["referral_code"] = pages.link.code
    return _render(pages, FormView("sign-up", values))


def _path_of_choice(query: Fields) -> str | None:
    """A choice that cannot be read is none."""
    try:
        choice = find_choice(query)
    except ChenuError:
        return None
    return choice.plan_path if choice else None


def _render(pages: Pages, form: FormView, status: int = 200) -> Page:
    return pages.show(
        "people/sign_up.html",
        status,
        form=form,
        sold=SOLD,
        trial_days=TRIAL_DAYS,
        choice_query=urlencode([(name, form.value(name)) for name in CHOICE_FIELDS]),
        verifies_at_once=pages.settings.verifies_at_once,
    )


@post("/sign-up", opt=PUBLIC)
async def submit_sign_up(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    """With a plan: on to Stripe's page, or first to the link that is mailed."""
    fields = await read_form(request)
    at_once = pages.settings.verifies_at_once
    try:
        choice = find_choice(fields)
        await _check_code(pages, choice)
        person = _read_person(fields, pages, choice)
        browser = browser_of(pages.request_context)
        session = await sign_up_customer(pages.settings, person, browser)
    except REFUSED_TRIES as error:
        form = pages.refused("sign-up", keep(fields, _SHOWN_AGAIN), error)
        return with_retry(_render(pages, form, pages.status(error)), error)
    await grant_first_budget(session.owner)
    devices = await change_over(pages, session)
    cookie = session_cookie(pages.settings, session.token)
    if choice is None:
        path = _welcome(fields.text("next"), at_once=at_once)
    else:
        path = await _begin(pages, services, session, choice)
    return pages.go(path, cookie=cookie, devices=devices)


async def _check_code(pages: Pages, choice: PlanChoice | None) -> None:
    """Before there is an account. Raises CouponRejected, RateLimited."""
    if choice is not None and choice.coupon_code is not None:
        typed = TypedCode(choice.coupon_code, COUPON_CODE)
        await quote_plan(pages.request_context.actor, typed, choice.tier, choice.interval)


def _read_person(fields: Fields, pages: Pages, choice: PlanChoice | None) -> SignUp:
    return SignUp(
        fields.text("email"),
        fields.text("password"),
        fields.text("display_name"),
        pages.locale,
        fields.find("referral_code"),
        choice.fields if choice else {},
    )


async def _begin(pages: Pages, services: Services, session: NewSession, choice: PlanChoice) -> str:
    """Until the address is verified no plan begins: a stranger may have typed it."""
    actor = await find_actor(session.token, pages.request_context.ip)
    if actor is None or not actor.email_verified:
        return f"{choice.plan_path}&notice=welcome-plan"
    return await begin_chosen(services, actor, choice, pages.locale)


def _welcome(wanted: str, *, at_once: bool) -> str:
    """Redirects to where the person was going, or says that a mail is on its way."""
    if safe_next(wanted) != AFTER_SIGN_IN or at_once:
        return safe_next(wanted)
    return "/account?notice=welcome"
