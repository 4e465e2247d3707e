"""Who has opened the dashboard: once a person and month."""

from chenu.core.clock import business_now
from chenu.flows.services import Services
from chenu.roi.views import record_view
from tests.flows.plans import move_clocks
from tests.people import make_person
from tests.rows import count


async def test_a_month_has_one_row_for_each_person(services: Services) -> None:
    ada, bob = (await make_person("ada")).user_id, (await make_person("bob")).user_id

    for _ in range(2):
        await record_view(ada)
    await record_view(bob)
    await move_clocks(services, 31.1)
    await record_view(ada)

    assert await count("roi_view") == 3
    month = business_now().date().replace(day=1)
    assert await count("roi_view", "viewer = $1 AND month = $2", ada, month) == 1
