"""What this service can do, and the schemas of what it stores (RFC 7644, 4). Open to everybody."""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    ETag,
    External,
    Filter,
    Patch,
    Reference,
    Resource,
    ResourceType,
    ServiceProviderConfig,
    Sort,
)

from chenu.core.errors import NotFound
from chenu.http.scim.answers import answer, answer_list
from chenu.http.scim.requests import MOST_SHOWN
from chenu.http.scim.resources import Group, User
from chenu.settings import Settings

_MODELS: tuple[type[Resource[Any]], ...] = (User, Group)


@get("/ServiceProviderConfig")
async def show_config(settings: NamedDependency[Settings]) -> Response[dict[str, Any]]:
    bearer = AuthenticationScheme(
        type=AuthenticationScheme.Type.oauthbearertoken,
        name="Bearer token",
        description="The token of a connection, made by the owner of the account",
        primary=True,
    )
    config = ServiceProviderConfig(
        documentation_uri=Reference[External](f"{settings.public_url.rstrip('/')}/developers"),
        patch=Patch(supported=True),
        bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
        filter=Filter(supported=True, max_results=MOST_SHOWN),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=False),
        etag=ETag(supported=True),
        authentication_schemes=[bearer],
    )
    return answer(config)


@get("/ResourceTypes")
async def list_resource_types() -> Response[dict[str, Any]]:
    types = [ResourceType.from_resource(model) for model in _MODELS]
    return answer_list(types, len(types), 1)


@get("/ResourceTypes/{name:str}")
async def show_resource_type(name: FromPath[str]) -> Response[dict[str, Any]]:
    for model in _MODELS:
        if model.__name__ == name:
            return answer(ResourceType.from_resource(model))
    raise NotFound("There is no such resource type")


@get("/Schemas")
async def list_schemas() -> Response[dict[str, Any]]:
    schemas = [model.to_schema() for model in _MODELS]
    return answer_list(schemas, len(schemas), 1)


@get("/Schemas/{urn:str}")
async def show_schema(urn: FromPath[str]) -> Response[dict[str, Any]]:
    for model in _MODELS:
        if str(model.__schema__).lower() == urn.lower():
            return answer(model.to_schema())
    raise NotFound("There is no such schema")
