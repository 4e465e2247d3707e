"""The resources that directories read and write: of the core schemas what we store, and no more."""

from typing import Annotated, Any
from uuid import UUID

from scim2_models import (
    URN,
    CaseExact,
    ComplexAttribute,
    Email,
    GroupMember,
    GroupMembership,
    Meta,
    Mutability,
    Required,
    Resource,
    Uniqueness,
)

from chenu.accounts.validation import check_line
from chenu.core.email_address import find_ascii_address
from chenu.core.errors import ChenuError, Invalid, reject_if_any
from chenu.core.i18n import mark
from chenu.core.ids import find_id
from chenu.core.text import tidy
from chenu.flows.scim.groups import GroupView
from chenu.flows.scim.people import PersonView
from chenu.scim.model import LONGEST_NAME, LONGEST_SHOWN, EntryId, SaidOfGroup, SaidOfPerson

_NO_MAILBOX = mark("A user needs a mailbox: in emails, or as userName")


class Name(ComplexAttribute):
    formatted: str | None = None
    family_name: str | None = None
    given_name: str | None = None


class User(Resource[Any]):
    """`active` answers whether they are a member here."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    name: Name | None = None
    display_name: str | None = None
    active: bool | None = None
    emails: list[Email] | None = None
    groups: Annotated[list[GroupMembership] | None, Mutability.read_only] = None


class Group(Resource[Any]):
    """`members` are users of the same directory."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Uniqueness.server, Required.true, CaseExact.false] = None
    members: list[GroupMember] | None = None


def write_user(view: PersonView, base_url: str, *, is_wanted: bool = False) -> User:
    """`is_wanted`: `active` is what the directory wants, for a patch to begin with."""
    row = view.row
    groups = [
        GroupMembership(ref=None, value=str(each.group_id), display=each.group_name, type="direct")
        for each in view.groups
    ]
    return User(
        id=str(row.id),
        external_id=row.external_id,
        user_name=row.user_name,
        name=Name(given_name=row.given_name or None, family_name=row.family_name or None),
        display_name=row.display_name or None,
        active=row.is_active if is_wanted else view.is_member,
        emails=[Email(value=row.email, type=Email.Type.work, primary=True)],
        groups=groups or None,
        meta=Meta(
            resource_type="User",
            created=row.created_at,
            last_modified=row.updated_at,
            location=f"{base_url}/Users/{row.id}",
            version=write_version(row.revision),
        ),
    )


def write_group(view: GroupView, base_url: str) -> Group:
    row = view.row
    members = [
        GroupMember(ref=None, value=str(each.entry_id), display=each.user_name, type="User")
        for each in view.members
    ]
    return Group(
        id=str(row.id),
        external_id=row.external_id,
        display_name=row.name,
        members=members or None,
        meta=Meta(
            resource_type="Group",
            created=row.created_at,
            last_modified=row.updated_at,
            location=f"{base_url}/Groups/{row.id}",
            version=write_version(row.revision),
        ),
    )


def write_version(revision: int) -> str:
    return f'W/"{revision}"'


def read_user(user: User, *, is_active: bool = True) -> SaidOfPerson:
    """`is_active` where the user does not say. Raises Invalid, Rejected."""
    name = user.name or Name()
    given, family = tidy(name.given_name or ""), tidy(name.family_name or "")
    shown = user.display_name or name.formatted or f"{given} {family}"
    said = SaidOfPerson(
        user_name=tidy(user.user_name or ""),
        external_id=user.external_id,
        display_name=tidy(shown)[:LONGEST_SHOWN],
        given_name=given,
        family_name=family,
        email=_find_mailbox(user),
        is_active=is_active if user.active is None else user.active,
    )
    reject_if_any(_check_user(said))
    return said


def _check_user(said: SaidOfPerson) -> list[ChenuError]:
    errors = check_line(said.user_name, path=("userName",), longest=LONGEST_NAME)
    for text, path in (
        (said.external_id, "externalId"),
        (said.display_name, "displayName"),
        (said.given_name, "givenName"),
        (said.family_name, "familyName"),
    ):
        if text:
            errors += check_line(text, path=(path,), longest=LONGEST_NAME)
    return errors


def _find_mailbox(user: User) -> str:
    """The primary one, else the first, else the userName where it is one."""
    emails = sorted(user.emails or [], key=lambda each: not each.primary)
    written = (emails[0].value if emails else user.user_name) or ""
    found = find_ascii_address(written)
    if found is None:
        raise Invalid(_NO_MAILBOX, path=("emails",))
    return found


def read_group(group: Group) -> SaidOfGroup:
    """Raises Invalid."""
    name = tidy(group.display_name or "")
    errors = check_line(name, path=("displayName",), longest=LONGEST_NAME)
    if group.external_id:
        errors += check_line(group.external_id, path=("externalId",), longest=LONGEST_NAME)
    reject_if_any(errors)
    members = dict.fromkeys(_read_member(each) for each in group.members or [])
    return SaidOfGroup(name, group.external_id, tuple(members))


def _read_member(member: GroupMember) -> EntryId:
    found: UUID | None = find_id(member.value)
    if found is None:
        raise Invalid("A member of this group is no user of this directory", path=("members",))
    return EntryId(found)
