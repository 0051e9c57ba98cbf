"""Mailboxes in the simulated Exchange: whether there is one, its settings, and sending from it."""

import base64
import binascii
from typing import Any

from tenure_server.demo.graph_simulator.access import Needs, any_of
from tenure_server.demo.graph_simulator.answers import Answer, Call, GraphError, context
from tenure_server.demo.graph_simulator.objects import SentMail, SimulatedUser
from tenure_server.demo.graph_simulator.routing import Route

READ_SETTINGS = Needs(
    app=any_of("MailboxSettings.Read", "MailboxSettings.ReadWrite"),
    delegated_own=any_of("MailboxSettings.Read", "MailboxSettings.ReadWrite"),
    mailbox=True,
)
WRITE_SETTINGS = Needs(
    app=any_of("MailboxSettings.ReadWrite"), delegated_own=any_of("MailboxSettings.ReadWrite"), mailbox=True
)
SEND = Needs(app=any_of("Mail.Send"), delegated_own=any_of("Mail.Send"), mailbox=True)
RECIPIENTS = ("toRecipients", "ccRecipients", "bccRecipients")


def addressed_mailbox(call: Call) -> SimulatedUser:
    """Return the account whose mailbox a path is about.

    Raises:
        GraphError: There is no such account, or Graph reaches no mailbox of it.
    """
    name = call.parameters["user"]
    user = call.tenant.find_user(name)
    if user is None:
        raise GraphError(404, "ErrorInvalidUser", f"The requested user '{name}' is invalid.")
    if not call.tenant.has_mailbox(user):
        raise GraphError(
            404,
            "MailboxNotEnabledForRESTAPI",
            "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
        )
    return user


def _settings(call: Call) -> Answer:
    user = addressed_mailbox(call)
    return Answer(
        body={
            "@odata.context": context(call, f"users('{user.id}')/mailboxSettings"),
            "timeZone": "FLE Standard Time",
            "language": {"locale": user.preferred_language or "fi-FI", "displayName": ""},
            "userPurpose": "user",
            "automaticRepliesSetting": {"status": "disabled"},
            **user.mailbox_settings,
        }
    )


def _change_settings(call: Call) -> Answer:
    user = addressed_mailbox(call)
    user.mailbox_settings.update(call.fields())
    return _settings(call)


def _send(call: Call) -> Answer:
    user = addressed_mailbox(call)
    call.tenant.sent.append(_mime(call, user) if isinstance(call.body, bytes) else _mail(call, user))
    return Answer(status=202)


def _mime(call: Call, user: SimulatedUser) -> SentMail:
    try:
        mime = base64.b64decode(call.body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise GraphError(
            400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content."
        ) from error
    return SentMail(sender=user.user_principal_name, who=call.caller.name, message={}, mime=mime)


def _mail(call: Call, user: SimulatedUser) -> SentMail:
    fields = {name[:1].lower() + name[1:]: value for name, value in call.fields().items()}
    message = fields.get("message")
    if not isinstance(message, dict):
        raise GraphError(400, "ErrorInvalidArgument", "A message is required.")
    _check_recipients(message)
    for header in message.get("internetMessageHeaders") or ():
        if not str(header.get("name", "")).lower().startswith("x-"):
            raise GraphError(
                400,
                "InvalidInternetMessageHeader",
                f"The internet message header name '{header.get('name')}' should start with 'x-' or 'X-'.",
            )
    return SentMail(
        sender=user.user_principal_name,
        who=call.caller.name,
        message=message,
        save_to_sent_items=fields.get("saveToSentItems") is not False,
    )


def _check_recipients(message: dict[str, Any]) -> None:
    recipients = [each for kind in RECIPIENTS for each in message.get(kind) or ()]
    addresses = [(each.get("emailAddress") or {}).get("address") or "" for each in recipients]
    if not addresses or not all("@" in address for address in addresses):
        raise GraphError(400, "ErrorInvalidRecipients", "At least one recipient isn't valid.")


ROUTES = (
    Route(method="GET", template="/users/{user}/mailboxSettings", handler=_settings, needs=READ_SETTINGS),
    Route(
        method="PATCH",
        template="/users/{user}/mailboxSettings",
        handler=_change_settings,
        needs=WRITE_SETTINGS,
    ),
    Route(method="POST", template="/users/{user}/sendMail", handler=_send, needs=SEND),
)
