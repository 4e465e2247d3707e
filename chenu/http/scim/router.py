"""The routes of SCIM, each below /scim/v2."""

from litestar import Router

from chenu.http.scim import discovery, groups, users
from chenu.http.scim.answers import answer_failure
from chenu.scim.model import SCIM_PATH


def create_scim_routes() -> Router:
    return Router(
        SCIM_PATH,
        route_handlers=[
            discovery.show_config,
            discovery.list_resource_types,
            discovery.show_resource_type,
            discovery.list_schemas,
            discovery.show_schema,
            users.list_users,
            users.create_user,
            users.show_user,
            users.replace_user,
            users.patch_user,
            users.delete_user,
            groups.list_groups,
            groups.create_group,
            groups.show_group,
            groups.replace_group,
            groups.patch_group,
            groups.delete_group,
        ],
        exception_handlers={Exception: answer_failure},
        include_in_schema=False,
    )
