"""Security cases 1-8, 10 and 25, and every reason for which a laptop refuses a document."""

import contextlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.municipality import BEGAN, TERM_END, Municipality, name_of, new_key
from tenure_policies.directive import Held, Identity, judge_directive, judge_wipe, open_manifest
from tenure_policies.envelope import PayloadType, SignedDocument, add_signature, seal, signer_for
from tenure_policies.payloads import Directive, DirectiveState, Profile
from tenure_policies.trusted_keys import Refusal, RefusedDocumentError

CITY = Municipality()
LAPTOP = Identity(municipality="kuntala", device="device-1", device_key="key-1", epoch=2, serial="S1")
NOW = BEGAN + timedelta(days=30)


def judge(
    offered: SignedDocument,
    *,
    held: Held | None = None,
    replaced: frozenset[str] = frozenset(),
    now: datetime = NOW,
    city: Municipality = CITY,
) -> Held | None:
    return judge_directive(
        offered, held=held, replaced_locks=replaced, identity=LAPTOP, keys=city.keys, now=now
    )


def held(**changes: Any) -> Held:
    following = judge(CITY.sign(CITY.order(LAPTOP, **changes)))
    assert following is not None
    return following


def refusal_of(offered: SignedDocument, **how: Any) -> Refusal:
    with pytest.raises(RefusedDocumentError) as caught:
        judge(offered, **how)
    return caught.value.refusal


def order(**changes: Any) -> SignedDocument:
    return CITY.sign(CITY.order(LAPTOP, **changes))


def test_a_directive_for_this_laptop_is_followed():
    following = judge(order(seq=7))
    assert following is not None
    assert following.directive.seq == 7


def test_the_directive_that_is_held_already_is_nothing_new():
    assert judge(order(seq=7), held=held(seq=7)) is None


def test_case_1_a_replayed_order_is_refused():
    assert refusal_of(order(seq=3, state="locked"), held=held(seq=4)) is Refusal.OLDER_SEQ


def test_case_2_another_devices_order_is_refused():
    assert refusal_of(order(device="device-2")) is Refusal.OTHER_DEVICE


def test_case_2_an_order_for_another_key_of_this_device_is_refused():
    assert refusal_of(order(device_key="key-2")) is Refusal.OTHER_DEVICE_KEY


def test_case_3_an_order_of_the_enrolment_before_is_refused():
    assert refusal_of(order(epoch=1)) is Refusal.OTHER_EPOCH


def test_an_order_of_another_municipality_is_refused():
    assert refusal_of(order(municipality="naapurila")) is Refusal.OTHER_MUNICIPALITY


def test_case_5_a_forged_lease_is_refused_with_an_alarm():
    forged = seal(CITY.order(LAPTOP), PayloadType.DIRECTIVE, signer_for(new_key()))
    with pytest.raises(RefusedDocumentError) as caught:
        judge(forged)
    assert caught.value.refusal is Refusal.BAD_SIGNATURE
    assert caught.value.alarm


def test_case_5_an_altered_lease_is_refused():
    altered = msgspec.structs.replace(order(), payload=order(lock_at=TERM_END + timedelta(days=900)).payload)
    assert refusal_of(altered) is Refusal.BAD_SIGNATURE


def test_case_6_an_older_seq_is_refused_even_if_it_was_never_seen():
    assert refusal_of(order(seq=5), held=held(seq=9)) is Refusal.OLDER_SEQ


def test_the_same_seq_with_another_digest_is_refused_with_an_alarm():
    with pytest.raises(RefusedDocumentError) as caught:
        judge(order(seq=4, state="locked"), held=held(seq=4))
    assert caught.value.refusal is Refusal.SAME_SEQ_OTHER_DIGEST
    assert caught.value.alarm


def test_case_25_a_thief_of_the_directive_key_cannot_take_the_last_number():
    assert refusal_of(order(seq=2**53)) is Refusal.UNREADABLE
    assert refusal_of(order(seq=5 + 2**33), held=held(seq=5)) is Refusal.UNREADABLE
    assert judge(order(seq=5 + 2**31), held=held(seq=5)) is not None


