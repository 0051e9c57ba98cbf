"""What an administrator runs to give the server the least it needs in the tenant. Pure: no I/O, no clock.

Rules: whatever comes from settings or flags is judged before it is written into a script, and quoted; what
touches mailboxes is granted in Exchange for some mailboxes, never in Entra; nothing is taken back unasked;
with the ids it printed in the settings, a script may be run again.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from tenure_server.domain.errors import InputError
from tenure_server.domain.graph_permissions import Feature, Permission, needed
from tenure_server.domain.message import N_, Message, say

Speak = Callable[[Message], str]

TRUSTEES_SCOPE = "Tenure trustees"
SENDER_SCOPE = "Tenure sender"
REGISTRATION = "Tenure"
LAPTOPS_REGISTRATION = "Tenure laptops"
CERTIFICATE_FILE = "tenure-graph.crt"
DEFAULT_GROUP = "tenure-trustees"

_ID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_TENANT = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,62})(\.[A-Za-z0-9-]{1,63})+")
_ATTRIBUTE = re.compile(r"(CustomAttribute(?:[1-9]|1[0-5]))=([A-Za-z0-9ÅÄÖåäö._ -]{1,64})")
_LONGEST = 256


class Shell(StrEnum):
    """Which tools a script is written for; the value is what `--script` takes."""

    POWERSHELL = "powershell"
    AZ = "az"


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What the tools call a cloud."""

    graph_module: str
    exchange_module: str
    az: str
    graph: str


ENVIRONMENTS: dict[str, Environment] = {
    "global": Environment(
        graph_module="Global",
        exchange_module="O365Default",
        az="AzureCloud",
        graph="https://graph.microsoft.com/v1.0",
    ),
    "us-gov": Environment(
        graph_module="USGov",
        exchange_module="O365USGovGCCHigh",
        az="AzureUSGovernment",
        graph="https://graph.microsoft.us/v1.0",
    ),
    "us-dod": Environment(
        graph_module="USGovDoD",
        exchange_module="O365USGovDoD",
        az="AzureUSGovernment",
        graph="https://dod-graph.microsoft.us/v1.0",
    ),
    "china": Environment(
        graph_module="China",
        exchange_module="O365China",
        az="AzureChinaCloud",
        graph="https://microsoftgraph.chinacloudapi.cn/v1.0",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptRequest:
    """For whom a script is written; make it with `script_request`, which judges every word."""

    tenant: str
    client_id: str
    """Empty: the script registers the server anew."""
    cloud: str
    wanted: frozenset[Feature]
    group: str
    """Mail-enabled security group whose direct members are the trustees; empty: by attribute."""
    attribute: tuple[str, str] | None
    """Name and value of the attribute that marks the trustees' mailboxes."""
    sender: str
    laptop_client_id: str
    """Empty: the script registers laptops anew."""

    @property
    def environment(self) -> Environment:
        """Return what the tools call its cloud."""
        return ENVIRONMENTS[self.cloud]

    @property
    def consents(self) -> tuple[Permission, ...]:
        """Return what Entra has to consent to."""
        return tuple(one for one in needed(self.wanted) if not one.of_mailboxes)

    @property
    def grants(self) -> tuple[tuple[Permission, str], ...]:
        """Return what Exchange has to grant, each with the name of its scope."""
        return tuple(
            (one, SENDER_SCOPE if one.name == "Mail.Send" else TRUSTEES_SCOPE)
            for one in needed(self.wanted)
            if one.of_mailboxes
        )

    @property
    def for_server(self) -> bool:
        """Tell whether the server's own registration needs anything."""
        return bool(self.consents or self.grants)


def script_request(
    *,
    tenant: str,
    client_id: str,
    cloud: str,
    wanted: frozenset[Feature],
    group: str = "",
    attribute: str = "",
    sender: str = "",
    laptop_client_id: str = "",
) -> ScriptRequest:
    """Judge the words that go into a script, and return them.

    Raises:
        InputError: One could not be written into it safely, or is missing.
    """
    if not (_ID.fullmatch(tenant) or _TENANT.fullmatch(tenant)):
        raise InputError(say(N_("graph_tenant “{tenant}” is neither an id nor a domain."), tenant=tenant))
    for value in (client_id, laptop_client_id):
        if value and not _ID.fullmatch(value):
            raise InputError(say(N_("“{id}” is not the id of a registration."), id=value))
    if Feature.NOTICES in wanted and not sender:
        raise InputError(say(N_("To send notices through Graph, set graph_sender first.")))
    if group and attribute:
        raise InputError(say(N_("The trustees are marked by --group or by --attribute, not by both.")))
    return ScriptRequest(
        tenant=tenant,
        client_id=client_id,
        cloud=cloud,
        wanted=wanted,
        group="" if attribute else _plain(group or DEFAULT_GROUP),
        attribute=_attribute(attribute),
        sender=_plain(sender),
        laptop_client_id=laptop_client_id,
    )


def _plain(text: str) -> str:
    """Return a name that fits on one line of a script.

    Raises:
        InputError: It has characters that nobody sees, or is too long.
    """
    if len(text) > _LONGEST or not text.isprintable():
        raise InputError(say(N_("“{name}” cannot be written into a script."), name=ascii(text)[:_LONGEST]))
    return text


def _attribute(text: str) -> tuple[str, str] | None:
    if not text:
        return None
    found = _ATTRIBUTE.fullmatch(text)
    if found is None:
        example = "CustomAttribute15=trustee"
        sentence = N_("--attribute “{text}” cannot be used: write it as {example}.")
        raise InputError(say(sentence, text=ascii(text)[:_LONGEST], example=example))
    return found[1], found[2]


def in_powershell(text: str) -> str:
    """Quote a text for PowerShell, for which typographic apostrophes end a string too."""
    return "'" + re.sub("(['\u2018\u2019\u201a\u201b])", r"\1\1", text) + "'"


def in_sh(text: str) -> str:
    """Quote a text for a POSIX shell."""
    return "'" + text.replace("'", "'\"'\"'") + "'"


def comment(sentence: Message, speak: Speak) -> str:
    """Write a sentence as one line that both shells pass over."""
    return "# " + " ".join(speak(sentence).split())
