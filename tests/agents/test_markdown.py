"""Descriptions are safe to place in a page, whatever was written."""

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
