"""The oracle's own reading of the rules: when a laptop must be locked, and when it may be wiped.

Written from the rules' text (P8-P25, invariants 1-8), by looking at every row for every question, and on
purpose without a line of the planner: two accounts of the same rules agree only where both are right. Pure.
"""

from calendar import monthrange
from datetime import date, datetime, timedelta
from typing import Final

from tenure_server.simulation.days import begins, day_of, is_over
from tenure_server.simulation.happenings import Row
from tenure_server.simulation.knowledge import Known, Order, Place

LAPTOP_BODIES: Final = frozenset({"council", "board", "committee", "section", "audit"})
LAPTOP_SEATS: Final = frozenset({"ordinary", "chair", "vice_chair"})
MAILBOX_SEATS: Final = LAPTOP_SEATS | {"deputy"}
CONFIRMED_BY_ITSELF: Final = frozenset({"term", "fixed", "death"})
FRESH_DAYS: Final = 45
BREAKER_PERCENT: Final = 10
DECEMBER: Final = 12
SATURDAY: Final = 5


def certain_end(row: Row) -> datetime | None:
    """Return when a row ends for certain, by itself; None: not known, or not confirmed."""
    if row.last_day is None or not row.basis:
        return None
    return is_over(row.last_day) if row.basis in CONFIRMED_BY_ITSELF or row.end_decision else None


def death_of(rows: tuple[Row, ...]) -> datetime | None:
    """Return when a person died, as far as is known."""
    days = [is_over(row.last_day) for row in rows if row.basis == "death" and row.last_day is not None]
    return min(days, default=None)


def end_of(row: Row, death: datetime | None) -> datetime | None:
    """Return when a row ends, a death included."""
    own = certain_end(row)
    if own is None or death is None:
        return own if death is None else death
    return min(own, death)


def gives_laptop(row: Row) -> bool:
    """Tell whether a seat like this gives a right to a laptop."""
    return row.body_type in LAPTOP_BODIES and row.seat in LAPTOP_SEATS


def gives_mailbox(row: Row) -> bool:
    """Tell whether a seat like this gives a right to a mailbox."""
    return row.body_type in LAPTOP_BODIES and row.seat in MAILBOX_SEATS


def runs(row: Row, death: datetime | None, at: datetime) -> bool:
    """Tell whether a row is in force at a moment."""
    end = end_of(row, death)
    return begins(row.first_day) <= at and (end is None or at < end)


def entitled(known: Known, person: str, at: datetime) -> bool:
    """Tell whether any seat gives a person a right to a laptop at a moment, whatever they chose."""
    rows = known.by_person.get(person, ())
    death = death_of(rows)
    return any(gives_laptop(row) and row.status != "suspended" and runs(row, death, at) for row in rows)


def chose_another(known: Known, person: str, at: datetime) -> bool:
    """Tell whether a person uses another computer than the city's."""
    rows = known.by_person.get(person, ())
    death = death_of(rows)
    return any(row.choice != "city" and runs(row, death, at) for row in rows)


def suspended(known: Known, person: str, at: datetime) -> bool:
    """Tell whether a seat that would give a laptop is suspended at a moment."""
    rows = known.by_person.get(person, ())
    death = death_of(rows)
    return any(gives_laptop(row) and row.status == "suspended" and runs(row, death, at) for row in rows)


def last_end(known: Known, person: str, at: datetime) -> datetime | None:
    """Return the latest end, not after a moment, of a seat that gave a laptop."""
    rows = known.by_person.get(person, ())
    death = death_of(rows)
    ends = [
        end
        for row in rows
        if gives_laptop(row) and (end := end_of(row, death)) is not None and begins(row.first_day) < end <= at
    ]
    return max(ends, default=None)


def comes_back(known: Known, person: str, at: datetime) -> bool:
    """Tell whether a right to a laptop is known to begin later."""
    rows = known.by_person.get(person, ())
    death = death_of(rows)
    return any(
        gives_laptop(row)
        and row.status != "suspended"
        and begins(row.first_day) > at
        and ((end := end_of(row, death)) is None or begins(row.first_day) < end)
        for row in rows
    )


