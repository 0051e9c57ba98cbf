"""The secretary and the register: what is entered when, what a file of a day says, and what becomes of it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from tenure_server.domain.errors import TenureError, UnavailableError
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.register import RegisterRead, read_register
from tenure_server.domain.table import Table, TableRow
from tenure_server.simulation.breach import Rule
from tenure_server.simulation.days import ZONE, begins, day_of, is_over
from tenure_server.simulation.happenings import Happening, ImportFault, Row
from tenure_server.simulation.office import Office
from tenure_server.simulation.rules import loses_too_much
from tenure_server.simulation.world import World
from tenure_server.usecases.import_register import ImportStatus, RegisterFile

COLUMNS = (
    "person_ext_id", "given_name", "email_city", "email_private", "body_ext_id", "body_type", "seat_type",
    "deputy_for_person_ext_id", "valid_from", "valid_to", "end_basis", "decision_ref", "end_decision_ref",
    "status", "laptop_choice", "is_employee",
)  # fmt: skip
MISSING = 0.05
OLD_BY = timedelta(days=30)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
Key = tuple[str, str, str, date]


@dataclass(slots=True, kw_only=True)
class Secretary:
    """Keeps the register and imports it."""

    world: World
    office: Office
    entries: list[tuple[datetime, Row]] = field(default_factory=list)

    def enter(self, happening: Happening) -> None:
        """Enter a row."""
        if happening.row is not None:
            self.entries.append((self.world.now, happening.row))
            self.world.tell(_entered(happening.row))

    def rows_as_of(self, moment: datetime) -> dict[Key, Row]:
        """Return the register as it was."""
        return {row.key: row for at, row in self.entries if at <= moment}

    def import_file(self, happening: Happening) -> None:
        """Take a file of a day and import it."""
        world, fault = self.world, ImportFault(happening.word)
        taken = date.fromisoformat(happening.who) if happening.who else day_of(world.now)
        as_of = min(world.now, is_over(taken))
        if fault is ImportFault.OLD:
            as_of -= OLD_BY
        rows = self._damaged(self.rows_as_of(as_of), fault)
        self._import(rows, taken, fault, approved=False)

    def _damaged(self, rows: dict[Key, Row], fault: ImportFault) -> dict[Key, Row]:
        names = sorted(rows, key=str)
        match fault:
            case ImportFault.EMPTY:
                return {}
            case ImportFault.HALVED:
                return {name: rows[name] for name in names[: len(names) // 2]}
            case ImportFault.SOME_MISSING:
                return {
                    n: rows[n] for n in names if self.world.share("missing", n, self.world.now) >= MISSING
                }
        return rows

    def _import(self, rows: dict[Key, Row], taken: date, fault: ImportFault, *, approved: bool) -> None:
        world, oracle = self.world, self.world.oracle
        if world.is_down:
            world.at(
                (world.down_until or world.now) + HOUR,
                lambda: self._import(rows, taken, fault, approved=approved),
            )
            return
        read = read_register(table_of(rows.values(), shifted=fault is ImportFault.SHIFTED), ZONE)
        world.counts["imports"] += 1
        if read.findings:
            self._refused(fault, "unreadable")
            oracle.check_register(world.hall.facts(), world.now)
            return
        status = self._offer(read, rows, taken, approved=approved)
        if status in (ImportStatus.IMPORTED, ImportStatus.UNCHANGED):
            excused = frozenset(oracle.in_campaign.values())
            too_much = not rows or (not approved and loses_too_much(oracle.known, rows, world.now, excused))
            if too_much:
                oracle.breach(Rule.IMPORT_TOOK_TOO_MUCH, world.now, "register", f"{len(rows)} rows")
            oracle.known = oracle.known.with_register(rows.values(), taken)
            world.tell(say(N_("The register of {day} is imported: {rows} rows."), day=taken, rows=len(rows)))
            self.office.due(oracle.known)
            self.office.sweep_soon()
        else:
            self._refused(fault, "none" if status is None else status.value)
            if status is ImportStatus.QUARANTINED and fault is ImportFault.NONE and not approved:
                moment = world.after(4 * HOUR, 3 * DAY, "lets it in")
                world.at(moment, lambda: self._import(rows, taken, fault, approved=True))
        oracle.check_register(world.hall.facts(), world.now)

    def _offer(
        self, read: RegisterRead, rows: dict[Key, Row], taken: date, *, approved: bool
    ) -> ImportStatus | None:
        named = hashlib.sha256(repr(sorted(rows.items(), key=str)).encode()).hexdigest()
        file = RegisterFile(read=read, digest=named, taken=begins(taken))
        try:
            outcome = self.world.hall.import_register(file, approved=approved)
        except UnavailableError:
            raise
        except TenureError as error:
            self.world.tell(error.message)
            return None
        return None if outcome.register is None else outcome.register.status

    def _refused(self, fault: ImportFault, how: str) -> None:
        self.world.counts["imports_refused"] += 1
        word = fault.value or "as it should be"
        self.world.tell(say(N_("A register ({fault}) is not taken in: {how}."), fault=word, how=how))


def table_of(rows: Iterable[Row], *, shifted: bool) -> Table:
    """Write rows as the table that a file of them is read into."""
    told = [_cells(row) for row in sorted(rows, key=lambda row: str(row.key))]
    if shifted:
        told = [dict(zip(COLUMNS, ("", *cells.values()), strict=False)) for cells in told]
    numbered = tuple(TableRow(number=number, cells=cells) for number, cells in enumerate(told, start=2))
    return Table(file="mandates.csv", columns=COLUMNS, rows=numbered)


def _cells(row: Row) -> dict[str, str]:
    values = (
        row.person, row.person, f"{row.person}@kuntala.example", f"{row.person}@home.example", row.body,
        row.body_type, row.seat, row.deputy_for, row.first_day.isoformat(),
        "" if row.last_day is None else row.last_day.isoformat(), row.basis, row.decision, row.end_decision,
        row.status, row.choice, "yes" if row.employee else "no",
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def _entered(row: Row) -> Message:
    last = "-" if row.last_day is None else row.last_day.isoformat()
    return say(
        N_("The secretary enters: {person} is {seat} in {body} from {first} to {last} ({basis}; {status})."),
        person=row.person, seat=row.seat, body=row.body, first=row.first_day, last=last,
        basis=" ".join(part for part in (row.basis, row.end_decision) if part) or "-", status=row.status,
    )  # fmt: skip
