"""Parts of pages that many share: right for everybody who brings equal values, or not drawn."""

import html

import jinja2
import msgspec
import pytest
from markupsafe import Markup

from chenu.core.i18n import LOCALES, Locale, catalogue
from storefront.fragments import FragmentCache
from storefront.navigation import find_section
from storefront.templating import environment

TEMPLATES = {
    "text.html": "<p>{{ text }}</p>",
    "form.html": "<form>{{ csrf_field }}</form>",
    "count.html": "<p>{{ cards | length }}</p>",
}


class Card(msgspec.Struct, frozen=True):
    text: str


@pytest.fixture
def fragments() -> FragmentCache:
    loader = jinja2.DictLoader(TEMPLATES)
    return FragmentCache(
        jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    )


def test_a_fragment_shows_its_own_values(fragments: FragmentCache) -> None:
    assert fragments.draw("text.html", text="a & b") == "<p>a &amp; b</p>"
    assert fragments.draw("text.html", text="c") == "<p>c</p>"
    assert fragments.draw("text.html", text="c") is fragments.draw("text.html", text="c")
    assert fragments.draw_each("text.html", text=["c", "d"]) == "<p>c</p><p>d</p>"


def test_a_fragment_knows_nothing_of_the_visit(fragments: FragmentCache) -> None:
    with pytest.raises(jinja2.UndefinedError):
        fragments.draw("form.html")


def test_trusted_html_never_passes_for_the_same_text_of_a_stranger(
    fragments: FragmentCache,
) -> None:
    with pytest.raises(TypeError):
        fragments.draw("text.html", text=Markup("<b>"))
    assert fragments.draw("text.html", text="<b>") == "<p>&lt;b&gt;</p>"
    assert fragments.draw("text.html", text=Markup("<b>")) == "<p>&lt;b&gt;</p>"


def test_what_a_fragment_is_found_by_takes_memory_as_well(fragments: FragmentCache) -> None:
    first, *_ = drawn = [
        fragments.draw("count.html", cards=(Card(letter * 5_000_000),)) for letter in "abcd"
    ]

    assert fragments.draw("count.html", cards=(Card("d" * 5_000_000),)) is drawn[-1]
    assert fragments.draw("count.html", cards=(Card("a" * 5_000_000),)) is not first


@pytest.mark.parametrize(
    "around",
    [
        '{% set shown = "_language.html" | fragment %}{{ shown }}',
        '{% set shown %}{{ "_language.html" | fragment }}{% endset %}{{ shown }}',
        '{% macro made() %}{{ "_language.html" | fragment }}{% endmacro %}{{ made() }}',
    ],
    ids=["set", "block", "macro"],
)
def test_a_fragment_is_never_escaped_again(around: str) -> None:
    source = around.replace("_language", "layouts/_language")
    alone = environment("en").from_string('{{ "layouts/_language.html" | fragment }}').render()

    shown = environment("en").from_string(source).render()

    assert "<button" in shown
    assert shown == alone


def test_a_fragment_is_no_value_of_another(fragments: FragmentCache) -> None:
    inner = fragments.draw("text.html", text="a")

    with pytest.raises(TypeError):
        fragments.draw("text.html", text=inner)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(
    "source",
    [
        '{{ _("Sign in") }}',
        "{{ _('Sign in') | upper }}",
        '{{ _("Sign in").title() }}',
        '{{ _("Sign in") ~ " <" }}',
        "{{ _(\"Unknown <b>bold</b> & 'quoted'\") }}",
        '{{ _("Unknown 100 %%") }}',
        '{{ _("%(count)s of them", count="<2>") }}',
        '{{ _("Sign" " in") }}',
        "{{ _(words) }}",
        '{{ ngettext("%(num)s agent", "%(num)s agents", 2) }}',
        '{% set label = _("Sign in") %}<i title="{{ label }}">{{ label | length }}</i>',
    ],
)
def test_texts_translated_while_compiling_are_those_of_jinja_s_own_extension(
    locale: Locale, source: str
) -> None:
    theirs = jinja2.Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    messages = catalogue(locale)
    theirs.install_gettext_callables(  # type: ignore[attr-defined]
        messages.gettext, messages.ngettext, newstyle=True
    )

    ours = environment(locale).from_string(source).render(words="Sign in")

    assert ours == theirs.from_string(source).render(words="Sign in")


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
        ("/staff", "/staff", "page"),
        ("/staff/agents/1", "/staff", "true"),
        ("/staff/support/1", "/staff/support", "true"),
        ("/staff/customers/1/contracts", "/staff/customers", "true"),
        ("/staff/invoices/1", "/staff/refunds", "true"),
        ("/staff/payments", "/staff/payments", "page"),
        ("/staff/payments/events/evt_1", "/staff/payments", "true"),
        ("/staff/payments/mails", "/staff/payments/mails", "page"),
        ("/staff/payments/mails/1", "/staff/payments/mails", "true"),
        ("/staff/mails/sale", "/staff/payments/mails", "true"),
        ("/staff/coupons", "/staff/coupons", "page"),
    ],
)
def test_the_navigation_marks_where_one_is(path: str, root: str, mark: str) -> None:
    section = find_section(path)

    assert (section.root, section.mark) == (root, mark)
