"""The yardstick of `visits.py`: a bare server that only verifies, parses and upserts, as durably.


No answer to speak of, no directive, no signed time, no replay check beyond the upsert's own. Natural batching
as in the product: whatever queued while the last transaction ran goes into the next.
"""

import asyncio
import json
import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from tenure_policies.envelope import load_public_key
from tenure_policies.http_signature import HttpRequest, verify_request
from tenure_policies.wire import VISIT_PATH, VisitRequest

TABLE = "CREATE TABLE IF NOT EXISTS spike (device TEXT PRIMARY KEY, visit BIGINT, seen TEXT)"
SQLITE_UPSERT = (
    "INSERT INTO spike VALUES (?, ?, ?) ON CONFLICT (device) DO UPDATE SET visit = excluded.visit, "
    "seen = excluded.seen WHERE excluded.visit > spike.visit"
)
POSTGRES_UPSERT = (
    "INSERT INTO spike SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[]) "
    "ON CONFLICT (device) DO UPDATE SET visit = excluded.visit, seen = excluded.seen "
    "WHERE excluded.visit > spike.visit"
)

Row = tuple[str, int, str]


class Batches:
    """Collect rows while one commit runs, and commit them together after it."""

    def __init__(self, commit: Any) -> None:
        self._commit = commit
        self._waiting: list[tuple[Row, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def put(self, row: Row) -> None:
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((row, done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._drain())
        await done

    async def _drain(self) -> None:
        while self._waiting:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            batch, self._waiting = self._waiting, []
            await self._commit(sorted({row[0]: row for row, _ in batch}.values()))
            for _, done in batch:
                done.set_result(None)


class Spike:
    """The ASGI application."""

    def __init__(self) -> None:
        pems = json.loads(Path(os.environ["SPIKE_KEYS"]).read_text())
        self._keys = {keyid: load_public_key(pem) for keyid, pem in pems.items()}
        self._audience = os.environ["SPIKE_AUDIENCE"]
        self._decode = msgspec.json.Decoder(VisitRequest).decode
        self._batches: Batches | None = None

    async def _open(self) -> Batches:
        url = os.environ["SPIKE_DATABASE"]
        if url.startswith("postgresql"):
            connection = await asyncpg.connect(url)

            async def commit(rows: list[Row]) -> None:
                await connection.execute(
                    POSTGRES_UPSERT, *[list(column) for column in zip(*rows, strict=True)]
                )
        else:
            database = sqlite3.connect(url, isolation_level=None, check_same_thread=False, timeout=30)

            def write(rows: list[Row]) -> None:
                database.execute("BEGIN IMMEDIATE")
                database.executemany(SQLITE_UPSERT, rows)
                database.execute("COMMIT")

            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")

            async def commit(rows: list[Row]) -> None:
                await asyncio.to_thread(write, rows)

        return Batches(commit)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            while (await receive())["type"] != "lifespan.shutdown":
                self._batches = await self._open()
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        if scope["path"] != VISIT_PATH:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
            return
        body = (await receive()).get("body", b"")
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        verify_request(
            HttpRequest(scope["method"], f"http://spike{scope['path']}", headers),
            body,
            find_key=self._keys.get,
            audience=self._audience,
            now=datetime.now(UTC),
            max_age=timedelta(minutes=5),
            is_our_nonce=lambda _nonce: False,
        )
        request = self._decode(body)
        assert self._batches is not None
        await self._batches.put((request.device, request.visit, datetime.now(UTC).isoformat()))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"{}"})


def create_app() -> Spike:
    """Make the application of one worker process."""
    return Spike()
