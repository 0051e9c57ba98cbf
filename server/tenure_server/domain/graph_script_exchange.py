"""The part of a script that limits the app to some mailboxes: RBAC for Applications in Exchange. Pure.

It expects `$clientId` and `$objectId` (of the service principal, not of the registration).
"""

from tenure_server.domain.graph_script import (
    REGISTRATION,
    SENDER_SCOPE,
    TRUSTEES_SCOPE,
    ScriptRequest,
    Speak,
    comment,
    in_powershell,
)
from tenure_server.domain.message import N_, say

_WHAT = N_("Exchange: which mailboxes the app may reach. An administrator of Exchange runs this part.")
_DIRECT = N_("Direct members of the group only. Leavers stay in it until their mailbox is closed.")
_MARK = N_("Mailboxes are marked with: Set-Mailbox -Identity ADDRESS -{attribute} {value}")
_WAIT = N_("It takes effect within two hours. InScope must be True here, and False for others:")


def exchange_part(request: ScriptRequest, speak: Speak) -> list[str]:
    """Return the lines that register the app with Exchange and grant it what touches mailboxes."""
    environment = request.environment.exchange_module
    chosen = "" if environment == "O365Default" else f" -ExchangeEnvironmentName {in_powershell(environment)}"
    scopes = {scope for _, scope in request.grants}
    lines = [
        comment(say(_WHAT), speak),
        f"Connect-ExchangeOnline -ShowBanner:$false{chosen}",
        "if (-not (Get-ServicePrincipal | Where-Object { $_.AppId -eq $clientId })) {",
        (
            "    New-ServicePrincipal -AppId $clientId -ObjectId $objectId "
            f"-DisplayName {in_powershell(REGISTRATION)} | Out-Null"
        ),
        "}",
    ]
    if TRUSTEES_SCOPE in scopes:
        lines += [*_trustees(request, speak), *_scope(TRUSTEES_SCOPE)]
    if SENDER_SCOPE in scopes:
        lines += [f"$filter = {_equals('PrimarySmtpAddress', request.sender)}", *_scope(SENDER_SCOPE)]
    for permission, scope in request.grants:
        lines += _assignment(permission.name, scope)
    lines.append(comment(say(_WAIT), speak))
    resource = in_powershell(request.sender) if SENDER_SCOPE in scopes else "(Read-Host 'Mailbox')"
    lines.append(
        f"Test-ServicePrincipalAuthorization -Identity $objectId -Resource {resource} | Format-Table"
    )
    return lines


def _trustees(request: ScriptRequest, speak: Speak) -> list[str]:
    if request.attribute is not None:
        attribute, value = request.attribute
        mark = say(_MARK, attribute=attribute, value=in_powershell(value))
        return [comment(mark, speak), f"$filter = {_equals(attribute, value)}"]
    return [
        comment(say(_DIRECT), speak),
        f"$group = Get-Group -Identity {in_powershell(request.group)}",
        '$filter = "MemberOfGroup -eq \'" + $group.DistinguishedName.Replace("\'", "\'\'") + "\'"',
    ]


def _equals(attribute: str, value: str) -> str:
    # The filter is a text within a text: the value's own apostrophes are doubled once for each.
    inner = value.replace("'", "''")
    return in_powershell(f"{attribute} -eq '{inner}'")


def _scope(name: str) -> list[str]:
    quoted = in_powershell(name)
    return [
        f"if (Get-ManagementScope -Identity {quoted} -ErrorAction SilentlyContinue) {{",
        f"    Set-ManagementScope -Identity {quoted} -RecipientRestrictionFilter $filter",
        "} else {",
        f"    New-ManagementScope -Name {quoted} -RecipientRestrictionFilter $filter | Out-Null",
        "}",
    ]


def _assignment(permission: str, scope: str) -> list[str]:
    name = in_powershell(f"{REGISTRATION} {permission}")
    role = in_powershell(f"Application {permission}")
    return [
        f"if (-not (Get-ManagementRoleAssignment -Identity {name} -ErrorAction SilentlyContinue)) {{",
        (
            f"    New-ManagementRoleAssignment -Name {name} -App $objectId -Role {role} "
            f"-CustomResourceScope {in_powershell(scope)} | Out-Null"
        ),
        "}",
    ]
