"""The API explorer: a page with GraphiQL from our own files, without inline scripts."""

from html import escape
from string import Template
from typing import Any

from litestar import MediaType, Response, get
from litestar.di import NamedDependency

from chenu.accounts.request_context import RequestContext
from chenu.core.i18n import mark, translate
from chenu.core.site import product_name
from chenu.settings import Settings

EXPLORER_PATH = "/graphql/explorer"

_TITLE = mark("Explore the API")
_NO_SCRIPT = mark(
    "The explorer needs JavaScript; the schema itself is one introspection query away"
)

_PAGE = Template("""<!doctype html>
<html lang="$locale">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title · $product</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/vendor/graphiql.min.css">
</head>
<body>
<div id="explorer" data-endpoint="/graphql" data-csrf-token="$csrf">$no_script</div>
<script src="/static/vendor/react.min.js"></script>
<script src="/static/vendor/react-dom.min.js"></script>
<script src="/static/vendor/graphiql.min.js"></script>
<script src="/static/explorer.js"></script>
</body>
</html>
""")


@get(EXPLORER_PATH, include_in_schema=False)
async def show_explorer(
    settings: NamedDependency[Settings], request_context: NamedDependency[RequestContext]
) -> Response[Any]:
    """Contains the session's CSRF token, so that mutations work; never cached."""
    words = {
        "locale": request_context.locale,
        "title": translate(request_context.locale, _TITLE),
        "product": product_name(),
        "no_script": translate(request_context.locale, _NO_SCRIPT),
        "csrf": request_context.csrf_token(settings) or "",
    }
    page = _PAGE.substitute({name: escape(word) for name, word in words.items()})
    headers = {"cache-control": "no-store", "vary": "Cookie, Accept-Language"}
    return Response(page, media_type=MediaType.HTML, headers=headers)
