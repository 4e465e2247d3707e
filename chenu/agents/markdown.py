"""Descriptions: Markdown to sanitised HTML, without raw HTML and images, with safe links only."""

import nh3

_TAGS = {
    "p", "br", "strong", "em", "code", "pre", "blockquote", "ul", "ol", "li", "h3", "h4", "h5",
    "a", "hr",
}  # fmt: skip
_SHIFT = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h5", "h5": "h5", "h6": "h5"}


def render_markdown(text: str) -> str:
    """Safe HTML; headings start at level 3, below the page's own."""
    # Imported when a creator writes: readers get the HTML that was stored.
    from chenu.agents.markdown_parser import PARSER

    tokens = PARSER.parse(text)
    for token in tokens:
        token.tag = _SHIFT.get(token.tag, token.tag)
    html: str = PARSER.renderer.render(tokens, PARSER.options, {})
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"https", "mailto"},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
    )
