"""The laptop's side of the attack and fault cases, through real signatures and a real journal."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fakes.agent import WIPED, Agent
from fakes.clock import NOON
from fakes.enforcer import FakeEnforcer
from fakes.municipality import BEGAN, TERM_END, Municipality, new_key
from fakes.server import FakeServer
from tenure_agent.errors import ServerRefusedError, ServerUnavailableError
from tenure_agent.next_visit import Wake
from tenure_policies.envelope import Payload, PayloadType, SignedDocument, seal, signer_for
from tenure_policies.payloads import Act, Outcome, Profile, Role, TimeStatement
from tenure_policies.trusted_keys import Refusal


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    return Agent(tmp_path).enrol()


def test_a_laptop_follows_its_directive_and_shows_it_at_the_next_visit(agent: Agent):
    agent.order(seq=3)
    assert agent.visit().answered
    assert agent.seq() == 3
    assert agent.locked_under() is None


def test_an_order_to_lock_locks_under_its_lock_id_and_says_so_once(agent: Agent):
    agent.order(state="locked", lock_id="lock-7")
    assert agent.locked_under() == "lock-7"
    assert agent.receipts() == [(Act.LOCK, Outcome.DONE)]
    agent.visit()
    assert len(agent.server.receipts) == 1
    assert agent.server.requests[-1].lock.locked


def test_the_locked_screen_says_why_in_the_words_of_the_directive(agent: Agent):
    agent.order(state="locked")
    assert isinstance(agent.enforcer, FakeEnforcer)
    assert agent.enforcer.order is not None
    assert agent.enforcer.order.reason.fi == "Toimikausi päättyy."


def test_a_newer_active_directive_unlocks(agent: Agent):
    agent.order(state="locked")
    agent.order(seq=2, lock_id="lock-2")
    assert agent.locked_under() is None
    assert agent.receipts() == [(Act.LOCK, Outcome.DONE), (Act.UNLOCK, Outcome.DONE)]


def test_a_wipe_with_both_authorities_is_carried_out_and_proven(agent: Agent):
    agent.order(state="locked")
    agent.server.order_wipe(seq=2)
    agent.visit()
    assert agent.receipts() == WIPED
    proof = agent.all_receipts()[-1].proof
    assert proof is not None
    assert proof.proven


def test_a_wipe_is_reported_as_accepted_before_anything_is_erased(agent: Agent):
    agent.order(state="locked")
    agent.server.order_wipe(seq=2)
    seen: list[list[tuple[Act, Outcome]]] = []
    assert isinstance(agent.enforcer, FakeEnforcer)
    wipe = agent.enforcer.wipe
    parts = agent.parts()

    class Watching(FakeEnforcer):
        def wipe(self, *, opened_before: bool) -> Any:
            seen.append(agent.receipts())
            return wipe(opened_before=opened_before)

    watching = Watching(order=agent.enforcer.order)
    from dataclasses import replace

    from tenure_agent.visit import Visit

    Visit(replace(parts, enforcer=watching)).run()
    assert seen == [WIPED[:2]]


def test_a_wipe_is_carried_out_once_however_often_the_laptop_visits(agent: Agent):
    agent.server.order_wipe()
    for _ in range(4):
        agent.visit()
    assert agent.receipts() == WIPED
    assert isinstance(agent.enforcer, FakeEnforcer)
    assert agent.enforcer.calls.count("wipe") == 1


def test_case_1_a_replayed_order_changes_nothing_and_is_reported(agent: Agent):
    old = agent.server.order(state="locked", seq=1)
    agent.visit()
    agent.order(seq=2, lock_id="lock-2")
    agent.server.changes = {"directive": old}
    agent.visit()
    agent.visit()
    assert agent.locked_under() is None
    assert agent.reported_refusals() == [Refusal.OLDER_SEQ]


def test_case_2_another_devices_order_changes_nothing(agent: Agent):
    agent.order(seq=1)
    agent.order(seq=2, state="locked", device="device-2")
    agent.visit()
    assert agent.locked_under() is None
    assert Refusal.OTHER_DEVICE in agent.reported_refusals()
    assert agent.seq() == 1


def test_case_3_after_a_re_enrolment_the_old_wipe_is_refused(agent: Agent):
    agent.order(state="locked")
    agent.server.order_wipe(seq=2)
    old = agent.server.directive, agent.server.manifest, agent.server.release
    agent.enrol()
    agent.server.changes = dict(zip(("directive", "manifest", "release"), old, strict=True))
    agent.visit()
    agent.visit()
    assert isinstance(agent.enforcer, FakeEnforcer)
    assert agent.enforcer.slots == 1
    assert {Refusal.OTHER_DEVICE_KEY, Refusal.OTHER_EPOCH} & set(agent.reported_refusals())


def test_case_4_a_revoked_key_keeps_its_lease_and_locks_on_time(agent: Agent):
    agent.order()
    agent.server.revoked = True
    refused = agent.visit()
    assert isinstance(refused.why_not, ServerRefusedError)
    assert refused.why_not.code == "revoked"
    assert agent.locked_under() is None
    agent.clock.passes(days=100)
    agent.visit()
    assert agent.locked_under() == "lock-1"


def test_case_5_a_forged_lease_is_ignored_and_the_previous_one_holds(agent: Agent):
    agent.order()
    stranger = Municipality()
    assert agent.server.laptop is not None
    forged = stranger.sign(stranger.order(agent.server.laptop, seq=9, lock_at=None))
    agent.server.changes = {"directive": forged}
    agent.visit()
    agent.server.changes = {}
    agent.clock.passes(days=100)
    agent.visit_offline()
    assert agent.locked_under() == "lock-1"
    agent.visit()
    assert agent.reported_refusals() == [Refusal.BAD_SIGNATURE]


def test_case_7_a_lease_presented_as_another_kind_is_refused(agent: Agent):
    order = agent.server.order(state="locked")
    agent.server.changes = {
        "directive": msgspec.structs.replace(order, payloadType=PayloadType.RELEASE.value)
    }
    agent.visit()
    agent.visit()
    assert agent.locked_under() is None
    assert agent.reported_refusals() == [Refusal.WRONG_TYPE]


def test_case_8_a_wipe_that_one_approver_signed_only_locks(agent: Agent):
    agent.server.order_wipe()
    assert agent.server.laptop is not None
    city = agent.server.city
    manifest = city.manifest(city.entry(agent.server.laptop))
    agent.server.manifest = city.approve(manifest, city.approvers[0])
    agent.visit()
    agent.visit()
    assert agent.locked_under() == "lock-1"
    assert isinstance(agent.enforcer, FakeEnforcer)
    assert agent.enforcer.slots == 1
    assert set(agent.reported_refusals()) == {Refusal.BAD_SIGNATURE, Refusal.WIPE_WITHOUT_MANIFEST}


def test_case_9_a_clock_set_back_a_year_changes_nothing(agent: Agent):
    agent.order()
    agent.clock.wall_now -= timedelta(days=365)
    agent.clock.passes(days=91, hours=8)
    agent.visit_offline()
    assert agent.locked_under() is None
    agent.clock.passes(hours=2)
    agent.visit_offline()
    assert agent.locked_under() == "lock-1"


def test_case_9_the_server_is_shown_both_clocks(agent: Agent):
    agent.visit()
    agent.clock.wall_now -= timedelta(days=365)
    agent.visit()
    shown = agent.server.requests[-1].clock
    assert shown.trusted is not None
    assert shown.trusted - shown.wall > timedelta(days=364)


def test_case_10_a_clock_set_to_2040_is_at_most_a_lock_and_only_after_ten_minutes(agent: Agent):
    agent.order()
    agent.clock.wall_now = NOON.replace(year=2040)
    agent.visit_offline()
    assert agent.locked_under() is None
    agent.clock.passes(minutes=9)
    agent.visit_offline()
    assert agent.locked_under() is None
    agent.clock.passes(minutes=2)
    agent.visit_offline()
    assert agent.locked_under() == "lock-1"


def test_case_10_fresh_signed_time_lifts_a_lock_that_rested_on_the_wall_clock(agent: Agent):
    agent.order()
    agent.clock.wall_now = NOON.replace(year=2040)
    agent.visit_offline()
    agent.clock.passes(minutes=11)
    agent.visit_offline()
    assert agent.locked_under() == "lock-1"
    agent.visit()
    assert agent.locked_under() is None


def test_case_10_with_the_server_up_a_clock_of_2040_locks_nothing(agent: Agent):
    agent.order()
    agent.clock.wall_now = NOON.replace(year=2040)
    for _ in range(3):
        agent.visit()
        agent.clock.passes(minutes=20)
    assert agent.locked_under() is None


def test_case_10_a_wipe_waits_for_the_servers_time(agent: Agent):
    agent.order(state="locked")
    agent.server.order_wipe(seq=2)
    agent.server.changes = {"receipts_through": 0}
    agent.visit()
    agent.clock.wall_now = NOON.replace(year=2040)
    agent.visit_offline()
    assert isinstance(agent.enforcer, FakeEnforcer)
    assert agent.enforcer.slots == 1


def test_rebooting_every_few_minutes_does_not_keep_the_suspicion_from_growing(agent: Agent):
    agent.order()
    agent.clock.wall_now = NOON.replace(year=2040)
    for _ in range(4):
        agent.visit_offline()
        agent.clock.passes(minutes=5)
        agent.visit_offline()
        agent.clock.reboots()
    agent.visit_offline()
    assert agent.locked_under() == "lock-1"


def test_case_11_a_reboot_lets_the_floor_lag_but_never_lead(agent: Agent):
    agent.order()
    agent.clock.passes(days=200)
    agent.clock.wall_now = NOON
    agent.clock.reboots()
    agent.visit_offline()
    assert agent.locked_under() is None
    agent.visit()
    assert agent.locked_under() == "lock-1"


def test_case_20_a_cancellation_that_comes_before_the_wipe_begins_wins(agent: Agent):
    agent.order(state="locked")
    agent.server.order_wipe(seq=2)
    agent.server.changes = {"receipts_through": 1}
    agent.visit()
    assert agent.receipts()[-1] == (Act.WIPE, Outcome.ACCEPTED)
    agent.server.changes = {}
    agent.server.manifest = agent.server.release = None
    agent.order(seq=3, lock_id="lock-2", lock_at=TERM_END + timedelta(days=1400))
    agent.visit()
    assert isinstance(agent.enforcer, FakeEnforcer)
    assert agent.enforcer.slots == 1
    assert agent.locked_under() is None
    assert (Act.WIPE, Outcome.FAILED) in agent.receipts()
    assert Outcome.DONE not in [outcome for act, outcome in agent.receipts() if act is Act.WIPE]


def test_case_20_a_re_election_replaces_the_lock_for_good(agent: Agent):
    agent.order(seq=1, lock_id="lock-1")
    agent.order(seq=2, lock_id="lock-2", lock_at=TERM_END + timedelta(days=1400))
    agent.order(seq=3, lock_id="lock-1", state="locked")
    agent.visit()
    assert agent.locked_under() is None
    assert agent.reported_refusals() == [Refusal.REPLACED_LOCK]


def test_case_23_with_the_server_down_60_days_the_term_lock_fires_and_nothing_is_wiped(agent: Agent):
    agent.order()
    agent.server.order_wipe(seq=2, not_before=BEGAN)
    for _ in range(60):
        agent.clock.passes(days=2)
        agent.visit_offline()
    assert agent.locked_under() == "lock-1"
    assert isinstance(agent.enforcer, FakeEnforcer)
    assert agent.enforcer.slots == 1


def test_lost_contact_alone_locks_nothing(agent: Agent):
    agent.order(lock_at=None)
    for _ in range(60):
        agent.clock.passes(days=10)
        agent.visit_offline()
    assert agent.locked_under() is None


def test_case_25_whoever_owns_the_web_server_can_lock_but_not_wipe(agent: Agent):
    city = agent.server.city
    assert agent.server.laptop is not None
    web = signer_for(city.directive)
    manifest = seal(city.manifest(city.entry(agent.server.laptop)), PayloadType.MANIFEST, web)
    agent.server.manifest = manifest
    agent.server.release = seal(city.release_of(manifest, agent.server.laptop), PayloadType.RELEASE, web)
    agent.order(state="wiped")
    agent.visit()
    assert agent.locked_under() == "lock-1"
    assert isinstance(agent.enforcer, FakeEnforcer)
    assert agent.enforcer.slots == 1
    rotated = city.rotated(directive=new_key())
    agent.server.city = rotated
    agent.order(seq=2, lock_id="lock-2")
    assert agent.locked_under() is None


def test_case_24_a_stale_directive_document_of_a_rotated_key_is_worth_nothing(agent: Agent):
    old = agent.server.city
    agent.server.city = old.rotated(directive=new_key())
    assert agent.server.laptop is not None
    agent.server.changes = {"directive": old.sign(old.order(agent.server.laptop, state="locked"))}
    agent.visit()
    assert agent.locked_under() is None


def test_a_wrong_serial_in_the_firmware_is_never_wiped(agent: Agent):
    agent.serial = "S2"
    agent.server.order_wipe()
    agent.visit()
    agent.visit()
    assert agent.locked_under() == "lock-1"
    assert Refusal.NOT_IN_MANIFEST in agent.reported_refusals()


def test_demo_keys_are_refused_by_a_real_enforcer_at_enrolment(tmp_path: Path):
    demo = Agent(
        tmp_path,
        enforcer=FakeEnforcer(is_real=True),
        server=FakeServer(city=Municipality(profile=Profile.DEMO)),
    )
    from tenure_policies.trusted_keys import RefusedDocumentError

    with pytest.raises(RefusedDocumentError) as caught:
        demo.enrol()
    assert caught.value.refusal is Refusal.DEMO_KEYS
    assert demo.journal.enrolment() is None


@pytest.mark.parametrize("state", ["locked", "wiped"])
def test_demo_keys_never_move_a_real_enforcer_at_any_act(tmp_path: Path, state: str):
    agent = Agent(tmp_path, server=FakeServer(city=Municipality(profile=Profile.DEMO))).enrol()
    real = FakeEnforcer(is_real=True)
    agent.enforcer = real
    agent.server.order_wipe(state=state)
    agent.visit()
    agent.visit()
    assert real.calls == []
    assert Refusal.DEMO_KEYS in agent.reported_refusals()


def test_production_keys_move_a_real_enforcer(tmp_path: Path):
    agent = Agent(tmp_path, enforcer=FakeEnforcer(is_real=True)).enrol()
    agent.server.order_wipe()
    agent.visit()
    assert agent.receipts() == WIPED


@pytest.mark.parametrize(
    "garbage",
    [b"", b"null", b"[]", b"<html>captive portal</html>", b"\xff\xfe", b'{"time": 1}', b"{" * 10_000],
)
def test_garbage_for_an_answer_changes_nothing(agent: Agent, garbage: bytes):
    agent.order()
    agent.server.garbage = garbage
    visited = agent.visit()
    assert isinstance(visited.why_not, ServerUnavailableError)
    agent.server.garbage = None
    assert agent.visit().answered
    assert agent.seq() == 1


def test_an_answer_with_a_critical_field_of_the_future_changes_nothing(agent: Agent):
    agent.server.order(state="locked")
    agent.server.changes = {"critical": ("grace_minutes",)}
    assert not agent.visit().answered
    assert agent.locked_under() is None


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "another"},
        {"device": "device-2"},
        {"municipality": "naapurila"},
    ],
)
def test_time_that_is_not_for_this_visit_spoils_the_whole_answer(agent: Agent, changes: dict[str, str]):
    agent.server.order(state="locked")
    assert agent.server.laptop is not None
    city, laptop = agent.server.city, agent.server.laptop
    fields: dict[str, Any] = {
        "municipality": city.id,
        "device": laptop.device,
        "nonce": "n",
        "now": agent.clock.true_now,
        **changes,
    }
    statement = TimeStatement(**fields)
    agent.server.changes = {"time": seal(statement, PayloadType.TIME, signer_for(city.directive))}
    assert not agent.visit().answered
    assert agent.locked_under() is None
    assert agent.journal.floor() is None


def test_a_stale_signature_is_signed_again_over_the_servers_nonce(agent: Agent):
    agent.clock.wall_now -= timedelta(days=900)
    assert agent.visit().answered
    assert len(agent.server.nonces) == 1
    agent.visit()
    assert len(agent.server.nonces) == 1, "the clock is known now"


def test_a_replay_answer_makes_the_laptop_adopt_the_servers_counter_once(agent: Agent):
    agent.visit()
    agent.server.last_visit = 500
    assert agent.visit().answered
    assert agent.server.requests[-1].visit > 500


@pytest.mark.parametrize("last", [None, -1, 2**60, 2**53 - 1])
def test_a_replay_answer_without_a_sane_counter_is_only_an_error(agent: Agent, last: int | None):
    agent.visit()

    def always_replay(*_: object) -> tuple[int, bytes]:
        return 409, msgspec.json.encode({"error": "replay", "last_visit": last})

    before = agent.server.last_visit
    agent.near._send = always_replay  # type: ignore[assignment,method-assign]
    assert not agent.visit().answered
    del agent.near._send
    assert agent.visit().answered
    assert before < agent.server.requests[-1].visit < before + 10


def test_a_busy_server_is_asked_again_after_as_long_as_it_said(agent: Agent):
    agent.server.busy = True
    visited = agent.visit()
    assert isinstance(visited.why_not, ServerUnavailableError)
    assert visited.why_not.retry_after_seconds == 7
    assert agent.told[-1][0].seconds >= 7


def test_silence_is_answered_with_patience_up_to_a_quarter_of_an_hour(agent: Agent):
    waits = []
    for _ in range(10):
        agent.visit_offline()
        waits.append(agent.told[-1][0].seconds)
    assert waits == sorted(waits)
    assert waits[-1] == 900


def test_the_watcher_is_told_to_wake_at_the_leases_end(agent: Agent):
    agent.clock.passes(days=91, hours=8, minutes=50)
    agent.order()
    wake, ticket = agent.told[-1]
    assert wake.seconds == pytest.approx(600)
    assert wake.lock_at == TERM_END
    assert ticket == "ticket-1"


def test_a_wall_clock_gone_wrong_does_not_make_the_laptop_visit_without_end(agent: Agent):
    agent.clock.wall_now = NOON.replace(year=2040)
    agent.order()
    assert agent.told[-1][0] == Wake(seconds=3600, lock_at=None)


def test_an_unlock_does_not_wait_for_the_inventory(agent: Agent):
    agent.order(state="locked")
    agent.server.order(seq=2, lock_id="lock-2")
    seen = []
    agent.told.clear()

    class Documents(dict[str, bytes]):
        def __bool__(self) -> bool:
            seen.append((agent.locked_under(), len(agent.told)))
            return False

    agent.documents = Documents()
    agent.visit()
    assert seen == [(None, 1)], "unlocked, and the watcher told, before the laptop looked around"


def test_a_document_is_sent_once_and_again_only_when_it_changed_or_is_wanted(agent: Agent):
    def sent() -> list[list[str]]:
        names = [sorted(request.documents) for request in agent.server.requests]
        agent.server.requests.clear()
        return [name for name in names if name]

    agent.visit()
    assert sent() == [["os"]]
    agent.visit()
    assert sent() == []
    agent.documents = {"os": b'{"name":"Debian 13"}', "disk": b"[]"}
    agent.visit()
    assert sent() == [["disk", "os"]]
    agent.server.documents.clear()
    agent.visit()
    assert sent() == [["disk", "os"]]


def test_the_held_directive_is_sent_whole_when_the_server_wants_it(agent: Agent):
    document = agent.server.order(seq=5)
    agent.visit()
    agent.server.changes = {"want_held": True, "directive": None}
    agent.visit()
    whole = [request.held.document for request in agent.server.requests if request.held is not None]
    assert document in whole


class Checkpoint(Payload, frozen=True, kw_only=True):
    origin: str
    size: int


def checkpoint(agent: Agent, size: int, origin: str = "log-1") -> SignedDocument:
    signer = signer_for(agent.server.city.directive)
    return seal(Checkpoint(origin=origin, size=size), PayloadType.CHECKPOINT, signer)


def test_the_newest_checkpoint_is_shown_back_once_and_an_older_one_is_not_taken(agent: Agent):
    newest = checkpoint(agent, 10)
    agent.server.checkpoint = newest
    agent.visit()
    agent.server.checkpoint = checkpoint(agent, 4)
    agent.visit()
    agent.visit()
    shown = [request.checkpoint for request in agent.server.requests if request.checkpoint is not None]
    assert shown == [newest]


def test_a_checkpoint_of_a_new_log_is_taken_whatever_its_size(agent: Agent):
    agent.server.checkpoint = checkpoint(agent, 10)
    agent.visit()
    agent.server.checkpoint = checkpoint(agent, 2, "log-2")
    agent.visit()
    held, _ = agent.journal.checkpoint()
    assert held == agent.server.checkpoint


def test_a_checkpoint_that_a_stranger_signed_is_refused(agent: Agent):
    agent.server.checkpoint = seal(
        Checkpoint(origin="log-1", size=99), PayloadType.CHECKPOINT, signer_for(new_key())
    )
    agent.visit()
    assert agent.journal.checkpoint() == (None, False)


def test_a_lock_that_fails_is_reported_as_failed_and_tried_again(agent: Agent):
    assert isinstance(agent.enforcer, FakeEnforcer)
    agent.enforcer.broken.add("lock")
    agent.order(state="locked")
    assert agent.receipts()[0] == (Act.LOCK, Outcome.FAILED)
    assert "lock is broken" in agent.all_receipts()[0].error
    agent.enforcer.broken.clear()
    agent.visit()
    assert agent.receipts()[-1] == (Act.LOCK, Outcome.DONE)


def test_case_14_a_wipe_that_cannot_be_proven_is_unconfirmed(agent: Agent):
    agent.order(state="locked")
    assert isinstance(agent.enforcer, FakeEnforcer)
    agent.enforcer.slots = 0
    agent.server.order_wipe(seq=2)
    agent.visit()
    assert agent.receipts()[-1] == (Act.WIPE, Outcome.UNCONFIRMED)
    agent.visit()
    assert agent.receipts()[-1] == (Act.WIPE, Outcome.UNCONFIRMED)
    assert agent.enforcer.calls.count("wipe") == 1


def test_case_15_an_answer_that_was_lost_is_asked_for_again_with_one_effect(agent: Agent):
    """The database fails over while the answer is on its way: the same receipts are sent again."""
    agent.order(state="locked")
    agent.server.order_wipe(seq=2)
    send, lost = agent.near._send, []

    def losing(path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        answer = send(path, body, headers)
        if len(lost) < 3:
            lost.append(answer)
            raise ConnectionResetError
        return answer

    agent.near._send = losing  # type: ignore[method-assign]
    for _ in range(6):
        agent.visit()
    assert len(lost) == 3
    assert agent.receipts() == WIPED


def test_a_server_that_cries_news_all_day_gets_few_visits(tmp_path: Path):
    agent = Agent(tmp_path, burst=3).enrol()
    answered = [agent.visit().answered for _ in range(6)]
    assert answered == [True] * 3 + [False] * 3
    assert agent.told[-1][1] is None, "no ticket: the watcher waits for its time, not for news"
    agent.clock.passes(minutes=11)
    assert agent.visit().answered


def test_a_laptop_out_of_visits_still_locks_by_its_lease(tmp_path: Path):
    agent = Agent(tmp_path, burst=1, refill_seconds=10**9).enrol().order()
    assert not agent.visit().answered
    agent.clock.passes(days=100)
    assert not agent.visit().answered
    assert agent.locked_under() == "lock-1"


def test_root_resets_a_floor_that_a_stolen_key_has_poisoned(agent: Agent):
    agent.order()
    agent.server.changes = {}
    true_now = agent.clock.true_now
    agent.clock.true_now = true_now.replace(year=2090)
    agent.visit()
    assert agent.locked_under() == "lock-1"
    agent.clock.true_now = true_now
    agent.visit()
    assert agent.locked_under() == "lock-1", "time does not run backwards on the same key's word"
    agent.server.city = agent.server.city.rotated(directive=new_key())
    agent.visit()
    agent.visit()
    assert agent.locked_under() is None


def test_a_time_beyond_all_plausibility_is_refused(agent: Agent):
    agent.order()
    agent.clock.true_now = agent.clock.true_now.replace(year=9999)
    agent.visit()
    agent.clock.true_now = NOON
    assert agent.visit().answered
    assert agent.locked_under() is None


def test_the_root_that_was_named_is_the_only_one_believed(tmp_path: Path):
    from tenure_policies.trusted_keys import RefusedDocumentError

    agent = Agent(tmp_path)
    with pytest.raises(RefusedDocumentError):
        agent.enrol(root=Municipality().root_thumbprint)
    assert agent.journal.enrolment() is None


def test_a_token_works_once(tmp_path: Path):
    agent = Agent(tmp_path)
    token = agent.server.token()
    agent.enrol(token=token)
    with pytest.raises(ServerRefusedError) as caught:
        agent.enrol(token=token)
    assert caught.value.code == "token"
    assert agent.visit().answered, "the enrolment before still holds"


def test_a_re_enrolment_begins_an_epoch_with_a_new_key_and_unlocks_nothing(agent: Agent):
    agent.order(state="locked")
    before = agent.journal.enrolment()
    agent.enrol()
    after = agent.journal.enrolment()
    assert before is not None
    assert after is not None
    assert after.identity.epoch == before.identity.epoch + 1
    assert after.identity.device_key != before.identity.device_key
    agent.visit()
    assert agent.locked_under() == "lock-1"
    assert agent.journal.held() is None


def test_a_rotation_arrives_with_the_first_directive_under_its_key(agent: Agent):
    agent.server.city = agent.server.city.rotated(directive=new_key())
    agent.order(state="locked")
    assert agent.locked_under() == "lock-1"
    assert len(agent.journal.keys()) == 2
    assert agent.parts().accepting.keys.threshold(Role.APPROVE) == 2
