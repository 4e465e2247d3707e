"""Descriptions: Markdown to sanitised HTML, without raw HTML and images, with safe links only."""

import re

import nh3
from markdown_it import MarkdownIt

_LINK = re.compile(
    r"https://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?(?:[/?#][!-~]*)?|mailto:[!-~]+",
    re.IGNORECASE,
)
"""An absolute URL: a relative one would lead to our own site, and a login before the host
misleads.
"""


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        """A link to any other URL stays plain text."""
        return is_link(url)

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802 - the library's name
        """URLs are shown encoded, because decoded ones could look like others."""
        return link


def is_link(url: str) -> bool:
    """Whether a description may link to it.

    `url` is percent-encoded; a backslash counts as a slash.
    """
    return _LINK.fullmatch(url) is not None and "\\" not in url


_MARKDOWN = _Markdown("commonmark", {"html": False, "linkify": False}).disable(["image"])
_TAGS = {
    "p", "br", "strong", "em", "code", "pre", "blockquote", "ul", "ol", "li", "h3", "h4", "h5",
    "a", "hr",
}  # fmt: skip
_SHIFT = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h5", "h5": "h5", "h6": "h5"}


def render_markdown(text: str) -> str:
    """Safe HTML; headings start at level 3, below the page's own."""
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
