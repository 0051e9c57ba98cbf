"""One fixer at a time: whatever orders, switches, clocks and silences, two never have one rule in hand."""

from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from fakes.city import City, policy
from tenure_policies.forwarding.mail_order import MailOrder
from tenure_server.domain.device import EnrolledDevice
from tenure_server.domain.ids import DeviceId, KeyThumbprint, PersonId, Serial
from tenure_server.domain.mail_check import LookedAtBy
from tenure_server.domain.mail_fixer import AFTER_A_LEASE, may_fix
from tenure_server.domain.mail_order_record import MailOrderRecord, leases
from tenure_server.domain.mail_ordering import (
    LEASE_LIVES,
    ORDER_LIVES,
    OrderTerms,
    Wanted,
    is_other,
    may_lease,
    next_order,
    wanted_orders,
)

NOON = datetime.fromisoformat("2029-03-01T09:00:00+00:00")
AINO = PersonId("aino")
TERMS = OrderTerms(
    municipality="kuntala",
    authority="https://login.microsoftonline.com/tenant",
    client_id="client",
    graph="https://graph.microsoft.com/v1.0",
)
FIXING = replace(TERMS, fixing=True)
CALL = timedelta(minutes=4)
"""How long a call may take at most; with the difference of clocks, within AFTER_A_LEASE."""
SKEW = timedelta(minutes=5)


