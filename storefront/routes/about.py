"""Public pages that are the same for everybody: the plans, and the versioned legal texts."""

from litestar import get
from litestar.di import NamedDependency

from chenu.accounts.documents import CURRENT, Document
from chenu.tiers.catalogue import TIERS, Feature
from storefront.access import PUBLIC
from storefront.pages import Page, Pages
from storefront.words import FEATURES


@get("/pricing", opt=PUBLIC)
async def show_pricing(pages: NamedDependency[Pages]) -> Page:
    return pages.show("pricing/page.html", tiers=TIERS, features=FEATURES, Feature=Feature)


def _show(pages: Pages, document: Document) -> Page:
    """The current version in the reader's language: a file for each version and language."""
    current = CURRENT[document]
    folder = document.lower()
    return pages.show(
        "documents/page.html",
        document=folder,
        version=current,
        text=f"documents/{folder}/{current.version}.{pages.locale}.html",
    )


@get("/terms", opt=PUBLIC)
async def show_terms(pages: NamedDependency[Pages]) -> Page:
    return _show(pages, Document.TERMS)


@get("/privacy", opt=PUBLIC)
async def show_privacy(pages: NamedDependency[Pages]) -> Page:
    return _show(pages, Document.PRIVACY)


@get("/imprint", opt=PUBLIC)
async def show_imprint(pages: NamedDependency[Pages]) -> Page:
    return _show(pages, Document.IMPRINT)
