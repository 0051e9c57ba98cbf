"""A municipality in a real SQLite database: a clock moved by hand, laptops and approvers who really sign.

async with town(tmp_path) as here:
    await here.know(City().seat("aino", until="2029-05-31").laptop("L1", "aino"))
    laptop = await here.enrol("L1")
    await here.sweep()
"""

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from fakes.city import City as Register
from fakes.city import instant, policy
from fakes.databases import MemoryDatabase
from fakes.keys import City as Keys
from fakes.keys import city_with_signer, city_without_signer, key_id, key_pem, new_key, sign_receipt
from tenure_policies.envelope import SignedDocument, add_signature, digest, read_unverified, signer_for
from tenure_policies.payloads import (
    Act,
    Directive,
    DirectiveState,
    Manifest,
    Outcome,
    Proof,
    Receipt,
    Release,
    Resume,
)
from tenure_policies.wire import ClockReport, EnrolAnswer, EnrolRequest, HeldEcho, LockReport, VisitRequest
from tenure_server.adapters.database.engine import Database, open_database, sqlite_url
from tenure_server.adapters.signing import DirectiveKeySigning
from tenure_server.domain.audit import LoggedEntry
from tenure_server.domain.device import EnrolledDevice
from tenure_server.domain.ids import KeyThumbprint, MunicipalityId, Serial
from tenure_server.domain.lifecycle import LifecycleCase
from tenure_server.domain.register import RegisterRead
from tenure_server.domain.term import TermPolicy
from tenure_server.usecases.directive_words import Notice
from tenure_server.usecases.enforce_ends import Enforcement, SweepResult, enforce_ends
from tenure_server.usecases.enrol_device import enrol_device, make_enrol_token
from tenure_server.usecases.first_start import first_start
from tenure_server.usecases.import_files import Batch, BatchOutcome, import_files
from tenure_server.usecases.import_register import RegisterFile
from tenure_server.usecases.ports import Municipality, Store, StoredDirective
from tenure_server.usecases.publish_keys import publish_keys
from tenure_server.usecases.signer_exchange import merge_approval, store_release
from tenure_server.usecases.visit import Visited, Visiting, visit

SPRING = datetime(2029, 3, 1, 9, 0, tzinfo=UTC)
TERM_END = datetime(2029, 5, 31, 21, 0, tzinfo=UTC)
REAL_PROOF = Proof(
    method="cryptsetup luksErase", emulated=False, opened_before=True, opens_after=False, key_slots=0
)


@dataclass(slots=True)
class HandClock:
    """A server's clock that stands still until a test moves it."""

    at: datetime = SPRING

    def now(self) -> datetime:
        return self.at


@dataclass(slots=True, kw_only=True)
class Laptop:
    """One enrolled laptop as its agent would speak for it."""

    serial: str
    key: Any
    answer: EnrolAnswer
    visits: int = 0
    receipts: int = 0
    locked_under: str | None = None
    held: SignedDocument | None = None

    @property
    def directive(self) -> Directive:
        assert self.held is not None
        return read_unverified(self.held, Directive)

    def receipt(self, act: Act, outcome: Outcome = Outcome.DONE, **facts: Any) -> SignedDocument:
        """Sign what it did under the directive that it holds."""
        self.receipts += 1
        fields: dict[str, Any] = {
            "municipality": self.answer.municipality,
            "device": self.answer.device,
            "serial": self.serial,
            "device_key": key_id(self.key),
            "epoch": self.answer.epoch,
            "number": self.receipts,
            "act": act,
            "outcome": outcome,
            "lock_id": self.directive.lock_id,
            "seq": self.directive.seq,
            "by_lease": False,
            "at": self.directive.issued,
        }
        return sign_receipt(Receipt(**{**fields, **facts}), self.key)

    def request(self, now: datetime, **facts: Any) -> VisitRequest:
        """Report."""
        self.visits += 1
        held = None
        if self.held is not None:
            held = HeldEcho(seq=self.directive.seq, digest=digest(self.held))
        fields: dict[str, Any] = {
            "device": self.answer.device,
            "epoch": self.answer.epoch,
            "visit": self.visits,
            "nonce": f"nonce-{self.visits}",
            "agent_version": "0.1.0",
            "keys_number": len(self.answer.keys),
            "held": held,
            "lock": LockReport(locked=self.locked_under is not None, lock_id=self.locked_under),
            "clock": ClockReport(trusted=now, wall=now),
        }
        return VisitRequest(**{**fields, **facts})


