"""Descriptions become safe HTML, whatever was typed."""

import pytest

from chenu.agents.markdown import render_markdown

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](javascript:alert(1))",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](http://insecure.example)",
    "<a href='https://a.example' onclick='x()'>x</a>",
    "<svg onload=alert(1)>",
    "<style>*{display:none}</style>",
    '<iframe src="https://a.example"></iframe>',
    "[x](https://a.example 'onmouseover=\"alert(1)')",
    "`<script>`",
    "<math><mi xlink:href='javascript:alert(1)'>",
]
NO_LINKS = [
    "//evil.example/x",
    "\\\\\\\\evil.example",
    "/\\\\evil.example",
    "\\\\/evil.example",
    "/agents",
    "agents",
    "#top",
    "?q=a",
    "http://evil.example",
    "HTTP://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "https://",
    "https:\\\\\\\\evil.example",
    "https://ours.example@evil.example",
    "https://ours.example\\\\@evil.example",
    "https://[::1]/",
    "ftp://evil.example",
    "javascript:alert(1)",
    "java&Tab;script:alert(1)",
    "java&#10;script:alert(1)",
    "&#106;avascript:alert(1)",
    "data:text/html,x",
    "data:image/png;base64,x",
    "vbscript:x",
    "&#47;/evil.example",
    "/&#9;/evil.example",
    "mailto:",
    "tel:112",
    "blob:https://evil.example/x",
]
LINKS = {
    "https://a.example": "https://a.example",
    "HTTPS://A.example/B": "HTTPS://A.example/B",
    "https://a.example:8443/b?c=d&e#f": "https://a.example:8443/b?c=d&amp;e#f",
    "https://m\u00fcller.example/\u00e4": "https://xn--mller-kva.example/%C3%A4",
    "<https://a.example/a b>": "https://a.example/a%20b",
    "mailto:a@b.example": "mailto:a@b.example",
}


@pytest.mark.parametrize("text", ATTACKS)
def test_nothing_that_runs_or_loads_comes_through(text: str) -> None:
    html = render_markdown(text).lower()

    for forbidden in ("<script", "<img", "<svg", "<style", "<iframe", "onerror=alert(1)>", "<math"):
        assert forbidden not in html
    assert 'href="javascript' not in html
    assert 'href="data' not in html
    assert 'href="http:' not in html


def test_words_lists_and_safe_links_come_through() -> None:
    html = render_markdown("# Titre\n\n**gras** et [lien](https://chenu.example)\n\n- un\n- deux")

    assert "<h3>Titre</h3>" in html
    assert "<strong>gras</strong>" in html
    assert 'href="https://chenu.example"' in html
    assert 'rel="noopener noreferrer nofollow"' in html
    assert "<li>un</li>" in html


@pytest.mark.parametrize("target", NO_LINKS)
def test_what_is_no_whole_safe_address_is_no_link(target: str) -> None:
    for text in (f"[x]({target})", f"[x](<{target}>)", f"[x]\n\n[x]: {target}", f"<{target}>"):
        html = render_markdown(text)

        assert "<a" not in html
        assert "href" not in html


@pytest.mark.parametrize(("target", "href"), LINKS.items())
def test_whole_addresses_are_links(target: str, href: str) -> None:
    assert f'<a href="{href}" rel="noopener noreferrer nofollow">x</a>' in render_markdown(
        f"[x]({target})"
    )


def test_an_address_is_shown_as_it_is() -> None:
    html = render_markdown("<https://a.example/%E2%80%AEgpj.exe>")

    assert ">https://a.example/%E2%80%AEgpj.exe</a>" in html
