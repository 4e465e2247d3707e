"""Parts of pages that many share: right for everybody who brings equal values, or not drawn."""

import html

import jinja2
import pytest
from markupsafe import Markup

from chenu.core.i18n import LOCALES
from storefront.fragments import FragmentCache, draw
from storefront.navigation import find_section
from storefront.templating import environment

TEMPLATES = {
    "text.html": "<p>{{ text }}</p>",
    "form.html": "<form>{{ csrf_field }}</form>",
}


@pytest.fixture
def fragments() -> FragmentCache:
    loader = jinja2.DictLoader(TEMPLATES)
    return FragmentCache(
        jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    )


def test_a_fragment_shows_its_own_values(fragments: FragmentCache) -> None:
    assert fragments.draw("text.html", text="a & b") == b"<p>a &amp; b</p>"
    assert fragments.draw("text.html", text="c") == b"<p>c</p>"
    assert fragments.draw("text.html", text="c") is fragments.draw("text.html", text="c")
    assert fragments.draw_each("text.html", text=["c", "d"]) == b"<p>c</p><p>d</p>"


def test_a_fragment_knows_nothing_of_the_visit(fragments: FragmentCache) -> None:
    with pytest.raises(jinja2.UndefinedError):
        fragments.draw("form.html")


def test_trusted_html_never_passes_for_the_same_text_of_a_stranger(
    fragments: FragmentCache,
) -> None:
    with pytest.raises(TypeError):
        fragments.draw("text.html", text=Markup("<b>"))
    assert fragments.draw("text.html", text="<b>") == b"<p>&lt;b&gt;</p>"
    assert fragments.draw("text.html", text=Markup("<b>")) == b"<p>&lt;b&gt;</p>"


@pytest.mark.parametrize(
    "around",
    [
        '{{ ("_language.html" | fragment) ~ "" }}',
        '{{ "_language.html" | fragment | upper }}',
        '{% set stored = "_language.html" | fragment %}{{ stored }}',
        '{% set stored %}{{ "_language.html" | fragment }}{% endset %}{{ stored }}',
        '{% macro made() %}{{ "_language.html" | fragment }}{% endmacro %}{{ made() }}',
    ],
)
def test_nothing_else_is_done_with_a_fragment(around: str) -> None:
    """It is encoded: in a text its bytes would be shown for what they are."""
    source = around.replace("_language", "layouts/_language")

    with pytest.raises(TypeError):
        draw(environment("en").from_string(source), {})


def test_each_language_has_its_own_texts() -> None:
    french, english = (
        environment(locale).from_string(
            "{{ _('Agents for “%(words)s”', words=typed) }} {{ _('Sign in') }}"
        )
        for locale in LOCALES
    )

    shown = english.render(typed="<i>")
    assert "&lt;i&gt;" in shown
    assert html.unescape(shown) == "Agents for “<i>” Sign in"
    assert french.render(typed="<i>").endswith(" Se connecter")


@pytest.mark.parametrize(
    ("path", "root", "mark"),
    [
        ("/agents", "/agents", "page"),
        ("/agents/night-baker", "/agents", "true"),
        ("/creator/agents/1", "/creator", "true"),
        ("/creators/somebody", "", ""),
        ("/", "", ""),
        ("/agents-of-others", "", ""),
        ("//agents", "", ""),
    ],
)
def test_the_navigation_marks_where_one_is(path: str, root: str, mark: str) -> None:
    section = find_section(path)

    assert (section.root, section.mark) == (root, mark)
