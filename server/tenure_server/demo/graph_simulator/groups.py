"""Groups and contacts of the simulated directory, who is in a group, and which groups and roles one has."""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from tenure_server.demo.graph_simulator.access import Needs, any_of
from tenure_server.demo.graph_simulator.accounts import DEFAULT as USER_FIELDS
from tenure_server.demo.graph_simulator.accounts import READ_ALL, whole_user
from tenure_server.demo.graph_simulator.answers import (
    Answer,
    Call,
    GraphError,
    addressed_user,
    context,
    no_such_object,
)
from tenure_server.demo.graph_simulator.filters import filtering
from tenure_server.demo.graph_simulator.objects import SimulatedContact, SimulatedGroup
from tenure_server.demo.graph_simulator.paging import page, selected, top
from tenure_server.demo.graph_simulator.routing import Route

GROUP_FIELDS = ("displayName", "mail", "mailEnabled", "proxyAddresses", "securityEnabled", "visibility")
CONTACT_FIELDS = ("displayName", "givenName", "mail", "mailNickname", "proxyAddresses", "surname")
DIRECTORY = ("Directory.Read.All", "Directory.ReadWrite.All")
READ_GROUPS = Needs(app=any_of("GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", *DIRECTORY))
READ_MEMBERS = Needs(
    app=any_of("GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All")
)
READ_CONTACTS = Needs(app=any_of("OrgContact.Read.All", *DIRECTORY))
READ_MEMBERSHIPS = Needs(
    app=any_of("GroupMember.Read.All", "Group.Read.All", *DIRECTORY),
    delegated_own=any_of("User.Read", "GroupMember.Read.All", *DIRECTORY),
)
SHOWN_BY = {
    "#microsoft.graph.user": frozenset(READ_ALL),
    "#microsoft.graph.group": frozenset(
        {"GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", *DIRECTORY}
    ),
    "#microsoft.graph.orgContact": frozenset({"OrgContact.Read.All", *DIRECTORY}),
    "#microsoft.graph.directoryRole": frozenset({"RoleManagement.Read.Directory", *DIRECTORY}),
}
"""What a caller without any of these learns of a member: its id and its type."""
_FIELDS = {
    "#microsoft.graph.user": USER_FIELDS,
    "#microsoft.graph.group": GROUP_FIELDS,
    "#microsoft.graph.orgContact": CONTACT_FIELDS,
    "#microsoft.graph.directoryRole": ("displayName", "roleTemplateId"),
}


def _group(group: SimulatedGroup) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.group",
        "id": group.id,
        "displayName": group.display_name,
        "mail": group.mail,
        "mailEnabled": group.mail_enabled,
        "proxyAddresses": list(group.proxy_addresses),
        "securityEnabled": not group.mail_enabled,
        "visibility": "HiddenMembership" if group.hidden_membership else "Private",
    }


def _contact(contact: SimulatedContact) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.orgContact",
        "id": contact.id,
        "displayName": contact.display_name,
        "givenName": None,
        "mail": contact.mail,
        "mailNickname": None,
        "proxyAddresses": list(contact.proxy_addresses),
        "surname": None,
    }


def _role(name: str) -> dict[str, Any]:
    number = str(uuid.uuid5(uuid.NAMESPACE_OID, name))
    return {
        "@odata.type": "#microsoft.graph.directoryRole",
        "id": number,
        "displayName": name,
        "roleTemplateId": number,
    }


def _entity(call: Call, entity_id: str) -> dict[str, Any] | None:
    if entity_id in call.tenant.users:
        return whole_user(call.tenant, call.tenant.users[entity_id])
    if entity_id in call.tenant.groups:
        return _group(call.tenant.groups[entity_id])
    contact = call.tenant.contacts.get(entity_id)
    return None if contact is None else _contact(contact)


