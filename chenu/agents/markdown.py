"""Descriptions: Markdown in, sanitised HTML out. No raw HTML, no images, links that are safe."""

import re

import nh3
from markdown_it import MarkdownIt

_LINK = re.compile(
    r"https://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?(?:[/?#][!-~]*)?|mailto:[!-~]+",
    re.IGNORECASE,
)
"""A whole address with its scheme and its host: none that a browser completes with ours, none
with a login before the host, where people look for it."""


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        """What is no such address stays the text that it was written as."""
        return is_link(url)

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802 - the library's name
        """Addresses are shown as they are: decoded, they could read like others."""
        return link


def is_link(url: str) -> bool:
    """May a description lead there? `url` is percent-encoded; a backslash is read as a slash."""
    return _LINK.fullmatch(url) is not None and "\\" not in url


_MARKDOWN = _Markdown("commonmark", {"html": False, "linkify": False}).disable(["image"])
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
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
    )
