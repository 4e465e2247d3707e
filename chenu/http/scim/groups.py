"""Groups: /scim/v2/Groups."""

from typing import Any

from litestar import Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from scim2_models import Context, PatchOp

from chenu.flows.scim import groups as flow
from chenu.flows.scim.people import require_revision
from chenu.http.scim.answers import answer, answer_list
from chenu.http.scim.requests import (
    POLICY,
    ScimRequest,
    base_url,
    get_caller_of,
    read_body,
    read_excluded,
    read_id,
    read_patch,
    read_revision,
    read_span,
    read_wanted,
)
from chenu.http.scim.resources import Group, read_group, write_group
from chenu.scim.groups import FIELDS, count_groups
from chenu.scim.model import Caller, GroupId
from chenu.settings import Settings

_EXCLUDED = ("members",)


@get("/Groups")
async def list_groups(
    request: ScimRequest, settings: NamedDependency[Settings]
) -> Response[dict[str, Any]]:
    caller = await get_caller_of(request, settings)
    wanted, span = read_wanted(request, FIELDS), read_span(request)
    total = await count_groups(caller.connection_id, wanted)
    shown = await flow.show_groups(caller, wanted, span)
    groups = [write_group(each, base_url(settings)) for each in shown]
    return answer_list(groups, total, span.start, read_excluded(request, _EXCLUDED))


@post("/Groups")
async def create_group(
    request: ScimRequest, settings: NamedDependency[Settings]
) -> Response[dict[str, Any]]:
    caller = await get_caller_of(request, settings)
    group = Group.model_validate(
        await read_body(request),
        scim_ctx=Context.RESOURCE_CREATION_REQUEST,
        scim_policy=POLICY,
    )
    group_id = await flow.create_group(caller, read_group(group))
    return await _answer(caller, group_id, settings, status=201)


@get("/Groups/{id_text:str}")
async def show_group(
    request: ScimRequest, settings: NamedDependency[Settings], id_text: FromPath[str]
) -> Response[dict[str, Any]]:
    caller = await get_caller_of(request, settings)
    return await _answer(
        caller, GroupId(read_id(id_text)), settings, excluded=read_excluded(request, _EXCLUDED)
    )


@put("/Groups/{id_text:str}")
async def replace_group(
    request: ScimRequest, settings: NamedDependency[Settings], id_text: FromPath[str]
) -> Response[dict[str, Any]]:
    caller = await get_caller_of(request, settings)
    group_id = GroupId(read_id(id_text))
    group = Group.model_validate(
        await read_body(request),
        scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST,
        scim_policy=POLICY,
    )
    said = read_group(group)
    await flow.change_group_to(caller, group_id, said, read_revision(request))
    return await _answer(caller, group_id, settings)


@patch("/Groups/{id_text:str}")
async def patch_group(
    request: ScimRequest, settings: NamedDependency[Settings], id_text: FromPath[str]
) -> Response[dict[str, Any]]:
    """What was read is what is changed: a change of others in between is not lost."""
    caller = await get_caller_of(request, settings)
    group_id = GroupId(read_id(id_text))
    before = await flow.show_group(caller, group_id)
    require_revision(before.row.revision, read_revision(request))
    group = write_group(before, base_url(settings))
    with POLICY:
        changes = PatchOp[Group].model_validate(
            await read_patch(request), scim_ctx=Context.RESOURCE_PATCH_REQUEST
        )
        changes.patch(group)
    await flow.change_group_to(caller, group_id, read_group(group), before.row.revision)
    return await _answer(caller, group_id, settings)


@delete("/Groups/{id_text:str}")
async def delete_group(
    request: ScimRequest, settings: NamedDependency[Settings], id_text: FromPath[str]
) -> None:
    caller = await get_caller_of(request, settings)
    await flow.delete_group_of(caller, GroupId(read_id(id_text)), read_revision(request))


async def _answer(
    caller: Caller,
    group_id: GroupId,
    settings: Settings,
    *,
    status: int = 200,
    excluded: list[str] | None = None,
) -> Response[dict[str, Any]]:
    view = await flow.show_group(caller, group_id)
    return answer(write_group(view, base_url(settings)), status=status, excluded=excluded or [])
