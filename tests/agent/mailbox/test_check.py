"""Looking at a mailbox: what is written down, what is switched off, what is said if it cannot be read."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fakes.own_mailbox import AINO, FakeMailbox, rule
from tenure_agent.adapters.journal_sqlite import SqliteJournal
from tenure_agent.errors import MailUnavailableError, SignInNeededError, WrongAccountError
from tenure_agent.mail_ports import DeviceCode
from tenure_agent.mailbox.check import Checking, check, forget, sign_in
from tenure_agent.mailbox.memory import mail_document, recall
from tenure_agent.mailbox.plan import Turn, next_turn
from tenure_policies.forwarding.mail_order import MailOrder, MailReport
from tenure_policies.forwarding.tenant import User

NOW = datetime.fromisoformat("2027-03-01T12:00:00+00:00")
ORDER = MailOrder(
    municipality="kuntala", device="device-1", epoch=2, number=5, issued=NOW,
    expires=NOW + timedelta(days=7), address="aino@city.gov", language="fi",
    authority="https://login.microsoftonline.com/t", client_id="c", graph="https://graph.microsoft.com/v1.0",
    fix_until=NOW + timedelta(hours=24),
)  # fmt: skip
OFFLINE = MailUnavailableError("No answer.", code="offline")


class PowerCutError(BaseException):
    """The process is gone."""


@dataclass(slots=True)
class Desk:
    """A laptop with a journal and its holder's mailbox."""

    journal: SqliteJournal
    mailbox: FakeMailbox = field(default_factory=FakeMailbox)
    order: MailOrder = ORDER
    now: datetime = NOW
    fixing: bool = True

    def checking(self) -> Checking:
        return Checking(
            order=self.order,
            journal=self.journal,
            account=lambda: self.mailbox.account,
            mailbox=lambda _account: self.mailbox,
            now=lambda: self.now,
            may_fix=lambda: self.fixing,
        )

    def signs_in(self) -> "Desk":
        sign_in(self.checking(), lambda _code: None)
        return self

    def look(self) -> MailReport:
        return check(self.checking())

    def on(self) -> list[str]:
        return [name for name, one in self.mailbox.found.items() if one["isEnabled"]]


def holds_tokens(desk: Desk) -> bool:
    memory = recall(desk.journal)
    return memory is not None and memory.may_hold_tokens


@pytest.fixture
def desk(tmp_path: Path) -> Any:
    journal = SqliteJournal(tmp_path / "journal.sqlite")
    yield Desk(journal)
    journal.close()


def test_rules_that_lead_outside_are_switched_off_and_others_are_left(desk: Desk):
    desk.mailbox.add(rule("out", "a@gmail.com"), rule("in", "eero@city.gov"), rule("off", "b@x.fi", on=False))
    report = desk.signs_in().look()
    assert desk.on() == ["in"]
    assert (report.state, report.verdict) == ("checked", "ok")
    assert [(fix.rule_id, fix.target_domains) for fix in report.fixes] == [("out", ("gmail.com",))]
    assert {one.rule_id: one.fixed for one in report.findings} == {"out": True, "off": False}


def test_each_rule_is_written_down_before_it_is_switched_off(desk: Desk):
    seen = []

    def look(name: str) -> None:
        memory = recall(desk.journal)
        assert memory is not None
        seen.append([(fix.rule, fix.done_at) for fix in memory.fixes])
        assert desk.mailbox.found[name]["isEnabled"]

    desk.mailbox.add(rule("r1", "a@gmail.com"), rule("r2", "a@x.fi"))
    desk.mailbox.before_fixing = look
    desk.signs_in().look()
    assert seen == [[("r1", None)], [("r1", None), ("r2", None)]]


def test_a_look_that_was_cut_off_after_the_call_is_told_by_the_next_one_and_nothing_is_asked_twice(
    desk: Desk,
):
    desk.mailbox.add(rule("r1", "a@gmail.com"))
    desk.signs_in()

    def cut(name: str) -> None:
        desk.mailbox.found[name]["isEnabled"] = False
        raise PowerCutError

    desk.mailbox.before_fixing = cut
    with pytest.raises(PowerCutError):
        desk.look()
    desk.mailbox.before_fixing = lambda _name: None
    report = desk.look()
    assert [fix.rule_id for fix in report.fixes] == ["r1"]
    assert "r1" not in desk.mailbox.asked


