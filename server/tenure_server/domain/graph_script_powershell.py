"""The script for Microsoft Graph's and Exchange's PowerShell modules. Pure: no I/O, no clock."""

from tenure_server.domain import graph_script_words as words
from tenure_server.domain.graph_permissions import GRAPH_APP_ID, SCOPES, Feature
from tenure_server.domain.graph_script import (
    CERTIFICATE_FILE,
    LAPTOPS_REGISTRATION,
    REGISTRATION,
    ScriptRequest,
    Speak,
    comment,
    in_powershell,
)
from tenure_server.domain.graph_script_exchange import exchange_part
from tenure_server.domain.message import N_, Message, say

_READ = N_("Read it before you run it. It needs the modules Microsoft.Graph and ExchangeOnlineManagement.")


def powershell_script(request: ScriptRequest, speak: Speak) -> str:
    """Write the whole script."""
    lines = [
        comment(say(_READ), speak),
        comment(say(words.UNTRIED), speak),
        "$ErrorActionPreference = 'Stop'",
        f"$tenantId = {in_powershell(request.tenant)}",
        f"$graphAppId = {in_powershell(GRAPH_APP_ID)}",
        *_connect(request),
        "$graph = Get-MgServicePrincipal -Filter \"appId eq '$graphAppId'\"",
    ]
    if request.for_server:
        lines += ["", *_server(request, speak), "", *_consents(request, speak)]
        if request.grants:
            lines += ["", "$objectId = $app.Id", *exchange_part(request, speak)]
    if Feature.LAPTOPS in request.wanted:
        lines += ["", *_laptops(request, speak)]
    if request.for_server:
        lines += ["", *_take_back(speak)]  # last: it may be left at the first question
    return "\n".join([*lines, ""])


def _connect(request: ScriptRequest) -> list[str]:
    rights = ["Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All"]
    if Feature.LAPTOPS in request.wanted:
        rights.append("DelegatedPermissionGrant.ReadWrite.All")
    scopes = ", ".join(in_powershell(right) for right in rights)
    environment = in_powershell(request.environment.graph_module)
    return [
        f"Connect-MgGraph -TenantId $tenantId -Environment {environment} -NoWelcome -Scopes {scopes}",
    ]


def _server(request: ScriptRequest, speak: Speak) -> list[str]:
    if request.client_id:
        return [
            f"$clientId = {in_powershell(request.client_id)}",
            "$app = Get-MgServicePrincipal -Filter \"appId eq '$clientId'\"",
            "if (-not $app) { $app = New-MgServicePrincipal -AppId $clientId }",
        ]
    return [
        comment(say(words.REGISTER, file=CERTIFICATE_FILE), speak),
        (
            "$certificate = [System.Security.Cryptography.X509Certificates.X509Certificate2]::new("
            f"(Resolve-Path {in_powershell(CERTIFICATE_FILE)}).Path)"
        ),
        "$key = @{ type = 'AsymmetricX509Cert'; usage = 'Verify'; key = $certificate.RawData }",
        (
            f"$registration = New-MgApplication -DisplayName {in_powershell(REGISTRATION)} "
            "-SignInAudience 'AzureADMyOrg' -KeyCredentials @($key)"
        ),
        "$clientId = $registration.AppId",
        "$app = New-MgServicePrincipal -AppId $clientId",
        *_setting("graph_client_id", "$clientId", speak),
    ]


def _setting(name: str, variable: str, speak: Speak) -> list[str]:
    return [comment(say(words.SETTINGS), speak), f"Write-Host ('{name} = \"' + {variable} + '\"')"]


def _consents(request: ScriptRequest, speak: Speak) -> list[str]:
    table = [f"    {in_powershell(one.name)} = {in_powershell(one.role_id)}" for one in request.consents]
    reasons = [comment(_because(one.name, one.why, speak), speak) for one in request.consents]
    return [
        comment(say(words.CONSENT), speak),
        *reasons,
        "$wanted = [ordered]@{",
        *table,
        "}",
        "$present = @(Get-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $app.Id -All)",
        "foreach ($name in $wanted.Keys) {",
        "    if ($present.AppRoleId -notcontains $wanted[$name]) {",
        (
            "        New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $app.Id "
            "-PrincipalId $app.Id -ResourceId $graph.Id -AppRoleId $wanted[$name] | Out-Null"
        ),
        "    }",
        "}",
    ]


def _because(name: str, why: Message, speak: Speak) -> Message:
    return say("{name}: {why}", name=name, why=speak(why))


def _take_back(speak: Speak) -> list[str]:
    return [
        comment(say(words.BACK), speak),
        "foreach ($one in @($present | Where-Object { $wanted.Values -notcontains $_.AppRoleId })) {",
        "    $role = $graph.AppRoles | Where-Object { $_.Id -eq $one.AppRoleId }",
        "    Write-Host $one.ResourceDisplayName $role.Value",
        (
            "    Remove-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $app.Id "
            "-AppRoleAssignmentId $one.Id -Confirm"
        ),
        "}",
    ]


def _laptops(request: ScriptRequest, speak: Speak) -> list[str]:
    scopes = in_powershell(" ".join(scope.name for scope in SCOPES))
    return [
        comment(say(words.LAPTOPS), speak),
        *_laptops_registration(request, speak),
        f"$scopes = {scopes}",
        (
            "$grant = Get-MgOauth2PermissionGrant -All | Where-Object { $_.ClientId -eq $laptops.Id "
            "-and $_.ResourceId -eq $graph.Id -and $_.ConsentType -eq 'AllPrincipals' }"
        ),
        "if ($grant) {",
        "    Update-MgOauth2PermissionGrant -OAuth2PermissionGrantId $grant.Id -Scope $scopes",
        "} else {",
        (
            "    New-MgOauth2PermissionGrant -ClientId $laptops.Id -ConsentType 'AllPrincipals' "
            "-ResourceId $graph.Id -Scope $scopes | Out-Null"
        ),
        "}",
    ]


def _laptops_registration(request: ScriptRequest, speak: Speak) -> list[str]:
    if request.laptop_client_id:
        return [
            f"$laptopsId = {in_powershell(request.laptop_client_id)}",
            "$laptops = Get-MgServicePrincipal -Filter \"appId eq '$laptopsId'\"",
            "if (-not $laptops) { $laptops = New-MgServicePrincipal -AppId $laptopsId }",
        ]
    return [
        (
            f"$registered = New-MgApplication -DisplayName {in_powershell(LAPTOPS_REGISTRATION)} "
            "-SignInAudience 'AzureADMyOrg' -IsFallbackPublicClient:$true"
        ),
        "$laptops = New-MgServicePrincipal -AppId $registered.AppId",
        *_setting("graph_laptop_client_id", "$registered.AppId", speak),
    ]
