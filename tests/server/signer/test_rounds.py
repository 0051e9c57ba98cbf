from datetime import timedelta

import msgspec
import pytest

from fakes.keys import key_id, new_key
from fakes.signer import DUE, Laptop, SignerWorld, digests, holds, manifest_of
from tenure_policies.envelope import digest
from tenure_policies.payloads import Act, Outcome, Role
from tenure_server.domain.ceremony import NewRole
from tenure_server.signer.errors import ClockWentBackError, JournalError, ServerUnavailableError
from tenure_server.signer.journal import Journal, Stop


@pytest.fixture
def world(tmp_path):
    return SignerWorld(tmp_path)


def ready(world, count=1, **facts):
    """Approve a manifest over so many laptops, all of them locked."""
    laptops = [Laptop(number=number) for number in range(1, count + 1)]
    world.lock(*laptops)
    return laptops, world.approve(manifest_of(*laptops, **facts))


def set_limits(world, **limits):
    world.settings = msgspec.structs.replace(world.settings, **limits)


def test_a_locked_laptop_that_two_people_signed_for_is_released_when_due(world):
    [laptop], manifest = ready(world)
    done = world.round()
    assert (done.released, done.sent) == ((laptop.serial,), (laptop.serial,))
    [release] = world.releases
    assert release.manifest == digest(manifest)
    assert (release.device, release.epoch, release.lock_id) == (laptop.device, 1, laptop.lock_id)
    assert release.device_key == key_id(laptop.key)
    assert release.not_before == DUE
    assert release.expires == DUE + timedelta(days=30)


def test_a_release_never_outlives_the_approvers_authority(world):
    ready(world, expires=DUE + timedelta(days=2))
    world.round()
    assert world.releases[0].expires == DUE + timedelta(days=2)


def test_a_laptop_is_released_once_however_many_rounds(world):
    ready(world)
    for _ in range(3):
        world.round()
        world.clock.passes(hours=5)
    assert len(world.courier.posted) == 1


def test_one_approval_is_not_enough(world):
    laptop = Laptop()
    world.lock(laptop)
    world.approve(manifest_of(laptop), world.city.approvers[0])
    assert holds(world.round()) == ["not_approved"]
    assert not world.courier.posted


def test_nothing_is_released_before_its_time(world):
    ready(world)
    world.clock.passes(seconds=-1)
    done = world.round()
    assert holds(done) == ["not_due"]
    assert done.held[0].until == DUE
    world.clock.passes(seconds=1)
    assert world.round().released


def test_nothing_is_released_after_the_manifest_expired(world):
    ready(world, expires=DUE)
    assert holds(world.round()) == ["expired"]


def test_a_laptop_that_has_not_locked_itself_is_not_released(world):
    laptop = Laptop()
    world.approve(manifest_of(laptop))
    assert holds(world.round()) == ["not_locked"]
    world.lock(laptop)
    assert world.round().released == (laptop.serial,)


@pytest.mark.parametrize("outcome", [Outcome.ACCEPTED, Outcome.RUNNING, Outcome.FAILED, Outcome.UNCONFIRMED])
def test_an_unfinished_lock_counts_for_nothing(world, outcome):
    laptop = Laptop()
    world.lock(laptop)
    world.courier.receipts = [laptop.receipt(number=1, outcome=outcome)]
    world.approve(manifest_of(laptop))
    assert holds(world.round()) == ["not_locked"]


def test_a_laptop_that_was_unlocked_again_is_not_released(world):
    [laptop], _ = ready(world)
    world.courier.receipts.append(laptop.receipt(number=2, act=Act.UNLOCK))
    assert holds(world.round()) == ["not_locked"]


def test_a_laptop_locked_anew_under_another_lock_is_not_released(world):
    [laptop], _ = ready(world)
    world.courier.receipts.append(laptop.receipt(number=2, lock_id="lock-of-the-extension"))
    assert holds(world.round()) == ["not_locked"]


def test_an_empty_manifest_is_an_error_and_never_everything(world):
    world.lock(Laptop())
    world.approve(manifest_of())
    done = world.round()
    assert holds(done) == ["malformed"]
    assert done.held[0].detail == "it names no laptop"


