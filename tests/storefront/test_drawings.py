"""Icons, charts and differences: pure, no engine needed."""

import re
from uuid import UUID
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from chenu.agents.earnings import DayNet
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.tiers.spheres import SPHERES
from storefront.charts import draw_lines
from storefront.earnings_chart import DAYS, HEIGHT, WIDTH, draw_earnings
from storefront.icons import COLOURS, draw_icon, icon_svg
from storefront.review_diff import compare_texts
from storefront.vocabulary import capability_label, permission_label

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def test_an_icon_is_always_the_same_for_its_agent() -> None:
    agent_id = UUID("0190f0a0-0000-7000-8000-000000000001")

    assert draw_icon(agent_id) == draw_icon(agent_id)
    assert icon_svg(agent_id, "BUSINESS") != icon_svg(agent_id, "SCHOLAR")


def test_icons_differ_and_stay_on_their_square() -> None:
    icons = [draw_icon(new_id()) for _ in range(500)]

    assert len({icon.petals for icon in icons}) > 490
    numbers = [float(number) for icon in icons for number in _NUMBER.findall(icon.petals)]
    assert all(4 <= number <= 60 for number in numbers)


def test_an_icon_file_is_a_plain_drawing() -> None:
    for sphere in [*COLOURS, None, "UNKNOWN"]:
        root = ElementTree.fromstring(icon_svg(new_id(), sphere))  # noqa: S314 - our own text

        names = {element.tag.rpartition("}")[2] for element in root.iter()}
        attributes = {name for element in root.iter() for name in element.attrib}
        assert names <= {"svg", "g", "rect", "circle", "path"}
        assert not attributes & {"style", "href", "onload"}


def test_every_sphere_has_its_colour() -> None:
    assert set(COLOURS) == {sphere.code for sphere in SPHERES}


def test_the_chart_shows_thirty_days_and_adds_up() -> None:
    today = business_now().date()
    chart = draw_earnings([DayNet(today, Cents(630)), DayNet(today.replace(year=2020), Cents(99))])

    assert (len(chart.bars), chart.highest, chart.total) == (DAYS, 630, 630)
    last = chart.bars[-1]
    assert (last.height, last.y) == (HEIGHT, 0)
    assert last.x + last.width <= WIDTH


def test_a_chart_without_sales_is_flat() -> None:
    chart = draw_earnings([])

    assert (chart.highest, chart.total) == (0, 0)
    assert {bar.height for bar in chart.bars} == {0}


def test_differences_show_what_goes_and_what_comes() -> None:
    before = "\n".join(f"line {n}" for n in range(20))
    after = before.replace("line 3\n", "").replace("line 15", "another line 15")

    lines = compare_texts(before, after)

    assert ("old", "line 3") in lines
    assert ("new", "another line 15") in lines
    assert ("gap", "…") in lines
    assert ("same", "line 9") not in lines


def test_texts_that_are_the_same_have_no_difference() -> None:
    assert compare_texts("a\nb", "a\nb") == []


def test_unknown_words_of_creators_stay_as_they_are() -> None:
    assert capability_label("invoices", "fr") == "Factures et devis"
    assert capability_label("underwater welding", "fr") == "underwater welding"
    assert permission_label("bank:read", "en") == "Reads your bank statements and cannot pay."
    assert permission_label("moon:walk", "en") is None


def _numbers(svg_points: str) -> list[tuple[int, int]]:
    return [(int(x), int(y)) for x, y in (point.split(",") for point in svg_points.split())]


@given(
    st.lists(st.integers(-10_000, 10**9), min_size=1, max_size=31),
    st.lists(st.integers(0, 10**9), max_size=31),
)
def test_lines_stay_on_their_drawing(costs: list[int], values: list[int]) -> None:
    steps = max(len(costs), len(values))

    chart = draw_lines({"cost": costs, "value": values}, steps, least=100)

    points = [point for line in chart.lines for point in _numbers(line.points)]
    assert all(chart.left <= x <= chart.right and 0 <= y <= chart.height for x, y in points)
    assert 2 <= len(chart.values) <= 7
    assert len(chart.steps) <= 12
    assert [tick.place for tick in chart.values] == sorted(
        (tick.place for tick in chart.values), reverse=True
    )


def test_a_line_is_higher_where_its_value_is() -> None:
    chart = draw_lines({"value": [0, 500, 1000]}, 3, least=100)

    assert [y for _, y in _numbers(chart.lines[0].points)] == [226, 120, 14]
    assert [tick.value for tick in chart.values] == [0, 500, 1000]
    assert chart.zero == 226
