"""Makes a story of a breach as short as it can be: what is left out and does not matter stays out.

Delta debugging over a script's happenings: first what came after, then whatever is about somebody else, then
ever smaller pieces of what is left, as long as the same rule breaks for the same subject. Pure, but for the
lives that it asks to be lived.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from tenure_server.simulation.breach import Breach
from tenure_server.simulation.happenings import Happening, Kind, Script

Live = Callable[[Script], Breach | None]
MOMENT = timedelta(minutes=1)


def shortest(script: Script, breach: Breach, live: Live, *, may_go_on: Callable[[], bool]) -> Script:
    """Return the shortest script found that still breaks the same rule for the same subject.

    Args:
        script: What happened.
        breach: What it broke.
        live: Lives a script, and tells what broke.
        may_go_on: Whether there is time for another life.
    """
    found = _Shrinking(script, breach, live, may_go_on)
    found.try_with([one for one in script.happenings if one.at <= breach.at])
    found.try_with(_about(found.script, breach.subject))
    found.try_without_kinds()
    found.halve()
    return found.script


class _Shrinking:
    def __init__(self, script: Script, breach: Breach, live: Live, may_go_on: Callable[[], bool]) -> None:
        self.script = replace(script, ends=breach.at + MOMENT)
        self._breach = breach
        self._live = live
        self._may_go_on = may_go_on

    def try_with(self, happenings: Sequence[Happening]) -> bool:
        """Keep only these if the breach stays."""
        if len(happenings) == len(self.script.happenings) or not self._may_go_on():
            return False
        shorter = replace(self.script, happenings=tuple(happenings))
        found = self._live(shorter)
        if found is None or (found.rule, found.subject) != (self._breach.rule, self._breach.subject):
            return False
        kept = tuple(one for one in shorter.happenings if one.at <= found.at)
        self.script = replace(shorter, happenings=kept, ends=min(shorter.ends, found.at + MOMENT))
        return True

    def try_without_kinds(self) -> None:
        """Leave out a whole kind of happenings at a time."""
        for kind in Kind:
            self.try_with([one for one in self.script.happenings if one.kind is not kind])

    def halve(self) -> None:
        """Leave out ever smaller pieces, until no single happening can be left out."""
        size = max(1, len(self.script.happenings) // 2)
        while self._may_go_on():
            shorter = self._without_pieces(size)
            if size == 1 and not shorter:
                return
            size = max(1, min(size, len(self.script.happenings)) // 2) if not shorter else size

    def _without_pieces(self, size: int) -> bool:
        shorter, start = False, 0
        while start < len(self.script.happenings) and self._may_go_on():
            happenings = self.script.happenings
            if self.try_with([*happenings[:start], *happenings[start + size :]]):
                shorter = True
            else:
                start += size
        return shorter


def _about(script: Script, subject: str) -> list[Happening]:
    """Return what is about a subject and whoever ever had it, and what concerns everybody."""
    founded = (*script.founding, *script.happenings)
    people = {one.who for one in founded if one.about == subject and one.who}
    laptops = set(script.laptops) - {subject}
    named = {one.about for one in script.happenings if one.kind is Kind.ENTERED} - people
    return [one for one in script.happenings if one.about not in laptops and one.about not in named]