@dataclass(slots=True, kw_only=True)
class Town:
    """The installation under test."""

    database: Database | MemoryDatabase
    store: Store
    keys: Keys
    clock: HandClock
    terms: TermPolicy
    register: Register | None = None
    """What was imported last."""
    laptops: dict[str, Laptop] = field(default_factory=dict)

    @property
    def id(self) -> MunicipalityId:
        return MunicipalityId(self.keys.municipality)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    @property
    def enforcement(self) -> Enforcement:
        notice = Notice(
            city="Kuntala", city_sv="Kommunby", place="Town hall", phone="+358 1", zone=self.terms.zone
        )
        signing = DirectiveKeySigning(self.keys.directive)
        return Enforcement(
            store=self.store, clock=self.clock, signing=signing, policy=self.terms, notice=notice
        )

    def goes_to(self, moment: str | datetime) -> None:
        """Move the clock to a day's start in Finland, or to an instant."""
        self.clock.at = instant(moment) if isinstance(moment, str) else moment

    async def lives_to(self, moment: str | datetime) -> None:
        """Move the clock, import the same register again as every night does, and sweep."""
        self.goes_to(moment)
        assert self.register is not None
        await self.know(self.register)
        await self.sweep()

    async def know(
        self,
        register: Register,
        *,
        taken: datetime | None = None,
        approval: SignedDocument | None = None,
    ) -> BatchOutcome:
        """Import a register with its devices, custody and holds."""
        facts = register.facts()
        read = RegisterRead(
            people=dict(facts.people), bodies=dict(facts.bodies), mandates=facts.mandates,
            quarantine=facts.quarantine, warnings=facts.warnings,
        )  # fmt: skip
        self.register = register
        name = hashlib.sha256(repr(facts.mandates).encode()).hexdigest()
        file = RegisterFile(read=read, digest=name, taken=taken or self.now, approval=approval)
        batch = Batch(register=file, lists=facts, lists_digest=name)
        return await import_files(self.store, self.clock, batch)

    async def sweep(self, slot: str | None = None) -> SweepResult:
        return await enforce_ends(self.enforcement, slot=slot)

    async def enrol(self, serial: str) -> Laptop:
        """Enrol a laptop, or enrol it again with a new key."""
        key = new_key()
        token = await make_enrol_token(self.store, self.clock, serial=Serial(serial))
        request = EnrolRequest(
            token=token, public_key=key_pem(key), serial=serial, platform="linux", model="Kaisla",
            agent_version="0.1.0", key_protection="software",
        )  # fmt: skip
        laptop = Laptop(serial=serial, key=key, answer=await enrol_device(self.store, self.clock, request))
        self.laptops[serial] = laptop
        return laptop

    async def visiting(self) -> Visiting:
        municipality = await self.municipality()
        return Visiting(
            store=self.store,
            log=self.database.visit_log(self.id),
            clock=self.clock,
            signing=DirectiveKeySigning(self.keys.directive),
            municipality=municipality,
        )

    async def visit(self, laptop: Laptop, **facts: Any) -> Visited:
        """Let a laptop visit; it follows the directive that it is given."""
        request = laptop.request(self.now, **facts)
        visited = await visit(await self.visiting(), request, key=KeyThumbprint(key_id(laptop.key)))
        if visited.answer.directive is not None:
            laptop.held = visited.answer.directive
        return visited

    async def lock(self, laptop: Laptop) -> None:
        """Let a laptop take its newest directive, lock and say so."""
        await self.visit(laptop)
        laptop.locked_under = laptop.directive.lock_id
        await self.visit(laptop, receipts=(laptop.receipt(Act.LOCK),))

    async def wipe(self, laptop: Laptop, proof: Proof = REAL_PROOF) -> None:
        """Let a laptop take its newest directive, wipe and say so."""
        await self.visit(laptop)
        assert laptop.directive.state is DirectiveState.WIPED
        await self.visit(laptop, receipts=(laptop.receipt(Act.WIPE, proof=proof),))

    async def approve_all(self) -> list[Manifest]:
        """Let two approvers sign every draft."""
        signed = []
        async with self.store.reading() as tx:
            drafts = [one for one in await tx.campaigns.manifests() if one.status == "draft"]
        for draft in drafts:
            document = msgspec.json.decode(draft.document, type=SignedDocument)
            for approver in self.keys.approvers[:2]:
                document = add_signature(document, signer_for(approver))
            await merge_approval(self.store, self.clock, document)
            signed.append(read_unverified(document, Manifest))
        return signed

    async def manifests(self) -> list[Manifest]:
        """Return every list that was ever prepared, oldest first."""
        async with self.store.reading() as tx:
            stored = await tx.campaigns.manifests()
        return [
            read_unverified(msgspec.json.decode(one.document, type=SignedDocument), Manifest)
            for one in stored
        ]

    async def release(self, manifest: Manifest, serial: str) -> None:
        """Let the signer release one laptop of a manifest."""
        entry = next(one for one in manifest.entries if one.serial == serial)
        async with self.store.reading() as tx:
            stored = next(one for one in await tx.campaigns.manifests() if one.id == manifest.id)
        release = Release(
            municipality=self.id, id=f"release-{serial}-{entry.lock_id[:6]}", manifest=stored.digest,
            serial=entry.serial, device=entry.device, device_key=entry.device_key, epoch=entry.epoch,
            lock_id=entry.lock_id, case=entry.case, not_before=entry.not_before, issued=self.now,
            expires=self.now + timedelta(days=7),
        )  # fmt: skip
        await store_release(self.store, self.clock, self.keys.sign_release(release))

    def resume(self, about: str, approvers: int = 2) -> SignedDocument:
        """Let approvers sign that something stopped may go on."""
        statement = Resume(municipality=self.id, stop=about, issued=self.now)
        first, *others = self.keys.approvers[:approvers]
        document = self.keys.sign_resume(statement, first)
        for approver in others:
            document = add_signature(document, signer_for(approver))
        return document

    async def municipality(self) -> Municipality:
        async with self.store.reading() as tx:
            found = await tx.municipality.get()
        assert found is not None
        return found

    async def device(self, serial: str) -> EnrolledDevice:
        async with self.store.reading() as tx:
            found = await tx.devices.by_serial(Serial(serial))
        assert found is not None
        return found

    async def directives(self, serial: str) -> list[StoredDirective]:
        async with self.store.reading() as tx:
            return list(await tx.directives.history((await self.device(serial)).id))

    async def latest(self, serial: str) -> StoredDirective:
        return (await self.directives(serial))[-1]

    async def cases(self) -> list[LifecycleCase]:
        async with self.store.reading() as tx:
            return list(await tx.directives.cases())

    async def log(self) -> list[LoggedEntry]:
        async with self.store.reading() as tx:
            return list(await tx.audit.page(0, 10_000))

    async def kinds(self) -> list[str]:
        """Return what the log tells of, oldest first."""
        return [logged.entry.kind.value for logged in await self.log()]