def _shown(call: Call, entity: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a caller may see of a member or a membership."""
    kind = entity["@odata.type"]
    if not call.caller.roles & SHOWN_BY[kind] and call.caller.user is None:
        return {"@odata.type": kind, "id": entity["id"]}
    names = [name.strip() for name in call.query.get("$select", "").split(",") if name.strip()]
    wanted = [name for name in names if name in entity] or _FIELDS[kind]
    return {"@odata.type": kind, "id": entity["id"], **{name: entity[name] for name in wanted}}


def _groups(call: Call) -> Answer:
    groups = [_group(group) for group in list(call.tenant.groups.values())]
    if "$filter" in call.query:
        fits = filtering(call.query["$filter"])
        groups = [group for group in groups if fits(group)]
    return _page(call, groups, GROUP_FIELDS, "groups")


def _contacts(call: Call) -> Answer:
    contacts = [_contact(contact) for contact in list(call.tenant.contacts.values())]
    if "$filter" in call.query:
        fits = filtering(call.query["$filter"])
        contacts = [contact for contact in contacts if fits(contact)]
    return _page(call, contacts, CONTACT_FIELDS, "contacts")


def _one_contact(call: Call) -> Answer:
    contact = call.tenant.contacts.get(call.parameters["contact"])
    if contact is None:
        raise no_such_object(call.parameters["contact"])
    shown = _untyped(selected(call, _contact(contact), CONTACT_FIELDS))
    return Answer(body={"@odata.context": context(call, "contacts/$entity"), **shown})


def _one_group(call: Call) -> Answer:
    shown = _untyped(selected(call, _group(_addressed_group(call)), GROUP_FIELDS))
    return Answer(body={"@odata.context": context(call, "groups/$entity"), **shown})


def _page(call: Call, entities: list[dict[str, Any]], fields: tuple[str, ...], of: str) -> Answer:
    size = top(call, call.tenant.page_size)
    return page(call, entities, lambda entity: _untyped(selected(call, entity, fields)), of, size)


def _untyped(shown: dict[str, Any]) -> dict[str, Any]:
    shown.pop("@odata.type", None)
    return shown


def _addressed_group(call: Call) -> SimulatedGroup:
    group = call.tenant.groups.get(call.parameters["group"])
    if group is None:
        raise no_such_object(call.parameters["group"])
    return group


def _readable_group(call: Call) -> SimulatedGroup:
    group = _addressed_group(call)
    if group.hidden_membership and not call.caller.roles & {"Member.Read.Hidden", *DIRECTORY}:
        raise GraphError(
            403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
        )
    return group


def _members(call: Call) -> Answer:
    return _member_page(call, list(_readable_group(call).members))


def _transitive_members(call: Call) -> Answer:
    return _member_page(call, list(_everyone(call, _readable_group(call))))


def _everyone(call: Call, group: SimulatedGroup) -> Iterator[str]:
    """List who and what is in a group through all groups in it, each once; cycles end."""
    seen, waiting = {group.id}, list(group.members)
    while waiting:
        member = waiting.pop(0)
        if member in seen:
            continue
        seen.add(member)
        yield member
        if member in call.tenant.groups:
            waiting += call.tenant.groups[member].members


def _member_page(call: Call, ids: list[str]) -> Answer:
    found = [entity for entity in (_entity(call, member) for member in ids) if entity is not None]
    return _cast_page(call, found)


def _cast_page(call: Call, entities: list[dict[str, Any]]) -> Answer:
    kind = call.parameters.get("kind", "")
    if kind:
        entities = [entity for entity in entities if entity["@odata.type"] == f"#microsoft.graph.{kind}"]
    size = top(call, call.tenant.page_size)
    return page(call, entities, lambda entity: _shown(call, entity), "directoryObjects", size)


def _member_of(call: Call) -> Answer:
    return _memberships(call, through_groups=False)


def _transitive_member_of(call: Call) -> Answer:
    return _memberships(call, through_groups=True)


def _memberships(call: Call, *, through_groups: bool) -> Answer:
    user = addressed_user(call)
    groups = [
        _group(group)
        for group in list(call.tenant.groups.values())
        if user.id in (set(_everyone(call, group)) if through_groups else group.members)
    ]
    return _cast_page(call, [*groups, *map(_role, user.directory_roles)])


def _with_casts(template: str, handler: Any, needs: Needs) -> tuple[Route, Route]:
    return (
        Route(method="GET", template=template, handler=handler, needs=needs),
        Route(method="GET", template=f"{template}/microsoft.graph.{{kind}}", handler=handler, needs=needs),
    )


ROUTES = (
    Route(method="GET", template="/groups", handler=_groups, needs=READ_GROUPS),
    Route(method="GET", template="/groups/{group}", handler=_one_group, needs=READ_GROUPS),
    Route(method="GET", template="/contacts", handler=_contacts, needs=READ_CONTACTS),
    Route(method="GET", template="/contacts/{contact}", handler=_one_contact, needs=READ_CONTACTS),
    *_with_casts("/groups/{group}/members", _members, READ_MEMBERS),
    *_with_casts("/groups/{group}/transitiveMembers", _transitive_members, READ_MEMBERS),
    *_with_casts("/users/{user}/memberOf", _member_of, READ_MEMBERSHIPS),
    *_with_casts("/users/{user}/transitiveMemberOf", _transitive_member_of, READ_MEMBERSHIPS),
)
