"""Descriptions: Markdown in, sanitised HTML out. No raw HTML, no images, links that are safe."""

import nh3
from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).disable(["image"])
_TAGS = {
    "p", "br", "strong", "em", "code", "pre", "blockquote", "ul", "ol", "li", "h3", "h4", "h5",
    "a", "hr",
}  # fmt: skip
_SHIFT = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h5", "h5": "h5", "h6": "h5"}


def render_markdown(text: str) -> str:
    """Safe to place in a page as it is; headings start at level 3, below the page's own."""
    tokens = _MARKDOWN.parse(text)
    for token in tokens:
        token.tag = _SHIFT.get(token.tag, token.tag)
    html: str = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
