"""The parser of descriptions: links to absolute URLs alone, no raw HTML, no images."""

import re

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
        return _is_link(url)

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802 - the library's name
        """URLs are shown encoded, because decoded ones could look like others."""
        return link


def _is_link(url: str) -> bool:
    """Whether a description may link to it.

    `url` is percent-encoded; a backslash counts as a slash.
    """
    return _LINK.fullmatch(url) is not None and "\\" not in url


PARSER = _Markdown("commonmark", {"html": False, "linkify": False}).disable(["image"])
