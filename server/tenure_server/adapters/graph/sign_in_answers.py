"""What sign-in's refusals mean and what an administrator does about each. Pure: no I/O.

Entra ID numbers its reasons (AADSTS...); its own words may carry names and are not repeated.
"""

import json
import re
from datetime import datetime
from typing import Any

from tenure_server.adapters.graph.errors import GraphUnavailableError, SignInRefusedError
from tenure_server.domain.message import N_, Message, say

_NUMBER = re.compile(r"AADSTS(\d{4,9})")
_STATUS = re.compile(r"HTTP status: (\d{3})")
_NO_SUCH_TENANT = frozenset({"400", "404"})
_PASSING_ERRORS = frozenset({"temporarily_unavailable", "server_error", "request_timeout", "slow_down"})
_PASSING_NUMBERS = frozenset(
    {"90033", "90025", "90024", "90020", "90007", "80001", "80002", "80005", "90006"}
)

_SECRET = N_(
    "The tenant does not take our client secret ({code}): make a new one for the registration, and put its "
    "value, not its id, into graph_secret_file."
)
_CERTIFICATE = N_(
    "The tenant does not know our certificate or it has ended ({code}): upload the certificate in "
    "graph_certificate to the registration."
)
_TENANT = N_(
    "There is no tenant of this name ({code}): correct graph_tenant, or graph_cloud if it is another cloud's."
)
_REGISTRATION = N_(
    "The tenant has no registration with this client id ({code}): correct graph_client_id, or have an "
    "administrator consent to it."
)
_DISABLED = N_("The registration is switched off in the tenant ({code}): an administrator must enable it.")
_CLOCK = N_(
    "The tenant takes our signature for one of another time ({code}): set this machine's clock right."
)
_CONDITIONAL = N_(
    "The tenant's Conditional Access keeps us out ({code}): an administrator must let our address in."
)
_RESOURCE = N_("The tenant does not know Microsoft Graph by this name ({code}): correct graph_cloud.")
_OTHER = N_(
    "The tenant does not let us in ({code}): look the code up in the sign-in log of Entra ID, or run "
    "`tenure doctor graph`."
)

_MEANINGS = {
    "7000215": _SECRET,
    "7000222": _SECRET,
    "7000216": _SECRET,
    "7000218": _SECRET,
    "700027": _CERTIFICATE,
    "50013": _CERTIFICATE,
    "700030": _CERTIFICATE,
    "1000502": _CERTIFICATE,
    "90002": _TENANT,
    "900023": _TENANT,
    "90013": _TENANT,
    "900021": _TENANT,
    "50059": _TENANT,
    "900382": _TENANT,
    "900432": _TENANT,
    "700016": _REGISTRATION,
    "900011": _REGISTRATION,
    "7000229": _REGISTRATION,
    "650052": _REGISTRATION,
    "65001": _REGISTRATION,
    "7000112": _DISABLED,
    "700024": _CLOCK,
    "53003": _CONDITIONAL,
    "530034": _CONDITIONAL,
    "500011": _RESOURCE,
    "500014": _RESOURCE,
}


def refused_or_unavailable(answer: Any) -> SignInRefusedError | GraphUnavailableError:
    """Return what an answer without a token means."""
    facts = answer if isinstance(answer, dict) else {}
    description = facts.get("error_description")
    text = description if isinstance(description, str) else ""
    given = facts.get("error")
    error = given if isinstance(given, str) else ""
    numbers = [str(one) for one in facts.get("error_codes") or () if isinstance(one, int)]
    numbers += _NUMBER.findall(text)
    if error in _PASSING_ERRORS or _PASSING_NUMBERS.intersection(numbers) or not error:
        return GraphUnavailableError(
            say(
                N_("Sign-in to the tenant does not answer now ({why}); it is tried again."), why=_word(error)
            ),
            code=_code(numbers, error),
        )
    return _refused(numbers, error)


def no_authority(error: ValueError) -> SignInRefusedError | GraphUnavailableError:
    """Return what it means that msal could not find the tenant's addresses: the reason is in the context."""
    cause = error.__context__
    if isinstance(error, json.JSONDecodeError) or isinstance(cause, json.JSONDecodeError):
        return unreachable(error)
    numbers = _NUMBER.findall(str(cause))
    status = _STATUS.search(str(cause))
    if not numbers and (status is None or status[1] not in _NO_SUCH_TENANT):
        return unreachable(error)
    return _refused(numbers or ["90002"], "invalid_tenant")


def no_identity(error: Exception) -> SignInRefusedError:
    """Return that this machine has no managed identity that could be used."""
    sentence = N_("This machine has no managed identity ({why}): give it one in Azure, or use a certificate.")
    return SignInRefusedError(say(sentence, why=type(error).__name__), code="NoManagedIdentity")


def unreachable(error: BaseException) -> GraphUnavailableError:
    """Return that sign-in did not answer, with the kind of failure and no text from outside."""
    return GraphUnavailableError(
        say(
            N_(
                "Sign-in to the tenant cannot be reached ({why}): check the way out to it, graph_authority "
                "and graph_ca."
            ),
            why=type(error).__name__,
        ),
        code="SignInUnreachable",
    )


def certificate_ended(ends: datetime) -> SignInRefusedError:
    """Return that our own certificate is past its end."""
    message = say(
        N_(
            "The certificate in graph_certificate ended on {day}: make a new one, upload it to the "
            "registration and put it into the file."
        ),
        day=ends.date().isoformat(),
    )
    return SignInRefusedError(message, code="CertificateExpired")


def _refused(numbers: list[str], error: str) -> SignInRefusedError:
    code = _code(numbers, error)
    sentence = next((_MEANINGS[number] for number in numbers if number in _MEANINGS), _OTHER)
    message: Message = say(sentence, code=code)
    return SignInRefusedError(message, code=code)


def _code(numbers: list[str], error: str) -> str:
    known = [number for number in numbers if number in _MEANINGS] or numbers
    return f"AADSTS{known[0]}" if known else _word(error)


def _word(error: str) -> str:
    return error if re.fullmatch(r"[A-Za-z_]{1,60}", error) else "no reason"
