"""A real store with a municipality in it, and the signer's routes over it, without a socket."""

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import msgspec
from fastapi import FastAPI

from fakes.keys import City, city_with_signer, key_id, key_pem
from fakes.signer import DUE, Laptop, StandingClock
from tenure_policies.envelope import PayloadType, digest, read_unverified, seal
from tenure_policies.payloads import Manifest, Receipt
from tenure_server.adapters.database.engine import Database, open_database, sqlite_url
from tenure_server.domain.campaign import ManifestStatus, StoredEntry, StoredManifest
from tenure_server.domain.device import EnrolledDevice, StoredReceipt
from tenure_server.domain.ids import (
    CaseId,
    DeviceId,
    KeyThumbprint,
    LockId,
    ManifestId,
    MunicipalityId,
    Serial,
)
from tenure_server.usecases.first_start import first_start
from tenure_server.usecases.ports import Municipality, Store
from tenure_server.web.signer_api import router
from tenure_server.web.tickets import Tickets

T = TypeVar("T")


@dataclass(slots=True)
class CourierServer:
    """One municipality's server, as far as signers and approvers see it."""

    database: Database
    store: Store
    city: City
    clock: StandingClock
    changes: list[str] = field(default_factory=list)

    async def app(self) -> FastAPI:
        """Return the signer's routes as an application."""
        async with self.store.reading() as tx:
            municipality = await tx.municipality.get()
        assert isinstance(municipality, Municipality)
        app = FastAPI()
        app.include_router(
            router(
                store=self.store,
                clock=self.clock,
                municipality=municipality,
                changed=lambda: self.changes.append("changed"),
                tickets=Tickets(b"t" * 32),
            )
        )
        return app

    async def publish_rest(self) -> None:
        """Store the keys documents that the city made since."""
        async with self.store.writing() as tx:
            known = len(await tx.directives.keys_documents())
            for signed in self.city.documents[known:]:
                payload = read_unverified(signed, type(self.city.keys))
                await tx.directives.add_keys_document(payload, msgspec.json.encode(signed))

    async def enrol(self, *laptops: Laptop) -> None:
        """Enrol laptops and store what they signed."""
        async with self.store.writing() as tx:
            for laptop in laptops:
                await tx.devices.put(
                    EnrolledDevice(
                        id=DeviceId(laptop.device),
                        serial=Serial(laptop.serial),
                        epoch=laptop.epoch,
                        key=KeyThumbprint(key_id(laptop.key)),
                        public_key=key_pem(laptop.key),
                        key_protection="software",
                        platform="linux",
                        model="Model",
                        enrolled_at=DUE,
                    )
                )
            await tx.devices.put_receipts(
                [
                    stored_receipt(msgspec.json.encode(document))
                    for laptop in laptops
                    for document in laptop.receipts
                ]
            )

    async def prepare(self, manifest: Manifest) -> None:
        """Store a draft, as the sweep does."""
        document = seal(manifest, PayloadType.MANIFEST)
        async with self.store.writing() as tx:
            await tx.campaigns.add_manifest(
                StoredManifest(
                    id=ManifestId(manifest.id),
                    digest=digest(document),
                    status=ManifestStatus.DRAFT,
                    campaign=manifest.campaign,
                    prepared_at=DUE,
                    approvals=(),
                    entries=tuple(
                        StoredEntry(
                            serial=Serial(entry.serial),
                            device=DeviceId(entry.device),
                            epoch=entry.epoch,
                            lock_id=LockId(entry.lock_id),
                            case=CaseId(entry.case),
                            not_before=entry.not_before,
                            reason=entry.reason,
                        )
                        for entry in manifest.entries
                    ),
                    document=msgspec.json.encode(document),
                )
            )

    async def audit_kinds(self) -> list[str]:
        """Return the kinds of audit entries, in order."""
        async with self.store.reading() as tx:
            return [logged.entry.kind.value for logged in await tx.audit.page(0, 1000)]


def stored_receipt(document: bytes) -> StoredReceipt:
    """Return a receipt as the server keeps it."""
    from tenure_policies.envelope import SignedDocument

    receipt = read_unverified(msgspec.json.decode(document, type=SignedDocument), Receipt)
    return StoredReceipt(
        device=DeviceId(receipt.device),
        epoch=receipt.epoch,
        number=receipt.number,
        act=receipt.act.value,
        outcome=receipt.outcome.value,
        lock_id=LockId(receipt.lock_id),
        seq=receipt.seq,
        by_lease=receipt.by_lease,
        proven=False,
        at=receipt.at,
        received_at=receipt.at,
        error="",
        document=document,
    )


@asynccontextmanager
async def courier_server(directory: Path, city: City | None = None) -> AsyncIterator[CourierServer]:
    """Open a server on SQLite with the city's keys documents."""
    city = city or city_with_signer()
    database = open_database(sqlite_url(directory / "tenure.db"))
    clock = StandingClock()
    try:
        await database.upgrade()
        store = database.store(MunicipalityId(city.municipality))
        await first_start(
            store,
            clock,
            municipality=MunicipalityId(city.municipality),
            name="Kuntala",
            policy="helsinki",
            keys=city.documents[0],
        )
        server = CourierServer(database, store, city, clock)
        await server.publish_rest()
        yield server
    finally:
        await database.close()


class LoopThread:
    """An event loop of its own, so that synchronous clients can ask an asynchronous application."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine there and return its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=60)

    def close(self) -> None:
        """End the loop."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def bridge(loop: LoopThread, app: FastAPI, base_url: str = "https://tenure.example") -> httpx2.Client:
    """Return a synchronous client whose requests go to the application."""

    async def ask(request: httpx2.Request, content: bytes) -> tuple[int, dict[str, str], bytes]:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=base_url) as client:
            answer = await client.request(
                request.method, request.url, headers=dict(request.headers), content=content
            )
            return answer.status_code, dict(answer.headers), answer.content

    def handle(request: httpx2.Request) -> httpx2.Response:
        status, headers, content = loop.run(ask(request, request.read()))
        return httpx2.Response(status, headers=headers, content=content)

    return httpx2.Client(transport=httpx2.MockTransport(handle), base_url=base_url)
