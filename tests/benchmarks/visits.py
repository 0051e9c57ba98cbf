"""Signed visits per second end to end, against a bare spike in the same run; prints JSON.

Both servers run with two workers and the same durability (SQLite `synchronous=FULL`, PostgreSQL
`synchronous_commit=on`), and are sent the same signed requests over the same connections in turns:
product, spike, product, spike, ... The ratio is of the medians; the goal is 0.7.

    python tests/benchmarks/visits.py [--devices 1500] [--rounds 3] [--turns 3] [--database both]
"""

import argparse
import asyncio
import json
import os
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from visit_load import AUDIENCE, LoadDevice, make_devices, send_all, signed_visits
from visit_spike import TABLE

from fakes.databases import postgresql_cluster
from tenure_server.domain.device import EnrolledDevice
from tenure_server.domain.ids import DeviceId, KeyThumbprint, Serial
from tenure_server.settings import Settings, to_environment
from tenure_server.wiring import open_installation, prepare

GOAL = 0.7
WORKERS = 2
CONNECTIONS = 64


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(application: str, environment: dict[str, str]) -> Iterator[int]:
    """Run a server process with its workers; yield its port."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", application, "--factory", "--port", str(port)]
    options = ["--workers", str(WORKERS), "--log-level", "warning", "--no-access-log", "--no-server-header"]
    here = os.pathsep.join(sys.path[:2])
    process = subprocess.Popen(
        [*command, *options], env={**os.environ, "PYTHONPATH": here, **environment}, start_new_session=True
    )
    try:
        _until_it_answers(port)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def _until_it_answers(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the server did not start")


async def enrol_all(settings: Settings, devices: list[LoadDevice]) -> None:
    """Put the laptops into the product's database, as if they had enrolled."""
    await prepare(settings)
    async with open_installation(settings) as installation, installation.store.writing() as tx:
        for device in devices:
            await tx.devices.put(
                EnrolledDevice(
                    id=DeviceId(device.id),
                    serial=Serial(device.serial),
                    epoch=1,
                    key=KeyThumbprint(device.keyid),
                    public_key=device.pem,
                    key_protection="software",
                    platform="linux",
                    model="Load",
                    enrolled_at=datetime.now(UTC),
                )
            )


async def prepare_spike(url: str) -> None:
    """Make the spike's table."""
    if url.startswith("postgresql"):
        connection = await asyncpg.connect(url)
        await connection.execute(TABLE)
        await connection.close()
        return
    database = sqlite3.connect(url)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute(TABLE)
    database.close()


def measure(folder: Path, product_url: str, spike_url: str, options: argparse.Namespace) -> dict[str, Any]:
    """Measure both servers on one kind of database, in turns."""
    devices = make_devices(options.devices)
    settings = Settings(data_directory=folder / "data", database=product_url, sweep_seconds=3600)
    asyncio.run(enrol_all(settings, devices))
    asyncio.run(prepare_spike(spike_url))
    keys = folder / "keys.json"
    keys.write_text(json.dumps({device.keyid: device.pem for device in devices}))
    spike = {"SPIKE_KEYS": str(keys), "SPIKE_AUDIENCE": AUDIENCE, "SPIKE_DATABASE": spike_url}
    rates: dict[str, list[float]] = {"product": [], "spike": []}
    done = 0
    with (
        server("tenure_server.serve:create_app", to_environment(settings)) as product_port,
        server("visit_spike:create_app", spike) as spike_port,
    ):
        for turn in range(options.turns + 1):
            lanes = signed_visits(devices, options.rounds, connections=CONNECTIONS, after=done)
            done += options.rounds
            sent = len(devices) * options.rounds
            for name, port in (("product", product_port), ("spike", spike_port)):
                seconds, statuses = asyncio.run(send_all(port, lanes))
                if statuses != {200: sent}:
                    raise RuntimeError(f"{name} answered {statuses}")
                if turn > 0:  # the first warms up: imports, key caches, pages
                    rates[name].append(sent / seconds)
    medians = {name: statistics.median(values) for name, values in rates.items()}
    ratio = medians["product"] / medians["spike"]
    return {
        "visits_per_second": {name: round(value) for name, value in medians.items()},
        "each_turn": {name: [round(value) for value in values] for name, values in rates.items()},
        "ratio_to_spike": round(ratio, 3),
        "goal": GOAL,
        "met": ratio >= GOAL,
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--devices", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    options = parser.parse_args()
    results: dict[str, Any] = {
        "benchmark": "visits",
        "python": sys.version.split()[0],
        "cores": os.cpu_count(),
        "workers": WORKERS,
        "yardstick": "visit_spike.py: verifies, parses and upserts, same batching and durability",
    }
    with tempfile.TemporaryDirectory() as temporary:
        if options.database in ("sqlite", "both"):
            folder = Path(temporary) / "sqlite"
            folder.mkdir()
            results["sqlite"] = measure(folder, "", str(folder / "spike.sqlite"), options)
        if options.database in ("postgresql", "both"):
            folder = Path(temporary) / "postgresql"
            folder.mkdir()
            with postgresql_cluster(durable=True) as cluster:
                results["postgresql"] = measure(folder, cluster.fresh(), cluster.fresh(), options)
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