def test_a_laptop_named_twice_is_an_error(world):
    laptop = Laptop()
    world.lock(laptop)
    twice = (laptop.entry(), laptop.entry(lock_id="lock-other"))
    world.approve(manifest_of(laptop, entries=twice))
    assert holds(world.round()) == ["malformed"]


def test_outside_a_campaign_at_most_three_an_hour_are_released(world):
    set_limits(world, fleet_size=1000)
    ready(world, count=5)
    assert len(world.round().released) == 3
    assert holds(world.round()) == ["hourly_cap", "hourly_cap"]
    world.clock.passes(hours=1, seconds=1)
    assert len(world.round().released) == 2


def test_outside_a_campaign_at_most_two_per_cent_of_the_fleet_a_day_are_released(world):
    set_limits(world, fleet_size=100)
    ready(world, count=4)
    assert len(world.round().released) == 2
    world.clock.passes(hours=23)
    assert holds(world.round()) == ["daily_cap", "daily_cap"]
    world.clock.passes(hours=1, seconds=1)
    assert len(world.round().released) == 2


def test_a_small_fleet_may_still_lose_one_a_day(world):
    ready(world, count=2)
    assert len(world.round().released) == 1
    assert holds(world.round()) == ["daily_cap"]


def test_caps_hold_over_all_manifests_together(world):
    laptops = [Laptop(number=number) for number in range(1, 3)]
    world.lock(*laptops)
    for laptop in laptops:
        world.approve(manifest_of(laptop, id=f"manifest-{laptop.number}"))
    assert len(world.round().released) == 1


def test_a_campaign_rests_for_a_day_from_when_the_signer_saw_it_approved(world):
    ready(world, campaign=True, rate_per_hour=10)
    done = world.round()
    assert holds(done) == ["cooling_off"]
    assert done.held[0].until == DUE + timedelta(hours=24)
    world.clock.passes(hours=23, minutes=59)
    assert holds(world.round()) == ["cooling_off"]
    world.clock.passes(minutes=1)
    assert world.round().released


def test_a_campaign_approved_long_ahead_has_rested_when_it_is_due(world):
    world.clock.passes(days=-3)
    ready(world, campaign=True, rate_per_hour=10)
    assert holds(world.round()) == ["not_due"]
    world.clock.passes(days=3)
    assert world.round().released


def test_a_campaign_keeps_to_the_rate_it_states(world):
    set_limits(world, cooling_off_hours=0, campaigns_need_canaries=False)
    ready(world, count=5, campaign=True, rate_per_hour=2)
    assert len(world.round().released) == 2
    assert holds(world.round()) == ["campaign_rate"] * 3
    world.clock.passes(hours=1, seconds=1)
    assert len(world.round().released) == 2


def test_no_campaign_exceeds_the_signers_own_ceiling(world):
    set_limits(world, cooling_off_hours=0, campaign_ceiling_per_hour=3, campaigns_need_canaries=False)
    laptops = [Laptop(number=number) for number in range(1, 7)]
    world.lock(*laptops)
    for part, some in enumerate((laptops[:3], laptops[3:])):
        world.approve(manifest_of(*some, id=f"manifest-{part}", campaign=True, rate_per_hour=1000))
    assert len(world.round().released) == 3
    assert holds(world.round()) == ["campaign_ceiling"] * 3


def test_a_stop_holds_everything_until_it_is_lifted(world):
    ready(world)
    world.journal.add_stop(Stop(id="kuntala/stop-1", at=DUE, reason="wrong list?"))
    done = world.round()
    assert done.stopped
    assert not world.courier.posted
    world.journal.lift_stop("kuntala/stop-1", ["a", "b"], DUE)
    assert world.round().released


def test_a_stop_takes_effect_in_the_middle_of_a_round(world):
    set_limits(world, fleet_size=1000)
    ready(world, count=3)
    first = world.courier.post_release

    def post_and_stop(document):
        first(document)
        world.journal.add_stop(Stop(id="kuntala/stop-1", at=DUE, reason="now"))

    world.courier = StoppingCourier(world.courier, post_and_stop)
    done = world.round()
    assert len(done.released) == 1
    assert holds(done) == ["stopped", "stopped"]


class StoppingCourier:
    def __init__(self, courier, post):
        self._courier = courier
        self.post_release = post

    def inbox(self, after):
        return self._courier.inbox(after)


