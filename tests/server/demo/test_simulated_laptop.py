"""A simulated laptop judges what it is sent as a real one does, and never claims a proof."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from fakes.keys import City, city_with_signer, new_key
from tenure_policies.envelope import PayloadType, SignedDocument, digest, read_unverified, seal, signer_for
from tenure_policies.payloads import (
    Directive,
    DirectiveState,
    Manifest,
    ManifestEntry,
    Profile,
    Receipt,
    Release,
    Sentences,
    TimeStatement,
)
from tenure_policies.trusted_keys import RefusedDocumentError
from tenure_policies.wire import EnrolAnswer, VisitAnswer, VisitRequest
from tenure_server.demo.inventories import documents
from tenure_server.demo.simulated_laptop import SimulatedLaptop

NOW = datetime(2029, 5, 10, 6, 0, tzinfo=UTC)
END = datetime(2029, 5, 31, 21, 0, tzinfo=UTC)
DAY = timedelta(days=1)
WORDS = Sentences(fi="", sv="", en="")


class Town:
    """A city's server, as one laptop sees it."""

    def __init__(self) -> None:
        self.city: City = city_with_signer(profile=Profile.DEMO)
        self.laptop = SimulatedLaptop(
            serial="TS-0001",
            model="Kaisla 14",
            platform="linux",
            root=next(iter(self.city.root_ids)),
            documents={},
            key=new_key(),
        )
        self.laptop.documents = documents(1, "TS-0001", "Kaisla 14", self.laptop.keyid)
        self.stored = 0
        self.seq = 0

    def enrol(self) -> None:
        self.laptop.enrolled(
            EnrolAnswer(
                municipality=self.city.municipality,
                device="device-1",
                epoch=1,
                audience="tenure:kuntala",
                keys=tuple(self.city.documents),
            )
        )

    def directive(self, state: DirectiveState, *, lock_at: datetime | None = END) -> SignedDocument:
        self.seq += 1
        return self.city.sign_directive(
            Directive(
                municipality=self.city.municipality,
                device="device-1",
                device_key=self.laptop.keyid,
                epoch=1,
                seq=self.seq,
                lock_id="lock-1",
                state=state,
                lock_at=lock_at,
                case="case-1",
                not_before=NOW - DAY,
                expires=NOW + 90 * DAY,
                issued=NOW,
                reason=WORDS,
                instructions=WORDS,
                plan_digest="",
            )
        )

    def authority(self) -> tuple[SignedDocument, SignedDocument]:
        entry = ManifestEntry(
            serial="TS-0001",
            device="device-1",
            device_key=self.laptop.keyid,
            epoch=1,
            lock_id="lock-1",
            case="case-1",
            not_before=END + DAY,
            reason="",
        )
        manifest = self.city.sign_manifest(
            Manifest(
                municipality=self.city.municipality,
                id="manifest-1",
                campaign=False,
                rate_per_hour=0,
                entries=(entry,),
                prepared_by="",
                issued=NOW,
                expires=END + 60 * DAY,
            )
        )
        release = self.city.sign_release(
            Release(
                municipality=self.city.municipality,
                id="release-1",
                manifest=digest(manifest),
                serial="TS-0001",
                device="device-1",
                device_key=self.laptop.keyid,
                epoch=1,
                lock_id="lock-1",
                case="case-1",
                not_before=END + DAY,
                issued=END + DAY,
                expires=END + 30 * DAY,
            )
        )
        return manifest, release

    def visit(self, now: datetime, **news: object) -> VisitRequest:
        return self.exchange(now, **news)[0]

    def exchange(self, now: datetime, **news: object) -> tuple[VisitRequest, bool]:
        request = self.laptop.visit_request(now)
        for document in request.receipts:
            self.stored = max(self.stored, read_unverified(document, Receipt).number)
        statement = TimeStatement(
            municipality=self.city.municipality, device="device-1", nonce=request.nonce, now=now
        )
        answer = VisitAnswer(
            time=seal(statement, PayloadType.TIME, signer_for(self.city.directive)),
            ticket="ticket",
            receipts_through=self.stored,
            **news,
        )
        return request, self.laptop.take(request, answer, now)

    def receipts(self, now: datetime) -> list[tuple[str, str, bool]]:
        request = self.laptop.visit_request(now)
        read = [read_unverified(document, Receipt) for document in request.receipts]
        return [
            (receipt.act.value, receipt.outcome.value, receipt.proof is not None and receipt.proof.proven)
            for receipt in read
        ]


