"""Values as the stores keep them: a laptop, its visit, receipt, directive, manifest and the rest."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tenure_policies.payloads import KeysDocument, Profile, Role, RoleKeys
from tenure_server.domain.campaign import ManifestStatus, StoredEntry, StoredManifest, StoredRelease
from tenure_server.domain.commitment import Commitment
from tenure_server.domain.custody import (
    Agreement,
    Asset,
    Custody,
    CustodyKind,
    DeviceKind,
    Hold,
    HolderType,
    HoldKind,
    HoldSubject,
)
from tenure_server.domain.device import EnrolledDevice, LastVisit, RefusedDocument, StoredReceipt
from tenure_server.domain.facts import Facts, Quarantined, Remark
from tenure_server.domain.ids import (
    BodyId,
    CaseId,
    DeviceId,
    KeyThumbprint,
    LocationId,
    LockId,
    ManifestId,
    MunicipalityId,
    PersonId,
    Serial,
)
from tenure_server.domain.lifecycle import CaseStatus, LifecycleCase
from tenure_server.domain.mandate import (
    Body,
    BodyType,
    EndBasis,
    LaptopChoice,
    Mandate,
    MandateStatus,
    Person,
    Seat,
)
from tenure_server.domain.message import say
from tenure_server.domain.stay import Stay, StayKind, StaySubject
from tenure_server.domain.task import Task, TaskKind
from tenure_server.usecases.ports import Municipality, StoredDirective

NOW = datetime(2029, 5, 31, 20, 59, 59, 123456, tzinfo=UTC)
BEGAN = datetime(2025, 5, 31, 21, tzinfo=UTC)
DEVICE = DeviceId("device-1")
SERIAL = Serial("PF-1")
KEY = KeyThumbprint("aa" * 32)
PERSON = PersonId("p-1")
BODY = BodyId("b-1")
LOCK = LockId("lock-1")
CASE = CaseId("case-1")
MANIFEST = ManifestId("manifest-1")


def municipality(id_: str = "kuntala", **changes: Any) -> Municipality:
    """A municipality before its first register."""
    made = Municipality(
        id=MunicipalityId(id_),
        name="Kuntala",
        audience="https://tenure.example",
        policy="council-term",
        log_origin=f"tenure.example/{id_}",
        rolled_back_at=None,
        register_date=None,
    )
    return replace(made, **changes)


def mandate(**changes: Any) -> Mandate:
    """A councillor's seat, with every field set."""
    made = Mandate(
        person=PERSON,
        body=BODY,
        body_type=BodyType.COUNCIL,
        seat=Seat.DEPUTY,
        start=BEGAN,
        end=NOW,
        basis=EndBasis.RESIGNATION,
        status=MandateStatus.LEAVE,
        decision_ref="KV 1.6.2025 § 5",
        end_decision_ref="KV 1.5.2029 § 12",
        deputy_for=PersonId("p-2"),
        deputy_rank=1,
        laptop_choice=LaptopChoice.OWN,
        is_employee=True,
        quarantined=True,
        row=2,
    )
    return replace(made, **changes)


def register(*mandates: Mandate, **changes: Any) -> Facts:
    """A register of one person and one body."""
    made = Facts(
        people={
            PERSON: Person(
                id=PERSON,
                given_name="Aino",
                family_name="Ääkkönen",
                email_city="aino@kuntala.example",
                email_private="aino@home.example",
                phone="+358 1",
                language="sv",
            )
        },
        bodies={BODY: Body(id=BODY, type=BodyType.COUNCIL, name_fi="Valtuusto", name_sv="Fullmäktige")},
        mandates=mandates or (mandate(),),
        register_date=BEGAN,
        quarantine=(Quarantined(row=2, column="end_basis", why=say("{value} is unknown", value="x")),),
        warnings=(Remark(row=None, why=say("one remark")), Remark(row=7, why=say("another"))),
    )
    return replace(made, **changes)


ASSET = Asset(
    serial=SERIAL,
    model="Kaisla 14",
    kind=DeviceKind.LAPTOP,
    purchase_price_eur=Decimal("1234.50"),
    purchase_price_vat_eur=Decimal("1549.2975"),
    lease_end=date(2029, 8, 31),
)
CUSTODY = Custody(
    serial=SERIAL, holder_type=HolderType.PERSON, holder=PERSON, kind=CustodyKind.PRIMARY, start=BEGAN, row=3
)
AGREEMENT = Agreement(location=LocationId("point"), reference="§ 9", start=BEGAN, end=NOW, row=4)
HOLD = Hold(
    subject_type=HoldSubject.PERSON,
    subject=PERSON,
    kind=HoldKind.RECORDS,
    start=BEGAN,
    end=None,
    reference="HAO 1/2029",
    row=5,
)
STAY = Stay(
    subject_type=StaySubject.BODY,
    subject=BODY,
    kind=StayKind.MEETING,
    start=BEGAN,
    end=NOW,
    reference="KV 12/2029",
)
COMMITMENT = Commitment(
    serial=SERIAL, signer=PERSON, version="1", language="fi", text="Sitoudun.", signed_at=BEGAN
)