def test_a_look_that_was_cut_off_before_the_call_switches_off_the_next_time(desk: Desk):
    desk.mailbox.add(rule("r1", "a@gmail.com"))
    desk.signs_in()

    def cut(_name: str) -> None:
        raise PowerCutError

    desk.mailbox.before_fixing = cut
    with pytest.raises(PowerCutError):
        desk.look()
    desk.mailbox.before_fixing = lambda _name: None
    assert [fix.rule_id for fix in desk.look().fixes] == ["r1"]
    assert desk.mailbox.asked.count("r1") == 1


def test_what_was_switched_off_is_told_again_even_when_the_rule_is_gone(desk: Desk):
    desk.mailbox.add(rule("r1", "a@gmail.com"))
    desk.signs_in().look()
    desk.mailbox.found.clear()
    desk.order = msgspec.structs.replace(ORDER, number=6)
    report = desk.look()
    assert report.findings == ()
    assert [fix.rule_id for fix in report.fixes] == ["r1"]


@pytest.mark.parametrize("how", ["no_lease", "lease_over"])
def test_without_a_running_lease_it_is_only_reported(desk: Desk, how: str):
    desk.mailbox.add(rule("r1", "a@gmail.com"))
    if how == "no_lease":
        desk.order = msgspec.structs.replace(ORDER, fix_until=None)
    else:
        desk.fixing = False
    assert desk.signs_in().look().verdict == "violation"
    assert desk.on() == ["r1"]


def test_a_lease_that_ends_in_the_middle_stops_in_the_middle(desk: Desk):
    desk.mailbox.add(rule("r1", "a@gmail.com"), rule("r2", "a@x.fi"))

    def ends(_name: str) -> None:
        desk.fixing = False

    desk.mailbox.before_fixing = ends
    report = desk.signs_in().look()
    assert desk.on() == ["r2"]
    assert (report.verdict, report.error) == ("violation", "lease_over")


def test_a_rule_that_cannot_be_switched_off_stays_a_violation_and_the_others_are(desk: Desk):
    desk.mailbox.add(rule("r1", "a@gmail.com"), rule("r2", "a@x.fi"))
    denied = MailUnavailableError("No.", code="ErrorAccessDenied")
    desk.mailbox.fixing_fails["r1"] = denied
    report = desk.signs_in().look()
    assert desk.on() == ["r1"]
    assert (report.state, report.verdict, report.error) == ("checked", "violation", "ErrorAccessDenied")
    assert [fix.rule_id for fix in report.fixes] == ["r2"]


def test_partner_domains_and_domains_of_the_order_are_the_citys_word(desk: Desk):
    desk.mailbox.add(rule("r1", "a@partner.fi"), rule("r2", "a@other.gov"))
    desk.order = msgspec.structs.replace(ORDER, partner_domains=("partner.fi",), own_domains=("other.gov",))
    assert desk.signs_in().look().verdict == "ok"
    assert "domains" not in desk.mailbox.asked, "nobody asks the tenant what the order says"
    assert desk.on() == ["r1", "r2"]


@pytest.mark.parametrize("broken", [{"isReadOnly": True, "actions": None}, {"actions": "x"}])
def test_a_rule_that_cannot_be_seen_through_is_unknown_and_never_switched_off(desk: Desk, broken: Any):
    desk.mailbox.add({**rule("r1"), **broken})
    assert desk.signs_in().look().verdict == "unknown"
    assert desk.on() == ["r1"]


def test_nobody_signed_in_is_said_without_building_an_account(desk: Desk):
    checking = Checking(
        order=ORDER, journal=desk.journal, account=lambda: pytest.fail("built"),
        mailbox=lambda _account: desk.mailbox, now=lambda: NOW, may_fix=lambda: True,
    )  # fmt: skip
    report = check(checking)
    assert (report.state, report.verdict) == ("sign_in_needed", "unknown")