@pytest.mark.parametrize("kind", [kind for kind in PayloadType if kind is not PayloadType.DIRECTIVE])
def test_case_7_a_payload_of_another_kind_is_no_order(kind: PayloadType):
    other = seal(CITY.order(LAPTOP), kind, signer_for(CITY.directive))
    assert refusal_of(other) is Refusal.WRONG_TYPE


@pytest.mark.parametrize("key", ["root", "release"])
def test_an_order_signed_by_a_key_of_another_role_is_refused(key: str):
    other = seal(CITY.order(LAPTOP), PayloadType.DIRECTIVE, signer_for(getattr(CITY, key)))
    assert refusal_of(other) is Refusal.BAD_SIGNATURE


def test_an_order_that_does_not_read_is_refused():
    half = seal(CITY.keys_payload(), PayloadType.DIRECTIVE, signer_for(CITY.directive))
    assert refusal_of(half) is Refusal.UNREADABLE


def test_an_order_with_a_critical_field_of_the_future_is_refused():
    future = CITY.sign(CITY.order(LAPTOP, critical=("grace_minutes",)))
    assert refusal_of(future) is Refusal.UNREADABLE


def test_a_replaced_lock_is_never_accepted_again():
    again = order(seq=9, lock_id="lock-1", state="locked")
    assert refusal_of(again, held=held(seq=8), replaced=frozenset({"lock-1"})) is Refusal.REPLACED_LOCK


def test_an_order_of_tomorrow_is_not_accepted_today():
    assert refusal_of(order(not_before=NOW + timedelta(days=1))) is Refusal.NOT_YET_VALID


def test_an_order_that_ran_out_is_not_accepted_as_new():
    assert refusal_of(order(expires=NOW)) is Refusal.EXPIRED


def test_the_order_that_is_held_goes_on_after_it_expired():
    accepted = judge(order(expires=NOW), now=NOW - timedelta(seconds=1))
    assert judge(order(expires=NOW), held=accepted, now=NOW + timedelta(days=60)) is None


def test_after_a_rotation_only_the_new_directive_key_counts():
    rotated = CITY.rotated(directive=new_key())
    assert refusal_of(order(), city=rotated) is Refusal.BAD_SIGNATURE
    assert judge(rotated.sign(rotated.order(LAPTOP)), city=rotated) is not None


class Wiping:
    """Everything that a wipe must show, in order; a test spoils one thing."""

    def __init__(self, city: Municipality = CITY, **names: Any) -> None:
        self.city = city
        self.directive = city.order(LAPTOP, state="wiped", **names)
        self.manifest: SignedDocument | None = city.approve(city.manifest(city.entry(LAPTOP)))
        self.release: SignedDocument | None = city.let_go(city.release_of(self.manifest, LAPTOP))
        self.how: dict[str, Any] = {
            "identity": LAPTOP,
            "keys": city.keys,
            "locked_under": "lock-1",
            "unlock_code_runs": False,
            "signed_now": NOW,
            "real_enforcer": True,
        }

    def approve(self, **entry: Any) -> "Wiping":
        self.manifest = self.city.approve(self.city.manifest(self.city.entry(LAPTOP, **entry)))
        self.release = self.city.let_go(self.city.release_of(self.manifest, LAPTOP))
        return self

    def let_go(self, **release: Any) -> "Wiping":
        assert self.manifest is not None
        self.release = self.city.let_go(self.city.release_of(self.manifest, LAPTOP, **release))
        return self

    def judge(self, **how: Any) -> None:
        judge_wipe(self.directive, self.manifest, self.release, **{**self.how, **how})

    def refusal(self, **how: Any) -> Refusal:
        with pytest.raises(RefusedDocumentError) as caught:
            self.judge(**how)
        return caught.value.refusal


def test_a_wipe_with_manifest_and_release_holds():
    Wiping().judge()


def test_case_25_no_wipe_without_a_manifest():
    wiping = Wiping()
    wiping.manifest = None
    assert wiping.refusal() is Refusal.WIPE_WITHOUT_MANIFEST


def test_case_25_no_wipe_without_a_release():
    wiping = Wiping()
    wiping.release = None
    assert wiping.refusal() is Refusal.WIPE_WITHOUT_RELEASE


