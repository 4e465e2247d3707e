"""The demo's affiliate has something to see from the first start on."""

import pytest

from tests.demo.programs import open_program, sign_in
from tests.demo.rows import rows_of
from tests.demo.running import RunningDemo

pytestmark = pytest.mark.engines


def test_the_affiliates_customers_came_by_the_link(demo: RunningDemo) -> None:
    referrals = rows_of(
        demo,
        """
        SELECT u.email, r.origin, r.state, r.reason FROM referral r
        JOIN app_user u ON u.id = r.member ORDER BY r.id
        """,
    )

    assert referrals == [
        ("clara@demo.chenu.example", "LINK", "BOUND", ""),
        ("yanis@demo.chenu.example", "LINK", "BOUND", ""),
        ("essai@mailinator.com", "LINK", "HELD", "DISPOSABLE_MAIL"),
    ]


def test_the_affiliate_and_staff_see_them(demo: RunningDemo) -> None:
    with open_program(demo) as person:
        sign_in(person, demo, "affiliate")
        own = person.http.get("/affiliate").raise_for_status().text
    with open_program(demo) as person:
        sign_in(person, demo, "staff")
        desk = person.http.get("/staff/affiliates").raise_for_status().text

    [(code, clicks)] = rows_of(
        demo,
        """
        SELECT a.code, sum(d.clicks)::int FROM affiliate a
        JOIN affiliate_day d ON d.affiliate = a.id GROUP BY a.code
        """,
    )
    assert code in own
    assert code in desk
    assert clicks == 9
