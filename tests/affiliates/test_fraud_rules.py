"""What looks like fraud, by rules without a database."""

import pytest

from chenu.affiliates.fraud_rules import ClickPeaks, find_household, is_disposable


@pytest.mark.parametrize(
    "email",
    ["a@mailinator.com", "a@YOPMAIL.com", "a@guerrillamail.com", "a@inbox.mailinator.com"],
)
def test_mailboxes_for_minutes_are_known(email: str) -> None:
    assert is_disposable(email)


@pytest.mark.parametrize("email", ["a@gmail.com", "a@example.org", "a@orange.fr", "a@com", ""])
def test_lasting_mailboxes_are_not_among_them(email: str) -> None:
    assert not is_disposable(email)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2::7", "2001:db8:1:2:aaaa:bbbb:cccc:dddd"),
    ],
    ids=["one address", "as IPv6", "one IPv6 network"],
)
def test_people_of_one_network_are_one_household(one: str, other: str) -> None:
    assert find_household(one) == find_household(other) is not None


@pytest.mark.parametrize(
    "ip", ["127.0.0.1", "10.1.2.3", "192.168.1.1", "::1", "fd00::1", "", "unknown"]
)
def test_what_says_nothing_about_a_household(ip: str) -> None:
    assert find_household(ip) is None


def test_neighbours_are_two_households() -> None:
    assert find_household("203.0.113.7") != find_household("203.0.113.8")
    assert find_household("2001:db8:1:2::7") != find_household("2001:db8:1:3::7")


@pytest.mark.parametrize(
    ("peaks", "is_burst"),
    [
        (ClickPeaks(1, 99, 99), False),
        (ClickPeaks(1, 100, 100), True),
        (ClickPeaks(1, 100, 100 + 719 * 10), True),
        (ClickPeaks(1, 100, 100 + 719 * 11), False),
    ],
    ids=["few", "many at once", "ten times the usual", "usual for this one"],
)
def test_a_burst_is_many_clicks_and_far_more_than_usual(peaks: ClickPeaks, is_burst: bool) -> None:
    assert peaks.is_burst is is_burst


def test_whoever_clicks_all_day_is_eager() -> None:
    assert ClickPeaks(8, 8, 8).has_eager_visitor
    assert not ClickPeaks(7, 8, 8).has_eager_visitor