def test_a_recorded_release_is_held_back_by_a_stop_and_sent_after_it(world):
    ready(world)
    world.courier.answers = True
    world.courier.refuses = True
    assert world.round().refused == ("PF300001: withdrawn",)
    world.courier.refuses = False
    world.journal.add_stop(Stop(id="kuntala/stop-1", at=DUE, reason="now"))
    assert not world.round().sent
    world.journal.lift_stop("kuntala/stop-1", ["a", "b"], DUE)
    assert world.round().sent == ("PF300001",)


def test_a_stop_between_signing_and_sending_holds_the_release_back(world):
    ready(world)

    class StoppedWhenSigned(Journal):
        def put_signed(self, release, document):
            super().put_signed(release, document)
            self.add_stop(Stop(id="kuntala/stop-1", at=DUE, reason="now"))

    done = world.round(journal=StoppedWhenSigned.open(world.path))
    assert (done.released, done.sent) == (("PF300001",), ())
    assert not world.courier.posted


def test_a_vetoed_manifest_is_never_released(world):
    ready(world)
    world.journal.veto("manifest-1", "wrong list", DUE)
    assert holds(world.round()) == ["vetoed"]


def test_a_veto_holds_back_what_was_recorded_but_not_sent(world):
    ready(world)
    world.courier.refuses = True
    world.round()
    world.courier.refuses = False
    world.journal.veto("manifest-1", "wrong list", DUE)
    assert not world.round().sent
    assert not world.courier.posted


def test_what_the_server_could_not_take_is_sent_later_unchanged(world):
    ready(world)
    world.courier.refuses = True
    world.round()
    recorded = world.journal.releases()[0].document
    world.courier.refuses = False
    world.clock.passes(days=1)
    assert world.round().sent == ("PF300001",)
    assert world.courier.posted == [recorded]


def test_an_expired_release_is_not_sent(world):
    ready(world)
    world.courier.refuses = True
    world.round()
    world.courier.refuses = False
    world.clock.passes(days=31)
    assert not world.round().sent


def test_a_server_that_lost_a_release_gets_the_same_one_again(world):
    ready(world)
    world.round()
    before = list(world.courier.posted)
    world.courier.stored.clear()
    world.clock.passes(days=1)
    done = world.round()
    assert (done.released, done.sent) == ((), ("PF300001",))
    assert digests(world.courier.posted) == digests(before)


def test_a_server_that_does_not_answer_changes_nothing(world):
    ready(world)
    world.courier.answers = False
    with pytest.raises(ServerUnavailableError):
        world.round()
    assert not world.journal.releases()
    world.courier.answers = True
    assert world.round().released


def test_a_clock_that_went_back_stops_the_round(world):
    ready(world, count=2)
    world.round()
    world.clock.passes(minutes=-1)
    with pytest.raises(ClockWentBackError, match="already seen"):
        world.round()
    world.clock.passes(minutes=1)
    world.round()


def test_a_signer_whose_key_is_not_in_the_keys_document_releases_nothing(world):
    ready(world)
    assert holds(world.round(key=new_key())) == ["no_release_key"]
    assert not world.journal.releases()


def test_another_municipalitys_manifest_is_refused(world):
    ready(world, municipality="muukunta")
    assert holds(world.round()) == ["other_municipality"]


def test_a_journal_that_cannot_be_written_releases_nothing(world):
    ready(world)

    class FullJournal(Journal):
        def record(self, *_args, **_facts):
            raise JournalError(msgspec_message())

    def msgspec_message():
        from tenure_server.domain.message import say

        return say("disk full")

    with pytest.raises(JournalError):
        world.round(journal=FullJournal.open(world.path))
    assert not world.courier.posted


def test_the_last_round_is_kept_for_whoever_asks(world):
    ready(world)
    done = world.round()
    assert msgspec.json.decode(world.journal.last_round(), type=type(done)) == done


def test_a_new_document_with_the_same_approvers_is_followed_at_once(world):
    heir = new_key()
    world.city.publish({Role.DIRECTIVE: NewRole(keys=(heir.public_key(),))})
    assert world.round().keys_number == 3


def test_several_new_documents_are_followed_in_one_round(world):
    for _ in range(2):
        world.city.publish({Role.DIRECTIVE: NewRole(keys=(new_key().public_key(),))})
    assert world.round().keys_number == 4
