"""The administrator of the demo at the dashboard: signs in by the one-time link and moves the clock."""

from datetime import date

import httpx2

from tenure_server.demo.telling import insist
from tenure_server.domain.message import N_, say

SECONDS = 60.0


class Administrator:
    """A person with a browser: a session cookie, and forms that are sent."""

    def __init__(self, server: str) -> None:
        self._http = httpx2.AsyncClient(base_url=server, timeout=SECONDS, headers={"Origin": server})

    async def close(self) -> None:
        """Leave."""
        await self._http.aclose()

    async def sign_in(self, token: str) -> None:
        """Use a one-time link up.

        Raises:
            NotObservedError: No session began.
        """
        answer = await self._http.post("/sign-in", data={"token": token})
        session_began = answer.status_code == httpx2.codes.SEE_OTHER and bool(answer.cookies)
        insist(session_began, say(N_("The sign-in link was refused ({status})."), status=answer.status_code))

    async def move_clock(self, day: date) -> None:
        """Move the demo's clock to the first moment of a day.

        Raises:
            NotObservedError: The dashboard refused.
        """
        answer = await self._http.post("/clock", data={"move": "date", "day": day.isoformat()})
        moved = answer.status_code == httpx2.codes.SEE_OTHER
        insist(moved, say(N_("The clock was not moved ({status})."), status=answer.status_code))

    async def allow_domain(self, domain: str, decision: str, last_day: date) -> None:
        """Enter that mail may be forwarded to a domain.

        Raises:
            NotObservedError: The dashboard refused.
        """
        form = {"domain": domain, "decision": decision, "last_day": last_day.isoformat()}
        answer = await self._http.post("/mail/allowed", data=form)
        taken = answer.status_code == httpx2.codes.SEE_OTHER
        insist(taken, say(N_("The domain was not allowed ({status})."), status=answer.status_code))

    async def page(self, path: str, language: str) -> str:
        """Return a page's text.

        Raises:
            NotObservedError: There is no such page for this person.
        """
        answer = await self._http.get(path, params={"lang": language})
        shown = answer.status_code == httpx2.codes.OK
        insist(
            shown, say(N_("The page {path} is not shown ({status})."), path=path, status=answer.status_code)
        )
        return answer.text