@asynccontextmanager
async def town(
    folder: Path, *, signer: bool = True, memory: MemoryDatabase | None = None, **settings: Any
) -> AsyncIterator[Town]:
    """Start an installation; with a signer, approvers and a release key are known."""
    keys = city_with_signer() if signer else city_without_signer()
    database: Database | MemoryDatabase = memory or open_database(sqlite_url(folder / "tenure.db"))
    if isinstance(database, Database):
        await database.upgrade()
    here = Town(
        database=database,
        store=database.store(MunicipalityId(keys.municipality)),
        keys=keys,
        clock=HandClock(),
        terms=replace(policy(), **settings),
    )
    try:
        await first_start(
            here.store, here.clock, municipality=here.id, name="Kuntala", policy="term_end",
            keys=keys.documents[0],
        )  # fmt: skip
        for document in keys.documents[1:]:
            await publish_keys(here.store, here.clock, document)
        yield here
    finally:
        await here.database.close()


async def neighbour(here: Town, municipality: str) -> Town:
    """Start another municipality on the same installation: the same database and clock, its own keys."""
    keys = city_with_signer(municipality=municipality)
    store = here.database.store(MunicipalityId(municipality))
    there = Town(database=here.database, store=store, keys=keys, clock=here.clock, terms=here.terms)
    await first_start(
        there.store, there.clock, municipality=there.id, name="Naapurila", policy="term_end",
        keys=keys.documents[0],
    )  # fmt: skip
    for document in keys.documents[1:]:
        await publish_keys(there.store, there.clock, document)
    return there


def inventory_document(**facts: Any) -> tuple[str, bytes]:
    """Return a document with its digest."""
    raw = json.dumps(facts, sort_keys=True).encode()
    return hashlib.sha256(raw).hexdigest(), raw
