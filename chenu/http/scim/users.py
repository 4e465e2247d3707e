"""Users: /scim/v2/Users."""

from typing import Any

from litestar import Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from scim2_models import Context, PatchOp

from chenu.flows.scim.people import (
    change_person,
    create_person,
    delete_person,
    require_revision,
    show_people,
    show_person,
)
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
from chenu.http.scim.resources import User, read_user, write_user
from chenu.scim.entries import FIELDS, count_entries
from chenu.scim.model import Caller, EntryId
from chenu.settings import Settings

_EXCLUDED = ("groups", "emails", "name")


@get("/Users")
async def list_users(
    request: ScimRequest, settings: NamedDependency[Settings]
) -> Response[dict[str, Any]]:
    caller = await get_caller_of(request, settings)
    wanted, span = read_wanted(request, FIELDS), read_span(request)
    total = await count_entries(caller.connection_id, wanted)
    shown = await show_people(caller, wanted, span)
    users = [write_user(each, base_url(settings)) for each in shown]
    return answer_list(users, total, span.start, read_excluded(request, _EXCLUDED))


@post("/Users")
async def create_user(
    request: ScimRequest, settings: NamedDependency[Settings]
) -> Response[dict[str, Any]]:
    caller = await get_caller_of(request, settings)
    user = User.model_validate(
        await read_body(request),
        scim_ctx=Context.RESOURCE_CREATION_REQUEST,
        scim_policy=POLICY,
    )
    entry_id = await create_person(caller, read_user(user))
    return await _answer(caller, entry_id, settings, status=201)


@get("/Users/{id_text:str}")
async def show_user(
    request: ScimRequest, settings: NamedDependency[Settings], id_text: FromPath[str]
) -> Response[dict[str, Any]]:
    caller = await get_caller_of(request, settings)
    return await _answer(
        caller, EntryId(read_id(id_text)), settings, excluded=read_excluded(request, _EXCLUDED)
    )


@put("/Users/{id_text:str}")
async def replace_user(
    request: ScimRequest, settings: NamedDependency[Settings], id_text: FromPath[str]
) -> Response[dict[str, Any]]:
    caller = await get_caller_of(request, settings)
    entry_id = EntryId(read_id(id_text))
    before = await show_person(caller, entry_id)
    user = User.model_validate(
        await read_body(request),
        scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST,
        scim_policy=POLICY,
    )
    said = read_user(user, is_active=before.row.is_active)
    await change_person(caller, entry_id, said, read_revision(request))
    return await _answer(caller, entry_id, settings)


@patch("/Users/{id_text:str}")
async def patch_user(
    request: ScimRequest, settings: NamedDependency[Settings], id_text: FromPath[str]
) -> Response[dict[str, Any]]:
    """What was read is what is changed: a change of others in between is not lost."""
    caller = await get_caller_of(request, settings)
    entry_id = EntryId(read_id(id_text))
    before = await show_person(caller, entry_id)
    require_revision(before.row.revision, read_revision(request))
    user = write_user(before, base_url(settings), is_wanted=True)
    with POLICY:
        changes = PatchOp[User].model_validate(
            await read_patch(request), scim_ctx=Context.RESOURCE_PATCH_REQUEST
        )
        changes.patch(user)
    await change_person(caller, entry_id, read_user(user), before.row.revision)
    return await _answer(caller, entry_id, settings)


@delete("/Users/{id_text:str}")
async def delete_user(
    request: ScimRequest, settings: NamedDependency[Settings], id_text: FromPath[str]
) -> None:
    caller = await get_caller_of(request, settings)
    await delete_person(caller, EntryId(read_id(id_text)), read_revision(request))


async def _answer(
    caller: Caller,
    entry_id: EntryId,
    settings: Settings,
    *,
    status: int = 200,
    excluded: list[str] | None = None,
) -> Response[dict[str, Any]]:
    view = await show_person(caller, entry_id)
    return answer(write_user(view, base_url(settings)), status=status, excluded=excluded or [])