def test_case_25_the_web_servers_key_can_approve_and_release_nothing():
    wiping = Wiping()
    manifest = CITY.manifest(CITY.entry(LAPTOP))
    forged = seal(manifest, PayloadType.MANIFEST, signer_for(CITY.directive))
    wiping.manifest = forged
    assert wiping.refusal() is Refusal.BAD_SIGNATURE
    wiping = Wiping()
    release = CITY.release_of(wiping.manifest, LAPTOP)  # type: ignore[arg-type]
    wiping.release = seal(release, PayloadType.RELEASE, signer_for(CITY.directive))
    assert wiping.refusal() is Refusal.BAD_SIGNATURE


def test_case_25_no_wipe_before_its_time_by_the_signers_clock():
    assert Wiping().let_go(not_before=NOW + timedelta(seconds=1)).refusal() is Refusal.NOT_YET_VALID
    assert Wiping().approve(not_before=NOW + timedelta(seconds=1)).refusal() is Refusal.NOT_YET_VALID


def test_case_8_one_approver_is_not_two():
    wiping = Wiping()
    wiping.manifest = CITY.approve(CITY.manifest(CITY.entry(LAPTOP)), CITY.approvers[0])
    assert wiping.refusal() is Refusal.BAD_SIGNATURE


def test_case_8_one_approver_who_signs_twice_is_not_two():
    wiping = Wiping()
    once = CITY.approve(CITY.manifest(CITY.entry(LAPTOP)), CITY.approvers[0])
    wiping.manifest = add_signature(once, signer_for(CITY.approvers[0]))
    assert wiping.refusal() is Refusal.BAD_SIGNATURE


def test_the_preparer_of_a_manifest_does_not_count_among_its_approvers():
    one, two, three = CITY.approvers
    prepared = CITY.manifest(CITY.entry(LAPTOP), prepared_by=name_of(one))
    wiping = Wiping()
    wiping.manifest = CITY.approve(prepared, one, two)
    assert wiping.refusal() is Refusal.BAD_SIGNATURE
    assert open_manifest(CITY.approve(prepared, one, two, three), CITY.keys).id == "manifest-1"


def test_no_keys_document_makes_one_person_enough():
    lax = Municipality(threshold=1)
    wiping = Wiping(lax)
    wiping.manifest = lax.approve(lax.manifest(lax.entry(LAPTOP)), *lax.approvers)
    assert wiping.refusal(keys=lax.keys) is Refusal.BAD_SIGNATURE


def test_the_release_is_for_this_manifest_and_no_other():
    wiping = Wiping()
    other = CITY.approve(CITY.manifest(CITY.entry(LAPTOP), id="manifest-2"))
    wiping.release = CITY.let_go(CITY.release_of(other, LAPTOP))
    assert wiping.refusal() is Refusal.RELEASE_OF_OTHER_MANIFEST


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"lock_id": "lock-9"}, Refusal.RELEASE_OF_OTHER_MANIFEST),
        ({"case": "case-9"}, Refusal.RELEASE_OF_OTHER_MANIFEST),
        ({"serial": "S9"}, Refusal.OTHER_SERIAL),
        ({"device": "device-9"}, Refusal.OTHER_DEVICE),
        ({"device_key": "key-9"}, Refusal.OTHER_DEVICE_KEY),
        ({"epoch": 1}, Refusal.OTHER_EPOCH),
        ({"municipality": "naapurila"}, Refusal.OTHER_MUNICIPALITY),
        ({"expires": NOW}, Refusal.EXPIRED),
    ],
)
def test_a_release_that_names_something_else_is_refused(changes: dict[str, Any], refusal: Refusal):
    assert Wiping().let_go(**changes).refusal() is refusal


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"lock_id": "lock-9"}, Refusal.NOT_IN_MANIFEST),
        ({"case": "case-9"}, Refusal.NOT_IN_MANIFEST),
        ({"serial": "S9"}, Refusal.NOT_IN_MANIFEST),
        ({"device": "device-9"}, Refusal.OTHER_DEVICE),
        ({"device_key": "key-9"}, Refusal.OTHER_DEVICE_KEY),
        ({"epoch": 1}, Refusal.OTHER_EPOCH),
    ],
)
def test_a_manifest_that_names_something_else_is_refused(changes: dict[str, Any], refusal: Refusal):
    assert Wiping().approve(**changes).refusal() is refusal


def test_another_municipalitys_manifest_is_refused():
    wiping = Wiping()
    wiping.manifest = CITY.approve(CITY.manifest(CITY.entry(LAPTOP), municipality="naapurila"))
    assert wiping.refusal() is Refusal.OTHER_MUNICIPALITY


