"""The developer's page: what the API is and costs, programs to copy, and what changed in it."""

from litestar import get
from litestar.di import NamedDependency

from chenu.metering.plans import API_PLANS
from storefront.access import PUBLIC
from storefront.api_changes import CHANGE_KINDS, list_change_days
from storefront.api_terms import (
    COST,
    ERRORS,
    HEADERS,
    PLAN_NAMES,
    POINTS_OF_A_CALL,
    count_costs,
)
from storefront.code_examples import write_examples
from storefront.pages import Page, Pages

PATH = "/developers"


@get(PATH, opt=PUBLIC)
async def show_developers(pages: NamedDependency[Pages]) -> Page:
    base_url = pages.settings.public_url
    return pages.show(
        "developers/page.html",
        first_call=write_examples("first-call", base_url),
        catalogue=write_examples("catalogue", base_url),
        api_plans=API_PLANS,
        plan_names=PLAN_NAMES,
        points_of_a_call=POINTS_OF_A_CALL,
        counted_costs=count_costs(),
        cost_terms=COST,
        errors=ERRORS,
        headers=HEADERS,
        change_days=list_change_days(),
        change_kinds=CHANGE_KINDS,
    )
