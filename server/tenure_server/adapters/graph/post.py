"""Mail through Graph, from a mailbox of the city's; see `usecases.ports.Post`.

Rules: 202 means taken. What concerns one mail (its recipient, its text) is told apart from what concerns us
(sign-in, permission, the sender's mailbox): for the latter no mail is given up. A broken connection after the
text was sent means that nobody can tell. Graph sets the Message-ID itself; ours travels as a header of our
own, so a second copy is recognised by people who look, not by mail programs.
"""

from typing import Any
from urllib.parse import quote

from tenure_server.adapters.graph.client import GraphClient
from tenure_server.adapters.graph.errors import (
    GraphRefusedError,
    GraphTooLargeError,
    GraphUnavailableError,
    GraphUncertainError,
)
from tenure_server.domain.errors import UnavailableError
from tenure_server.domain.mail import Mail, PostRefusedError, PostUncertainError, is_address
from tenure_server.domain.message import N_, say

ID_HEADER = "X-Tenure-Mail-Id"
_OF_THIS_MAIL = frozenset({400, 413, 422})


class GraphPost:
    """Sends each mail by one call; keeps no copy in the mailbox."""

    def __init__(self, client: GraphClient, *, sender: str, reply_to: str = "") -> None:
        self._client = client
        self._path = f"/users/{quote(sender, safe='@')}/sendMail"
        self._reply_to = reply_to

    async def send(self, mail: Mail) -> None:
        """Send a mail; see `usecases.ports.Post.send`."""
        if not is_address(mail.to):
            raise PostRefusedError(say(N_("The address is no mail address.")))
        if not mail.subject.isprintable():
            raise PostRefusedError(say(N_("The mail cannot be written.")))
        try:
            await self._client.call("POST", self._path, self._body(mail), repeatable=False)
        except (GraphUncertainError, GraphTooLargeError) as error:
            sentence = N_("The mail server did not say whether it took the mail: {why}.")
            raise PostUncertainError(say(sentence, why=error.code)) from error
        except (GraphRefusedError, GraphUnavailableError) as error:
            if isinstance(error, GraphRefusedError) and error.status in _OF_THIS_MAIL:
                sentence = N_("The mail server refuses this mail: {why}.")
                raise PostRefusedError(say(sentence, why=error.code)) from error
            sentence = N_("The mail server does not take mail now: {why}.")
            raise UnavailableError(say(sentence, why=error.code or type(error).__name__)) from error

    def _body(self, mail: Mail) -> dict[str, Any]:
        message: dict[str, Any] = {
            "subject": mail.subject,
            "body": {"contentType": "text", "content": mail.text},
            "toRecipients": [_recipient(mail.to)],
            "internetMessageHeaders": [
                {"name": ID_HEADER, "value": mail.id},
                {"name": "X-Auto-Response-Suppress", "value": "All"},
            ],
        }
        if self._reply_to:
            message["replyTo"] = [_recipient(self._reply_to)]
        return {"message": message, "saveToSentItems": False}


def _recipient(address: str) -> dict[str, Any]:
    return {"emailAddress": {"address": address}}