def test_the_serial_of_the_firmware_counts_not_the_enrolled_one():
    moved = Identity(municipality="kuntala", device="device-1", device_key="key-1", epoch=2, serial="S2")
    assert Wiping().refusal(identity=moved) is Refusal.NOT_IN_MANIFEST


def test_a_release_does_not_outlive_the_manifest_it_rests_on():
    wiping = Wiping()
    wiping.manifest = CITY.approve(CITY.manifest(CITY.entry(LAPTOP), expires=NOW))
    wiping.let_go()
    assert wiping.refusal() is Refusal.EXPIRED


@pytest.mark.parametrize("field", ["lock_at", "not_before", "expires", "issued"])
def test_a_time_without_an_offset_is_unreadable(field: str):
    assert refusal_of(order(**{field: datetime(2029, 1, 1)})) is Refusal.UNREADABLE  # noqa: DTZ001


@pytest.mark.parametrize("field", ["seq", "epoch"])
@pytest.mark.parametrize("number", [-1, 2**53 + 1, 2**70])
def test_a_number_that_no_database_holds_is_unreadable(field: str, number: int):
    assert refusal_of(order(**{field: number})) is Refusal.UNREADABLE


@pytest.mark.parametrize("locked_under", [None, "", "lock-0"])
def test_a_laptop_that_is_not_locked_under_that_lock_is_not_wiped(locked_under: str | None):
    assert Wiping().refusal(locked_under=locked_under) is Refusal.NOT_LOCKED


def test_a_running_unlock_code_blocks_the_wipe():
    assert Wiping().refusal(unlock_code_runs=True) is Refusal.UNLOCK_CODE_RUNS


def test_case_10_a_wipe_never_rests_on_the_laptops_own_clock():
    assert Wiping().refusal(signed_now=None) is Refusal.NO_SIGNED_TIME


def test_demo_keys_never_wipe_a_real_laptop():
    demo = Municipality(profile=Profile.DEMO)
    assert Wiping(demo).refusal() is Refusal.DEMO_KEYS
    Wiping(demo).judge(real_enforcer=False)


def test_every_refusal_has_a_test_here_or_beside_the_keys():
    files = (Path(__file__), Path(__file__).with_name("test_trusted_keys.py"))
    told = "".join(file.read_text(encoding="utf-8") for file in files).replace("}, Refusal.", "is Refusal.")
    assert [refusal.name for refusal in Refusal if f"is Refusal.{refusal.name}" not in told] == []


ORDERS = st.lists(
    st.tuples(
        st.integers(1, 12), st.sampled_from(["lock-1", "lock-2", "lock-3"]), st.sampled_from(DirectiveState)
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(ORDERS)
def test_whatever_the_order_of_arrival_seq_only_rises_and_a_replaced_lock_never_returns(
    orders: list[tuple[int, str, DirectiveState]],
):
    now_held: Held | None = None
    replaced: set[str] = set()
    followed: list[Directive] = []
    for seq, lock_id, state in orders:
        with contextlib.suppress(RefusedDocumentError):
            judged = judge(
                order(seq=seq, lock_id=lock_id, state=state), held=now_held, replaced=frozenset(replaced)
            )
            if judged is None:
                continue
            if now_held is not None and now_held.directive.lock_id != lock_id:
                replaced.add(now_held.directive.lock_id)
            now_held = judged
            followed.append(judged.directive)
    seqs = [directive.seq for directive in followed]
    assert seqs == sorted(set(seqs))
    runs = [
        directive.lock_id
        for before, directive in zip([None, *followed], followed, strict=False)
        if before is None or before.lock_id != directive.lock_id
    ]
    assert len(runs) == len(set(runs)), "a lock_id that was replaced came back"


@settings(max_examples=40, deadline=None)
@given(st.permutations([1, 2, 3, 4, 5]))
def test_all_arrivals_end_at_the_highest_seq(arrivals: list[int]):
    now_held: Held | None = None
    for seq in arrivals:
        with contextlib.suppress(RefusedDocumentError):
            now_held = judge(order(seq=seq), held=now_held) or now_held
    assert now_held is not None
    assert now_held.directive.seq == 5
