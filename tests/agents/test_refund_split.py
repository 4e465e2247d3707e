"""What refunds take back of each part: whole at the end, whatever the steps."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chenu.agents.pricing import split_sale
from chenu.agents.refund_split import parts_between, returned_parts
from chenu.core.money import Cents


@st.composite
def payments_with_refunds(draw: st.DrawFn) -> tuple[int, int, int, list[int]]:
    gross = draw(st.integers(1, 5000))
    discount = draw(st.integers(0, gross - 1))
    tax = draw(st.integers(0, (gross - discount) // 2))
    steps = sorted(draw(st.lists(st.integers(0, gross - discount), max_size=12)))
    return gross, discount, tax, steps


@given(payments_with_refunds())
def test_any_sequence_of_refunds_takes_exactly_each_part(
    case: tuple[int, int, int, list[int]],
) -> None:
    gross, discount, tax, steps = case
    split = split_sale(Cents(gross), discount=Cents(discount), tax=Cents(tax))
    marks = [0, *steps, split.paid]

    moved = [parts_between(split, Cents(before), Cents(after)) for before, after in pairwise(marks)]

    assert sum(each.creator for each in moved) == split.creator
    assert sum(each.platform for each in moved) == split.platform
    assert sum(each.tax for each in moved) == split.tax
    assert all(each.creator >= 0 and each.tax >= 0 for each in moved)
    totals = [each.total for each in moved]
    assert totals == [after - before for before, after in pairwise(marks)]


@given(payments_with_refunds())
def test_a_refund_that_is_put_back_moves_nothing_in_the_end(
    case: tuple[int, int, int, list[int]],
) -> None:
    gross, discount, tax, steps = case
    split = split_sale(Cents(gross), discount=Cents(discount), tax=Cents(tax))
    sums = [returned_parts(split, Cents(step)) for step in [0, *steps]]

    back = parts_between(split, Cents(steps[-1] if steps else 0), Cents(0))

    assert sums[-1].total + back.total == 0
    assert sums[-1].creator + back.creator == 0


def test_a_third_of_9_99_takes_a_third_of_the_share() -> None:
    parts = returned_parts(split_sale(Cents(999)), Cents(333))

    assert (parts.creator, parts.platform, parts.tax) == (233, 100, 0)