@pytest.fixture
def town() -> Town:
    town = Town()
    town.enrol()
    return town


def test_a_laptop_locks_by_its_lease_without_a_server(town: Town):
    town.visit(NOW, directive=town.directive(DirectiveState.ACTIVE))
    town.laptop.act(END - timedelta(seconds=1))
    assert town.laptop.locked_under is None
    town.laptop.act(END)
    assert (town.laptop.locked_under, town.laptop.by_lease) == ("lock-1", True)
    assert town.receipts(END) == [("lock", "done", False)]


def test_a_longer_lease_unlocks(town: Town):
    town.visit(NOW, directive=town.directive(DirectiveState.ACTIVE))
    town.laptop.act(END)
    town.visit(END, directive=town.directive(DirectiveState.ACTIVE, lock_at=END + 30 * DAY))
    assert town.laptop.locked_under is None


def test_an_ordered_wipe_is_accepted_reported_and_only_then_emulated_and_never_proven(town: Town):
    manifest, release = town.authority()
    later = END + DAY
    town.visit(END, directive=town.directive(DirectiveState.LOCKED))
    town.visit(END)
    town.visit(later, directive=town.directive(DirectiveState.WIPED), manifest=manifest, release=release)
    assert town.receipts(later) == [("wipe", "accepted", False)]
    town.visit(later)
    assert town.receipts(later) == [("wipe", "running", False), ("wipe", "unconfirmed", False)]
    town.visit(later)
    assert town.receipts(later) == []


@pytest.mark.parametrize("missing", ["manifest", "release"])
def test_a_wipe_without_both_signatures_is_refused_and_reported(town: Town, missing: str):
    manifest, release = town.authority()
    later = END + DAY
    town.visit(END, directive=town.directive(DirectiveState.LOCKED))
    news = {"manifest": manifest, "release": release, missing: None}
    town.visit(later, directive=town.directive(DirectiveState.WIPED), **news)
    request = town.visit(later)
    assert [refusal.refusal for refusal in request.refusals] == [f"wipe_without_{missing}"]
    assert not any(act == "wipe" for act, _, _ in town.receipts(later))


def test_an_older_directive_is_refused_and_the_lease_stays(town: Town):
    older = town.directive(DirectiveState.LOCKED)
    town.visit(NOW, directive=town.directive(DirectiveState.ACTIVE))
    town.visit(NOW, directive=older)
    request = town.visit(NOW)
    assert town.laptop.locked_under is None
    assert request.refusals[0].refusal == "older_seq"


def test_a_laptop_shows_at_once_that_it_follows_another_directive(town: Town):
    town.visit(NOW)
    _, again = town.exchange(NOW, directive=town.directive(DirectiveState.ACTIVE))
    assert again
    request, again = town.exchange(NOW)
    assert request.held is not None
    assert request.held.seq == 1
    assert not again


def test_keys_of_another_root_are_refused():
    town = Town()
    town.laptop.root = "0" * 64
    with pytest.raises(RefusedDocumentError):
        town.enrol()


def test_documents_that_did_not_change_are_not_sent_twice_unless_wanted(town: Town):
    assert set(town.visit(NOW).documents) == {"system", "os", "storage", "security"}
    assert not town.visit(NOW, want=("os",)).documents
    assert set(town.visit(NOW).documents) == {"os"}


def test_every_inventory_says_that_it_is_simulated(town: Town):
    system = msgspec.json.decode(town.laptop.documents["system"])
    assert system["system"]["hardware_vendor"] == "simulated"
    assert system["system"]["hardware_serial"] == "TS-0001"
