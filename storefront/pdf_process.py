"""Makes one PDF of an HTML document from its standard input: `python -m storefront.pdf_process`.

A process of its own, which has neither settings nor connections and is killed when it takes too
long: laying out is slow, and what people wrote stands in the documents.
"""

import sys
from collections.abc import Callable

from chenu.core.process_limits import limit_process

MOST_SECONDS = 20
MOST_MEMORY = 2_000_000_000
NOT_INSTALLED = 3
"""The exit status where WeasyPrint or Pango is missing."""


def main() -> int:
    limit_process(cpu_seconds=MOST_SECONDS, memory=MOST_MEMORY)
    lay_out = _find_layout()
    if lay_out is None:
        return NOT_INSTALLED
    sys.stdout.buffer.write(lay_out(sys.stdin.buffer.read().decode()))
    return 0


def _find_layout() -> Callable[[str], bytes] | None:
    try:
        import weasyprint  # type: ignore[import-untyped]
    except (ImportError, OSError):  # the package, or the library that it loads
        return None

    # A document is complete in itself: nothing in it makes anybody fetch anything.
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols=())

    def lay_out(html: str) -> bytes:
        return bytes(weasyprint.HTML(string=html, url_fetcher=fetcher).write_pdf() or b"")

    return lay_out


if __name__ == "__main__":
    sys.exit(main())
