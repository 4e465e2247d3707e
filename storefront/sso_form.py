"""The form of a connection, and what the page says of one."""

from chenu.core.errors import Invalid
from chenu.core.i18n import mark
from chenu.flows.sso.saml_setup import SamlInput
from chenu.flows.sso.setup import OidcInput, RoleTable
from chenu.sso.connections import ConnectionRow
from chenu.sso.model import ConnectionState
from storefront.forms import Fields

SAML_FIELDS = ("name", "metadata", "default_role", "role_claim", "roles")
FIELDS = ("name", "issuer", "client_id", "default_role", "role_claim", "roles")
STATES = {
    ConnectionState.DRAFT: mark("Not tried yet"),
    ConnectionState.TRIED: mark("Tried, and switched off"),
    ConnectionState.ON: mark("On"),
}


def read_oidc(fields: Fields, *, is_new: bool) -> OidcInput:
    """An empty secret leaves the one that there is. Raises Invalid for the table of roles."""
    secret = fields.text("client_secret")
    return OidcInput(
        name=fields.text("name"),
        issuer=fields.text("issuer"),
        client_id=fields.text("client_id"),
        client_secret=secret if secret or is_new else None,
        table=_read_table(fields),
    )


def read_saml(fields: Fields) -> SamlInput:
    """Raises Invalid for the table of roles."""
    return SamlInput(fields.text("name"), fields.text("metadata"), _read_table(fields))


def _read_table(fields: Fields) -> RoleTable:
    return RoleTable(
        default_role=fields.text("default_role"),
        role_claim=fields.text("role_claim"),
        roles=read_roles(fields.text("roles")),
    )


def read_roles(text: str) -> dict[str, str]:
    """A line each: the value of the claim, an equals sign, the role. Raises Invalid."""
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        value, is_there, role = line.rpartition("=")
        if not is_there:
            message = mark(
                "Please write a group and its role in each line, such as accounting = BILLING"
            )
            raise Invalid(message, path=("roles",))
        found[value.strip()] = role.strip().upper()
    return found


def show_roles(connection: ConnectionRow) -> str:
    return "\n".join(f"{value} = {role}" for value, role in connection.roles.items())


def values_of(connection: ConnectionRow) -> dict[str, str]:
    return {
        "name": connection.name,
        "issuer": connection.issuer,
        "client_id": connection.client_id,
        "metadata": connection.metadata,
        "default_role": connection.default_role,
        "role_claim": connection.role_claim,
        "roles": show_roles(connection),
    }
