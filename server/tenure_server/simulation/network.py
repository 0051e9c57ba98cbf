"""What lies between a laptop and the server: nothing, latency, loss, or no network at all.

Speaks the agent's port. What a laptop signs at the edge (RFC 9421) is left out; what it says goes over the
wire format both ways.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from tenure_agent.errors import ServerRefusedError, ServerUnavailableError
from tenure_policies.envelope import SignedDocument, thumbprint
from tenure_policies.wire import EnrolAnswer, EnrolRequest, VisitAnswer, VisitRequest
from tenure_server.domain.errors import TenureError, UnavailableError
from tenure_server.simulation.city_hall import CityHall
from tenure_server.usecases.visit import ReplayedVisitError, VoidKeyError

LOSS = 0.25
"""How much of what is said, and of what is answered, a lossy network loses."""


@dataclass(slots=True, kw_only=True)
class Network:
    """One laptop's way to the server."""

    hall: CityHall
    is_reachable: Callable[[], bool]
    is_lost: Callable[[str, int], bool]
    """Whether a message of this direction and number is lost."""
    heard: Callable[[VisitAnswer], None]
    """Called before the laptop takes an answer in."""
    changed: Callable[[], None]
    """Called when the server took in what a sweep should look at."""
    sent: int = 0
    news: int = 0
    forged: SignedDocument | None = None
    """An order that somebody puts in the place of the next answer's."""
    was_forged: bool = False
    """Whether somebody did, since this was last looked at."""

    def enrol(
        self, request: EnrolRequest, *, key: ec.EllipticCurvePrivateKey, created: datetime
    ) -> EnrolAnswer:
        """Carry an enrolment there and back."""
        del key, created
        try:
            return self.hall.enrolled(request)
        except UnavailableError as error:
            raise ServerUnavailableError("The server is down.") from error
        except TenureError as error:
            raise ServerRefusedError(str(error.message), status=403) from error

    def visit(
        self, request: VisitRequest, *, key: ec.EllipticCurvePrivateKey, audience: str, created: datetime
    ) -> VisitAnswer:
        """Carry a visit there and back."""
        del audience, created
        self.sent += 1
        if not self.is_reachable() or self.is_lost("there", self.sent):
            raise ServerUnavailableError("There is no answer.")
        sent = msgspec.json.decode(msgspec.json.encode(request), type=VisitRequest)
        try:
            visited = self.hall.visited(sent, thumbprint(key.public_key()))
        except VoidKeyError as error:
            raise ServerRefusedError("The key is void.", status=401, code="void_key") from error
        except ReplayedVisitError as error:
            raise ServerRefusedError(
                "The visit was seen before.", status=409, code="replay", last_visit=error.last_visit
            ) from error
        except UnavailableError as error:
            raise ServerUnavailableError("The server is down.") from error
        if visited.changed:
            self.changed()
        if self.is_lost("back", self.sent):
            raise ServerUnavailableError("There is no answer.")
        self.news = visited.news
        answer = msgspec.json.decode(msgspec.json.encode(visited.answer), type=VisitAnswer)
        if self.forged is not None:
            answer, self.forged = msgspec.structs.replace(answer, directive=self.forged), None
            self.was_forged = True
        else:
            self.heard(answer)
        return answer
