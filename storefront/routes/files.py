"""Static files: styles and scripts, icons, the manifest's schema, robots.txt and the sitemap."""

from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.agents.manifest import SCHEMA_PATH
from chenu.agents.model import AgentId
from chenu.agents.queries import get_visible_agent
from chenu.core.errors import NotFound
from chenu.core.negotiation import prefers_gzip
from chenu.core.site import current_site
from chenu.settings import Settings
from storefront import brand_style
from storefront.access import PUBLIC, WITHOUT_METER
from storefront.assets import find_asset, version_of
from storefront.forms import HttpRequest, read_query
from storefront.icons import icon_svg
from storefront.pages import Pages
from storefront.sitemap import Sitemap

_FOR_A_YEAR = "public, max-age=31536000, immutable"
_FOR_AN_HOUR = "public, max-age=3600"
_PRIVATE_PATHS = (
    "/account",
    "/creator",
    "/library",
    "/purchases",
    "/staff",
    "/sign-in",
    "/mail",
    "/tokens",
)


@get("/static/{name:path}", opt=PUBLIC | WITHOUT_METER)
async def send_static(request: HttpRequest, name: FromPath[str]) -> Response[bytes]:
    """Cached for a year if the URL contains the current content's hash, else for an hour."""
    asset = find_asset(name.lstrip("/"))
    if asset is None:
        raise NotFound("There is no such file")
    is_named = read_query(request).text("v") == asset.version
    keep = _FOR_A_YEAR if is_named else _FOR_AN_HOUR
    headers = {"Cache-Control": keep, "Vary": "Accept-Encoding", "ETag": f'"{asset.version}"'}
    body = asset.body
    if prefers_gzip(", ".join(request.headers.getall("accept-encoding", []))):
        headers |= {"Content-Encoding": "gzip", "ETag": f'"{asset.version}-gzip"'}
        body = asset.compressed
    return Response(body, media_type=asset.content_type, headers=headers)


def _file(body: bytes, media_type: str, cache_control: str = _FOR_AN_HOUR) -> Response[bytes]:
    """With an ETag, so that it is not sent again to clients with a current copy."""
    headers = {"Cache-Control": cache_control, "ETag": f'"{version_of(body)}"'}
    return Response(body, media_type=media_type, headers=headers)


@get("/favicon.svg", opt=PUBLIC | WITHOUT_METER)
async def send_favicon() -> Response[bytes]:
    asset = find_asset("favicon.svg") if current_site() is None else None
    if asset is None:
        raise NotFound("There is no such file")
    return _file(asset.body, asset.content_type)


@get(f"{brand_style.PATH}/{{name:str}}", opt=PUBLIC | WITHOUT_METER)
async def send_brand_style(name: FromPath[str]) -> Response[bytes]:
    """`<name>.css` of the brand whose site this is; of any other it is empty."""
    site = current_site()
    if site is None or name != f"{brand_style.style_name(site)}.css":
        return _file(b"", "text/css", "no-store")
    return _file(brand_style.write_style(site).encode(), "text/css", _FOR_A_YEAR)


@get("/icons/{name:str}", opt=PUBLIC | WITHOUT_METER)
async def send_icon(pages: NamedDependency[Pages], name: FromPath[str]) -> Response[bytes]:
    """`<agent id>.svg`; cached for a day, by shared caches too if the agent is on sale."""
    agent_id = _read_icon_name(name)
    agent = await get_visible_agent(pages.request_context.actor, agent_id)
    share = "public" if agent.is_on_sale else "private"
    icon = icon_svg(agent.id, agent.sphere).encode()
    return _file(icon, "image/svg+xml", f"{share}, max-age=86400")


def _read_icon_name(name: str) -> AgentId:
    stem, dot, ending = name.rpartition(".")
    try:
        agent_id = UUID(stem)
    except ValueError:
        raise NotFound("There is no such agent") from None
    if (dot, ending) != (".", "svg"):
        raise NotFound("There is no such agent")
    return AgentId(agent_id)


@get("/schemas/agent-manifest-1.json", opt=PUBLIC | WITHOUT_METER)
async def send_manifest_schema() -> Response[bytes]:
    return _file(SCHEMA_PATH.read_bytes(), "application/schema+json")


@get("/robots.txt", opt=PUBLIC | WITHOUT_METER)
async def send_robots(settings: NamedDependency[Settings]) -> Response[bytes]:
    """Each private path itself, with a query, and all below it, but not paths that merely begin
    alike. The site of a brand is for its people: search engines find our own.
    """
    if current_site() is not None:
        return _file(b"User-agent: *\nDisallow: /\n", "text/plain")
    lines = ["User-agent: *"]
    lines += [f"Disallow: {path}{end}" for path in _PRIVATE_PATHS for end in ("$", "?", "/")]
    lines.append(f"Sitemap: {settings.public_url}/sitemap.xml")
    return _file("\n".join([*lines, ""]).encode(), "text/plain")


@get("/sitemap.xml", opt=PUBLIC | WITHOUT_METER)
async def send_sitemap(sitemap: NamedDependency[Sitemap]) -> Response[bytes]:
    """Of our own site; a brand's has none."""
    if current_site() is not None:
        raise NotFound("There is no such file")
    return _file(await sitemap.get_document(), "application/xml")
