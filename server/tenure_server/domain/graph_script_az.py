"""The script for the `az` command in a POSIX shell; Exchange knows only PowerShell. Pure: no I/O."""

from tenure_server.domain import graph_script_words as words
from tenure_server.domain.graph_permissions import GRAPH_APP_ID, SCOPES, Feature
from tenure_server.domain.graph_script import (
    CERTIFICATE_FILE,
    LAPTOPS_REGISTRATION,
    REGISTRATION,
    ScriptRequest,
    Speak,
    comment,
    in_sh,
)
from tenure_server.domain.graph_script_exchange import exchange_part
from tenure_server.domain.message import N_, say

_READ = N_(
    "Read it before you run it. It needs az and, for Exchange, PowerShell with ExchangeOnlineManagement."
)
_HEREDOC = "END_OF_EXCHANGE"
_BODY = '{"principalId":"%s","resourceId":"%s","appRoleId":"%s"}'
_ASSIGNMENT = (
    f'body=$(printf {in_sh(_BODY)} "$app" "$graph" "$role")',
    "az rest --method POST --url \"$assignments\" --headers 'Content-Type=application/json' \\",
    '    --body "$body" --output none',
)


def az_script(request: ScriptRequest, speak: Speak) -> str:
    """Write the whole script."""
    environment = request.environment
    lines = [
        "#!/bin/sh",
        comment(say(_READ), speak),
        comment(say(words.UNTRIED), speak),
        "set -eu",
        f"graph_url={in_sh(environment.graph)}",
        *([] if environment.az == "AzureCloud" else [f"az cloud set --name {in_sh(environment.az)}"]),
        f"az login --tenant {in_sh(request.tenant)} --allow-no-subscriptions --output none",
        f"graph=$(az ad sp show --id {in_sh(GRAPH_APP_ID)} --query id --output tsv)",
    ]
    if request.for_server:
        lines += ["", *_server(request, speak), "", *_consents(request, speak)]
        if request.grants:
            lines += ["", *_exchange(request, speak)]
    if Feature.LAPTOPS in request.wanted:
        lines += ["", *_laptops(request, speak)]
    if request.for_server:
        lines += ["", *_take_back(speak)]  # last: it may be left at the first question
    return "\n".join([*lines, ""])


def _server(request: ScriptRequest, speak: Speak) -> list[str]:
    if request.client_id:
        lines = [f"client={in_sh(request.client_id)}"]
    else:
        lines = [
            comment(say(words.REGISTER, file=CERTIFICATE_FILE), speak),
            (
                f"client=$(az ad app create --display-name {in_sh(REGISTRATION)} "
                "--sign-in-audience AzureADMyOrg --query appId --output tsv)"
            ),
            f'az ad app credential reset --id "$client" --cert @{CERTIFICATE_FILE} --append --output none',
            *_setting("graph_client_id", "client", speak),
        ]
    return [*lines, *_principal("app", "client")]


def _principal(variable: str, client: str) -> list[str]:
    return [
        (
            f'az ad sp show --id "${client}" --output none 2>/dev/null || '
            f'az ad sp create --id "${client}" --output none'
        ),
        f'{variable}=$(az ad sp show --id "${client}" --query id --output tsv)',
    ]


def _setting(name: str, variable: str, speak: Speak) -> list[str]:
    return [comment(say(words.SETTINGS), speak), f'printf \'{name} = "%s"\\n\' "${variable}"']


def _consents(request: ScriptRequest, speak: Speak) -> list[str]:
    reasons = [
        comment(say("{name}: {why}", name=one.name, why=speak(one.why)), speak) for one in request.consents
    ]
    return [
        comment(say(words.CONSENT), speak),
        *reasons,
        f"wanted={in_sh(' '.join(one.role_id for one in request.consents))}",
        'assignments="$graph_url/servicePrincipals/$app/appRoleAssignments"',
        "present=$(az rest --method GET --url \"$assignments\" --query 'value[].appRoleId' --output tsv)",
        "for role in $wanted; do",
        '    case "$present" in *"$role"*) continue ;; esac',
        *(f"    {line}" for line in _ASSIGNMENT),
        "done",
    ]


def _exchange(request: ScriptRequest, speak: Speak) -> list[str]:
    return [
        "exchange=$(mktemp -d)/exchange.ps1",
        f"cat > \"$exchange\" <<'{_HEREDOC}'",
        "param([string] $clientId, [string] $objectId)",
        "$ErrorActionPreference = 'Stop'",
        *exchange_part(request, speak),
        _HEREDOC,
        'pwsh -NoProfile -File "$exchange" "$client" "$app"',
    ]


def _take_back(speak: Speak) -> list[str]:
    return [
        comment(say(words.BACK), speak),
        "az rest --method GET --url \"$assignments\" --query 'value[].[id, appRoleId]' --output tsv |",
        "while read -r assignment role; do",
        '    case "$wanted" in *"$role"*) continue ;; esac',
        '    az ad sp show --id "$graph" --query "appRoles[?id==\'$role\'].value" --output tsv </dev/null',
        "    printf '%s? [y/N] ' \"$role\"",
        "    read -r answer </dev/tty",
        '    if [ "$answer" = y ]; then',
        '        az rest --method DELETE --url "$assignments/$assignment" --output none </dev/null',
        "    fi",
        "done",
    ]


def _laptops(request: ScriptRequest, speak: Speak) -> list[str]:
    if request.laptop_client_id:
        lines = [f"laptops={in_sh(request.laptop_client_id)}"]
    else:
        lines = [
            (
                f"laptops=$(az ad app create --display-name {in_sh(LAPTOPS_REGISTRATION)} "
                "--sign-in-audience AzureADMyOrg --is-fallback-public-client true --query appId --output tsv)"
            ),
            *_setting("graph_laptop_client_id", "laptops", speak),
        ]
    scopes = in_sh(" ".join(scope.name for scope in SCOPES))
    return [
        comment(say(words.LAPTOPS), speak),
        *lines,
        *_principal("laptops_app", "laptops"),
        (
            f'az ad app permission grant --id "$laptops" --api {in_sh(GRAPH_APP_ID)} --scope {scopes} '
            "--output none"
        ),
    ]