def must_lock(known: Known, serial: str, at: datetime) -> bool:
    """Tell whether a laptop must be locked at a moment, by what is known."""
    has = known.possession(serial)
    if has.place is Place.LOST or has.place is Place.RETURNED:
        return True
    if has.place is Place.NEVER_ISSUED:
        return False
    if has.at_place:
        end = known.agreements.get(has.holder)
        return end is not None and end <= at
    if entitled(known, has.holder, at):
        return False
    if suspended(known, has.holder, at):
        return True
    end = last_end(known, has.holder, at)
    return end is not None and not _still_meeting(known, has.holder, end, at)


def _still_meeting(known: Known, person: str, end: datetime, at: datetime) -> bool:
    """Tell whether a meeting that ran over the end goes on, for a person who may sit in it."""
    rows = known.by_person.get(person, ())
    if death_of(rows) == end:
        return False
    return any(
        stay.kind == "meeting"
        and stay.start <= end
        and stay.end is not None
        and end < stay.end
        and at < stay.end
        and _sits(stay, person, rows)
        for stay in known.stays
    )


def _sits(stay: Order, person: str, rows: tuple[Row, ...]) -> bool:
    """Tell whether a person may sit in a meeting: named, or in the body when it began."""
    if stay.subject_type == "person":
        return stay.subject == person
    death = death_of(rows)
    return any(
        row.body == stay.subject
        and row.status != "suspended"
        and (stay.end is None or begins(row.first_day) < stay.end)
        and ((end := end_of(row, death)) is None or stay.start <= end)
        for row in rows
    )


def _concerns(stay: Order, person: str, rows: tuple[Row, ...]) -> bool:
    if stay.subject_type == "municipality":
        return True
    if stay.subject_type == "person":
        return stay.subject == person
    return stay.subject_type == "body" and any(row.body == stay.subject for row in rows)


def why_not_wiped(  # noqa: PLR0911 - one reason after the other
    known: Known, serial: str, at: datetime
) -> str | None:
    """Return what forbids a laptop's wipe at a moment, in a word; None: nothing does."""
    has = known.possession(serial)
    if has.place in (Place.LOST, Place.NEVER_ISSUED):
        return has.place.value
    if _held_back(known, "device", serial, at):
        return "hold_on_laptop"
    if any(stay.kind == "appeal" and stay.subject_type == "municipality" and stay.stands(at)
           for stay in known.stays):  # fmt: skip
        return "appeal"
    if has.place is Place.RETURNED:
        return None
    if any(stay.kind == "dispute" and stay.subject == serial and stay.stands(at) for stay in known.stays):
        return "dispute"
    if has.loan is not None and has.loan.stands(at):
        borrower = has.loan.borrower
        if entitled(known, borrower, at) and not chose_another(known, borrower, at):
            return "borrower_entitled"
        if _held_back(known, "person", borrower, at):
            return "hold_on_borrower"
    return _place(known, has.holder, at) if has.at_place else _person(known, has.holder, at)


def _place(known: Known, place: str, at: datetime) -> str | None:
    end = known.agreements.get(place)
    if end is None or at < end:
        return "agreement_in_force"
    return None if at >= _a_day_after(end) else "too_early"


def _person(  # noqa: PLR0911 - one reason after the other
    known: Known, person: str, at: datetime
) -> str | None:
    if _held_back(known, "person", person, at):
        return "hold_on_holder"
    if known.register_taken is not None and (day_of(at) - known.register_taken).days > FRESH_DAYS:
        return "stale_register"
    if entitled(known, person, at):
        return "holder_entitled"
    if suspended(known, person, at):
        return "suspended"
    if comes_back(known, person, at):
        return "right_begins_later"
    rows = known.by_person.get(person, ())
    end = last_end(known, person, at)
    if end is None:
        return "no_known_end"
    if death_of(rows) is not None and end == death_of(rows):
        return "death"
    if any(stay.kind == "appeal" and stay.stands(at) and _concerns(stay, person, rows)
           for stay in known.stays):  # fmt: skip
        return "appeal"
    return None if at >= _a_day_after(end) else "too_early"