def device(serial: str = "L1", **changes: object) -> EnrolledDevice:
    plain = EnrolledDevice(
        id=DeviceId(f"device-{serial}"), serial=Serial(serial), epoch=1, key=KeyThumbprint("k"),
        public_key="", key_protection="software", platform="linux", model="", enrolled_at=NOON,
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def wanted(serial: str = "L1", **changes: object) -> Wanted:
    plain = Wanted(
        device=device(serial), person=AINO, address="aino@kuntala.example", language="fi", staff=False
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def first(*, lease: bool = True, terms: OrderTerms = FIXING, now: datetime = NOON) -> MailOrderRecord:
    record = next_order(wanted(), terms, (), lease=lease, now=now)
    assert record is not None
    return record


def test_an_order_that_says_the_same_stands_until_nearly_half_of_it_is_over():
    known = first(lease=False)
    for part, stands in ((0.39, True), (0.51, False)):
        later = next_order(wanted(), FIXING, (known,), lease=False, now=NOON + ORDER_LIVES * part)
        assert (later is None) is stands


def test_a_lease_is_renewed_by_its_own_shorter_life():
    known = first()
    for part, stands in ((0.39, True), (0.51, False)):
        later = next_order(wanted(), FIXING, (known,), lease=True, now=NOON + LEASE_LIVES * part)
        assert (later is None) is stands


def test_a_fleet_is_not_renewed_at_one_moment():
    moments = set()
    for number in range(20):
        one = wanted(f"L{number}")
        known = next_order(one, TERMS, (), lease=False, now=NOON)
        assert known is not None
        hours = range(int(ORDER_LIVES.total_seconds() // 3600))
        moments.add(
            next(
                hour
                for hour in hours
                if next_order(one, TERMS, (known,), lease=False, now=NOON + timedelta(hours=hour)) is not None
            )
        )
    assert len(moments) > 5


@pytest.mark.parametrize(
    ("one", "terms"),
    [
        (wanted(address="aino.v@kuntala.example"), FIXING),
        (wanted(language="sv"), FIXING),
        (wanted(device=device(epoch=2)), FIXING),
        (wanted(), replace(FIXING, partner_domains=("partner.fi",))),
        (wanted(), replace(FIXING, client_id="other")),
    ],
)
def test_whatever_is_asked_otherwise_is_a_new_order_with_a_greater_number(one: Wanted, terms: OrderTerms):
    known = first()
    later = next_order(one, terms, (known,), lease=True, now=NOON)
    assert later is not None
    assert later.order.number > known.order.number
    assert is_other(known, later)


def test_a_lease_that_was_given_is_remembered_when_fixing_ends():
    known = first()
    later = next_order(wanted(), TERMS, (known,), lease=False, now=NOON + timedelta(hours=1))
    assert later is not None
    assert later.order.fix_until is None
    assert leases([later]) == {AINO: NOON + LEASE_LIVES}


def test_no_lease_for_staff_while_the_server_may_be_at_it_or_another_laptop():
    asked = {AINO: NOON - timedelta(minutes=9)}
    other = replace(first(), device=DeviceId("device-L9"), ended_at=NOON)
    assert may_lease(wanted(), FIXING, (), {}, NOON)
    assert not may_lease(wanted(), TERMS, (), {}, NOON)
    assert not may_lease(wanted(staff=True), FIXING, (), {}, NOON)
    assert not may_lease(wanted(), FIXING, (), asked, NOON)
    assert may_lease(wanted(), FIXING, (), asked, NOON + timedelta(minutes=1))
    assert not may_lease(wanted(), FIXING, (other,), {}, NOON)
    assert may_lease(wanted(), FIXING, (other,), {}, NOON + LEASE_LIVES + AFTER_A_LEASE)
    assert may_lease(wanted(), FIXING, (first(),), {}, NOON), "its own lease is no obstacle"


def test_only_the_primary_holder_with_a_right_to_a_mailbox_is_asked():
    city = City().seat("aino", until="2029-05-31").seat("bert", until="2029-05-31")
    city.laptop("L1", "aino").lend("L1", "bert", since="2029-01-01").laptop("L2", "nobody")
    people = {
        key: replace(one, email_city=f"{key}@kuntala.example") for key, one in city.facts().people.items()
    }
    facts = replace(city.facts(), people=people)
    found = wanted_orders(facts, policy(), [device("L1"), device("L2")], (), NOON)
    assert [(one.device.serial, one.person) for one in found.values()] == [("L1", "aino")]


class OneFixer(RuleBasedStateMachine):
    """A server, two laptops of one person that hear late or never, and a city that changes its mind."""

    @initialize(fixer=st.sampled_from(LookedAtBy))
    def begin(self, fixer: LookedAtBy) -> None:
        self.now = NOON
        self.fixer, self.on = fixer, True
        self.records: dict[str, MailOrderRecord] = {}
        self.held: dict[str, MailOrder] = {}
        self.server_asked: datetime | None = None
        self.calls: list[tuple[str, datetime, datetime]] = []
        self.primary = "L1"

    @rule(minutes=st.integers(0, 20) | st.sampled_from([60, 600, 1439, 1440, 1445, 1450, 2000]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(fixer=st.sampled_from(LookedAtBy), on=st.sampled_from([True, True, True, False]))
    def the_city_decides(self, fixer: LookedAtBy, on: bool) -> None:
        self.fixer, self.on = fixer, on
        self.the_server_orders()

    @rule(serial=st.sampled_from(["L1", "L2"]))
    def the_laptop_is_replaced(self, serial: str) -> None:
        self.primary = serial
        for name, record in self.records.items():
            if name != serial and record.is_open:
                self.records[name] = replace(record, ended_at=self.now)
        self.the_server_orders()

    @rule()
    def the_server_orders(self) -> None:
        terms = replace(TERMS, fixing=self.on and self.fixer is LookedAtBy.LAPTOP)
        asked = {} if self.server_asked is None else {AINO: self.server_asked}
        one = wanted(self.primary)
        known = [self.records[self.primary]] if self.primary in self.records else []
        lease = may_lease(one, terms, tuple(self.records.values()), asked, self.now)
        after = next_order(one, terms, known, lease=lease, now=self.now)
        if after is not None:
            self.records[self.primary] = after

    @rule(serial=st.sampled_from(["L1", "L2"]))
    def a_laptop_hears(self, serial: str) -> None:
        record = self.records.get(serial)
        if record is not None and record.is_open and self.now < record.order.expires:
            self.held[serial] = record.order

    @rule(
        serial=st.sampled_from(["L1", "L2"]),
        late=st.sampled_from([0, 60, int(SKEW.total_seconds())]),
        hears=st.booleans(),
    )
    def a_laptop_switches_off(self, serial: str, late: int, hears: bool) -> None:
        if hears:
            self.a_laptop_hears(serial)
        order = self.held.get(serial)
        its_time = self.now - timedelta(seconds=late)  # a trusted clock lags, and never leads
        if order is not None and may_fix(LookedAtBy.LAPTOP, LookedAtBy.LAPTOP, order.fix_until, its_time):
            self.calls.append((serial, self.now, self.now + CALL))

    @rule()
    def the_server_switches_off(self) -> None:
        lease = leases(self.records.values()).get(AINO)
        if self.on and may_fix(LookedAtBy.SERVER, self.fixer, lease, self.now):
            self.server_asked = self.now
            self.calls.append(("server", self.now, self.now + CALL))

    @invariant()
    def nobody_calls_while_somebody_else_does(self) -> None:
        for who, begins, _ends in getattr(self, "calls", ())[-1:]:
            for other, earlier, ends in self.calls[:-1]:
                assert who == other or not earlier <= begins < ends, (who, other, begins)

    @invariant()
    def numbers_only_grow(self) -> None:
        for serial, order in getattr(self, "held", {}).items():
            assert order.number <= self.records[serial].order.number


TestOneFixer = OneFixer.TestCase
TestOneFixer.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)


def test_the_record_of_an_order_is_what_is_signed():
    record = first()
    assert msgspec.json.decode(msgspec.json.encode(record.order), type=MailOrder) == record.order