def test_a_mailbox_that_cannot_be_read_is_unknown_with_its_code(desk: Desk):
    desk.signs_in()
    desk.mailbox.reading_fails = MailUnavailableError("No.", code="MailboxNotEnabledForRESTAPI")
    report = desk.look()
    assert (report.state, report.verdict, report.error) == (
        "failed", "unknown", "MailboxNotEnabledForRESTAPI",
    )  # fmt: skip
    desk.mailbox.reading_fails = SignInNeededError("No.")
    desk.order = msgspec.structs.replace(ORDER, number=6)
    assert desk.look().state == "sign_in_needed"


def test_an_account_that_became_somebody_elses_is_dropped(desk: Desk):
    desk.mailbox.add(rule("r1", "a@gmail.com"))
    desk.signs_in()
    desk.mailbox.owner = User(id="id-eero", user_principal_name="eero@city.gov")
    assert desk.look().state == "wrong_account"
    assert desk.mailbox.account.forgotten == 2, "once before the sign-in, once now"
    memory = recall(desk.journal)
    assert memory is not None
    assert memory.address == ""
    assert desk.on() == ["r1"]


def test_signing_in_as_somebody_else_keeps_nothing_and_says_so_to_the_server(desk: Desk):
    desk.mailbox.owner = User(id="id-eero", user_principal_name="eero@city.gov")
    with pytest.raises(WrongAccountError):
        desk.signs_in()
    assert not desk.mailbox.account.signed_in
    document = mail_document(desk.journal, 2)
    assert document is not None
    assert msgspec.json.decode(document, type=MailReport).state == "wrong_account"


def test_a_sign_in_whose_owner_cannot_be_read_keeps_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    def fails(_self: FakeMailbox) -> User:
        raise OFFLINE

    monkeypatch.setattr(FakeMailbox, "me", fails)
    with pytest.raises(MailUnavailableError):
        desk.signs_in()
    assert not desk.mailbox.account.signed_in
    assert not holds_tokens(desk)


def test_a_sign_in_cut_off_before_it_was_known_whose_it_is_ends_at_the_next_visit(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    def cut(_self: FakeMailbox) -> User:
        raise PowerCutError

    monkeypatch.setattr(FakeMailbox, "me", cut)
    monkeypatch.setattr(type(desk.mailbox.account), "forget", lambda _self: None)
    monkeypatch.setattr("tenure_agent.mailbox.check.forget", lambda *_: None)
    with pytest.raises(PowerCutError):
        desk.signs_in()
    assert desk.mailbox.account.signed_in, "its tokens lie there"
    for locked, order in ((True, ORDER), (False, ORDER), (False, None)):
        assert next_turn(recall(desk.journal), order, locked=locked, now=NOW) is Turn.SIGN_OUT


def test_a_sign_in_that_nobody_finishes_leaves_nobody_signed_in(desk: Desk):
    desk.mailbox.account.signed_in = False
    desk.mailbox.account.refuses = SignInNeededError("Too late.")
    shown: list[DeviceCode] = []
    with pytest.raises(SignInNeededError):
        sign_in(desk.checking(), shown.append)
    assert [code.code for code in shown] == ["ABCD"]
    assert not holds_tokens(desk)


def test_signing_in_anew_looks_again_at_once_and_forgetting_ends_it(desk: Desk):
    desk.signs_in().look()
    desk.signs_in()
    memory = recall(desk.journal)
    assert memory is not None
    assert (memory.address, memory.protection, memory.number) == ("aino@city.gov", "software", 0)
    forget(desk.journal, desk.mailbox.account.forget)
    assert desk.look().state == "sign_in_needed"


def test_a_report_belongs_to_its_enrolment(desk: Desk):
    desk.signs_in().look()
    assert mail_document(desk.journal, 2) is not None
    assert mail_document(desk.journal, 3) is None


def test_a_memory_that_cannot_be_read_is_no_memory(desk: Desk):
    desk.journal.note("mail", '{"device": 3}')
    assert recall(desk.journal) is None
    assert desk.look().state == "sign_in_needed"


def test_the_account_of_the_order_is_the_one_that_is_asked(desk: Desk):
    assert desk.mailbox.owner == AINO
    assert desk.signs_in().look().state == "checked"