def may_write_mail(known: Known, person: str, at: datetime) -> bool:
    """Tell whether a person has a right to a mailbox at a moment."""
    rows = known.by_person.get(person, ())
    death = death_of(rows)
    return any(gives_mailbox(row) and row.status != "suspended" and runs(row, death, at) for row in rows)


def why_not_closed(known: Known, person: str, at: datetime) -> str | None:
    """Return what forbids closing a person's mailbox at a moment, in a word; None: nothing does."""
    rows = known.by_person.get(person, ())
    death = death_of(rows)
    ends = [
        end for row in rows if gives_mailbox(row) and (end := end_of(row, death)) is not None and end <= at
    ]
    reasons = (
        ("entitled", may_write_mail(known, person, at)),
        # What ended before its holder died ended by itself: only an end by death seals the mailbox (case 10).
        ("dead", death is not None and (not ends or max(ends) == death)),
        ("hold", _held_back(known, "person", person, at)),
        ("staff", any(row.employee and runs(row, death, at) for row in rows)),
        ("no_known_end", not ends),
        ("within_the_month", bool(ends) and at < _month_after(max(ends))),
    )
    return next((reason for reason, stands in reasons if stands), None)


def _month_after(end: datetime) -> datetime:
    """Return when a month after the last day is over, not counting a weekend as its end."""
    last = day_of(end - timedelta(seconds=1))
    year, month = (last.year + 1, 1) if last.month == DECEMBER else (last.year, last.month + 1)
    day = date(year, month, min(last.day, monthrange(year, month)[1]))
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return is_over(day)


def _held_back(known: Known, kind: str, subject: str, at: datetime) -> bool:
    return any(
        hold.subject_type == kind and hold.subject == subject and hold.stands(at) for hold in known.holds
    )


def _a_day_after(end: datetime) -> datetime:
    """Return the same time of day, one day of the city's calendar later."""
    return begins(day_of(end) + timedelta(days=1)) if begins(day_of(end)) == end else end + timedelta(days=1)


def loses_too_much(known: Known, rows: dict[tuple[str, str, str, date], Row], at: datetime,
                   excused: frozenset[str]) -> bool:  # fmt: skip
    """Tell whether a register would end or drop over 10 % of the mandates in force, campaigns left out."""
    after: dict[str, tuple[Row, ...]] = {}
    for row in rows.values():
        after[row.person] = (*after.get(row.person, ()), row)
    active = losses = 0
    for key, row in known.rows.items():
        if not runs(row, death_of(known.by_person[row.person]), at):
            continue
        active += 1
        new = rows.get(key)
        losses += row.person not in excused and (new is None or _takes_away(row, new, known, after))
    return losses * 100 > active * BREAKER_PERCENT


def _takes_away(old: Row, new: Row, known: Known, after: dict[str, tuple[Row, ...]]) -> bool:
    before = end_of(old, death_of(known.by_person[old.person]))
    told = end_of(new, death_of(after[new.person]))
    earlier = told is not None and (before is None or told < before)
    return earlier or (new.status == "suspended" and old.status != "suspended")


def next_lock(known: Known, serial: str, at: datetime) -> datetime | None:
    """Return the first moment after this one at which a laptop must be locked, by what is known."""
    has = known.possession(serial)
    if has.place is not Place.HELD or must_lock(known, serial, at):
        return None
    ends = [known.agreements[has.holder]] if has.at_place and has.holder in known.agreements else []
    rows = known.by_person.get(has.holder, ())
    ends += [end for row in rows if (end := end_of(row, death_of(rows))) is not None]
    ends += [stay.end for stay in known.stays if stay.kind == "meeting" and stay.end is not None]
    return next((end for end in sorted(ends) if end > at and must_lock(known, serial, end)), None)