def task(**changes: Any) -> Task:
    """A task with every field set."""
    made = Task(
        kind=TaskKind.SWAP_DEVICE,
        subject=SERIAL,
        at=BEGAN,
        due=NOW,
        why=say("The lease of {serial} ends on {day}.", serial=SERIAL, day=date(2029, 8, 31)),
        rule="P7",
        reference=CASE,
    )
    return replace(made, **changes)


def device(number: int = 1, **changes: Any) -> EnrolledDevice:
    """An enrolled laptop."""
    made = EnrolledDevice(
        id=DeviceId(f"device-{number}"),
        serial=Serial(f"PF-{number}"),
        epoch=1,
        key=KEY if number == 1 else KeyThumbprint(f"{number:064x}"),
        public_key="-----BEGIN PUBLIC KEY-----",
        key_protection="software",
        platform="linux",
        model="Kaisla 14",
        enrolled_at=BEGAN,
    )
    return replace(made, **changes)


def visit(number: int = 1, **changes: Any) -> LastVisit:
    """A laptop's visit with every field set."""
    made = LastVisit(
        device=DEVICE,
        epoch=1,
        visit=number,
        seen_at=NOW + timedelta(minutes=number),
        agent_version="0.1.0",
        keys_number=1,
        held_seq=4,
        held_digest="dd" * 32,
        locked=True,
        lock_id=LOCK,
        by_lease=True,
        digests={"os": "11", "disks": "22"},
        clock_trusted=NOW,
        clock_wall=NOW + timedelta(seconds=2),
    )
    return replace(made, **changes)


def receipt(number: int = 1, **changes: Any) -> StoredReceipt:
    """A laptop's receipt."""
    made = StoredReceipt(
        device=DEVICE,
        epoch=1,
        number=number,
        act="wipe",
        outcome="done",
        lock_id=LOCK,
        seq=5,
        by_lease=True,
        proven=True,
        at=NOW,
        received_at=NOW + timedelta(seconds=1),
        error="",
        document=b'{"receipt":%d}' % number,
    )
    return replace(made, **changes)


def refusal(**changes: Any) -> RefusedDocument:
    """What a laptop refused."""
    made = RefusedDocument(
        device=DEVICE, refusal="older_seq", detail="4 after 5", alarm=True, at=NOW, received_at=NOW
    )
    return replace(made, **changes)


def directive(seq: int = 1, **changes: Any) -> StoredDirective:
    """A signed directive with every field set."""
    made = StoredDirective(
        device=DEVICE,
        epoch=1,
        seq=seq,
        lock_id=LOCK,
        state="locked",
        lock_at=NOW,
        holder=PERSON,
        case=CASE,
        digest=f"{seq:064x}",
        plan_digest="ee" * 32,
        issued=NOW,
        document=b"{}",
    )
    return replace(made, **changes)


def keys_document(number: int = 1) -> KeysDocument:
    """A keys document."""
    return KeysDocument(
        municipality="kuntala",
        number=number,
        profile=Profile.DEMO,
        keys={KEY: "-----BEGIN PUBLIC KEY-----"},
        roles={Role.ROOT: RoleKeys(keyids=(KEY,), threshold=1)},
        issued=NOW,
    )


def case(number: int = 1, **changes: Any) -> LifecycleCase:
    """A lifecycle case."""
    made = LifecycleCase(
        id=CaseId(f"case-{number}"),
        serial=SERIAL,
        holder=PERSON,
        lock_id=LOCK,
        ends_at=NOW,
        rule="P25",
        decision="KV § 1",
        status=CaseStatus.OPEN,
        opened_at=NOW + timedelta(minutes=number),
    )
    return replace(made, **changes)


def manifest(number: int = 1, **changes: Any) -> StoredManifest:
    """A manifest of two laptops."""
    entries = tuple(
        StoredEntry(
            serial=Serial(f"PF-{laptop}"),
            device=DeviceId(f"device-{laptop}"),
            epoch=1,
            lock_id=LockId(f"lock-{laptop}"),
            case=CaseId(f"case-{laptop}"),
            not_before=NOW,
            reason="P25, KV § 1",
        )
        for laptop in (2, 1)
    )
    made = StoredManifest(
        id=ManifestId(f"manifest-{number}"),
        digest=f"{number:064x}",
        status=ManifestStatus.DRAFT,
        campaign=True,
        prepared_at=NOW + timedelta(minutes=number),
        approvals=(),
        entries=entries,
        document=b"{}",
    )
    return replace(made, **changes)


def release(number: int = 1, **changes: Any) -> StoredRelease:
    """A release for one lock of one laptop."""
    made = StoredRelease(
        id=f"release-{number}",
        manifest=MANIFEST,
        device=DEVICE,
        epoch=1,
        lock_id=LOCK,
        stored_at=NOW + timedelta(minutes=number),
        document=b"{}",
    )
    return replace(made, **changes)
