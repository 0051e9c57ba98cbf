"""What the agent costs a laptop: memory while it waits, CPU of a visit and of an inventory. Prints JSON.

    uv run python tests/benchmarks/agent.py

Memory is that of `watch` in a long-poll over TLS with a pinned certificate, for each interpreter found, once
beside whatever else runs here; PSS and USS depend on that, because they count pages that nobody shares, so
the resident size (RSS), which is at least both, is given too. The yardstick of the same run is the least that
Python can do: a script with `http.client` and `ssl` that holds the same poll. CPU is user plus system time of
the finished process. Goals: design.md, "Numbers".
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from fakes.server import FakeServer, serving
from fakes.tls import certificate, server_context
from tenure_policies.wire import WAIT_PATH

MIB = 1024
GOAL_PSS_MIB, GOAL_USS_MIB = 16, 14
GOAL_INVENTORY_SECONDS = 0.1
GOAL_DAY_SECONDS = 60
VISITS_A_DAY = 24
SETTLE_SECONDS = 2.0
REPEATS = 5

YARDSTICK = """
import http.client, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.load_verify_locations(cafile=sys.argv[2])
context.verify_flags = ssl.VerifyFlags(int(context.verify_flags) | 0x200000 | 0x80000)
connection = http.client.HTTPSConnection("127.0.0.1", int(sys.argv[1]), context=context)
connection.request("GET", "/agent/v1/wait", headers={"tenure-ticket": "ticket-1"})
connection.getresponse().read()
"""


def interpreters(scratch: Path) -> dict[str, Path]:
    """Find the environment's Python and, if there is one, Debian's, in a venv that only sees the agent."""
    found = {"environment": Path(sys.executable)}
    debian = Path("/usr/bin/python3")
    if debian.exists():
        venv = scratch / "debian"
        subprocess.run([debian, "-m", "venv", "--without-pip", str(venv)], check=True)
        (site,) = (venv / "lib").glob("python3*/site-packages")
        (site / "agent.pth").write_text(f"{ROOT / 'agent'}\n")
        found["debian"] = venv / "bin" / "python"
    return found


def name_of(python: Path) -> str:
    """Name an interpreter by version and system."""
    script = "import platform, sys, ssl; print(sys.version.split()[0], ssl.OPENSSL_VERSION, sep='; ')"
    system = subprocess.run([python, "-c", script], capture_output=True, text=True, check=True).stdout
    return f"Python {system.strip()}"


def memory(pid: int) -> dict[str, float]:
    """Read a process's PSS, USS and RSS in MiB."""
    fields: dict[str, int] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, _, rest = line.partition(":")
        fields[name] = int(rest.split()[0])
    uss = sum(value for name, value in fields.items() if name.startswith("Private_"))
    return {
        "pss_mib": round(fields["Pss"] / MIB, 2),
        "uss_mib": round(uss / MIB, 2),
        "rss_mib": round(fields["Rss"] / MIB, 2),
    }


@contextmanager
def running(*command: str | Path) -> Iterator[int]:
    """Run a process while the block measures it."""
    process = subprocess.Popen([str(part) for part in command], stderr=subprocess.DEVNULL)
    try:
        time.sleep(SETTLE_SECONDS)
        if process.poll() is not None:
            raise SystemExit(f"{command[0]} ended with exit code {process.returncode}")
        yield process.pid
    finally:
        process.kill()
        process.wait()


def waiting(python: Path, url: str, pem: Path, scratch: Path) -> dict[str, Any]:
    """Measure the watcher and the yardstick, each holding the same poll."""
    directory = scratch / "waiting"
    directory.mkdir(exist_ok=True)
    address = urlsplit(url)
    where = {"host": address.hostname, "port": address.port, "tls": True, "host_header": address.netloc}
    state = {**where, "path": WAIT_PATH, "ca_file": str(pem), "ticket": "ticket-1", "lock_at": None}
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    wake = time.clock_gettime(time.CLOCK_BOOTTIME) + 3600
    (directory / "watch.json").write_text(json.dumps({**state, "boot_id": boot, "wake_at": wake}))
    with running(python, "-I", "-m", "tenure_agent.watch", directory) as pid:
        watcher = memory(pid)
    with running(python, "-I", "-c", YARDSTICK, url.rpartition(":")[2], pem) as pid:
        yardstick = memory(pid)
    return {
        "interpreter": name_of(python),
        "watch": watcher,
        "yardstick_bare_http_client_and_ssl": yardstick,
        "pss_to_goal": round(watcher["pss_mib"] / GOAL_PSS_MIB, 2),
        "uss_to_goal": round(watcher["uss_mib"] / GOAL_USS_MIB, 2),
        "pss_to_yardstick": round(watcher["pss_mib"] / yardstick["pss_mib"], 2),
        "met": watcher["pss_mib"] <= GOAL_PSS_MIB and watcher["uss_mib"] <= GOAL_USS_MIB,
    }


def cpu_seconds(*command: str) -> float:
    """Run a process to its end and return its CPU seconds, the least of some runs."""
    least = float("inf")
    for _ in range(REPEATS):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"{command} ended with exit code {process.returncode}")
        least = min(least, usage.ru_utime + usage.ru_stime)
    return least


def working(server: FakeServer, url: str, pem: Path, scratch: Path) -> dict[str, Any]:
    """Measure one visit and one inventory of this machine."""
    agent = [sys.executable, "-I", "-m", "tenure_agent.cli"]
    where = ["--directory", str(scratch / "agent")]
    enrol = ["enrol", "--server", url, "--token", server.token(), "--root", server.city.root_thumbprint]
    named = ["--serial", "BENCHMARK-1", "--ca-file", str(pem)]
    subprocess.run([*agent, *enrol, *named, *where], check=True, capture_output=True)
    visit = cpu_seconds(*agent, "visit", *where)
    whole = cpu_seconds(*agent, "inventory", "--json")
    start = "import tenure_agent.adapters.laptop, tenure_agent.adapters.inventory, tenure_agent.wiring"
    beginning = cpu_seconds(sys.executable, "-I", "-c", start)
    inventory = max(whole - beginning, 0.0)
    return {
        "visit_cpu_seconds": round(visit, 3),
        "inventory_command_cpu_seconds": round(whole, 3),
        "inventory_cpu_seconds": round(inventory, 3),
        "inventory_to_goal": round(inventory / GOAL_INVENTORY_SECONDS, 2),
        "visits_a_day": VISITS_A_DAY,
        "day_cpu_seconds": round(visit * VISITS_A_DAY, 1),
        "day_to_goal": round(visit * VISITS_A_DAY / GOAL_DAY_SECONDS, 2),
    }


def main() -> None:
    """Measure and print."""
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        pem = certificate(scratch / "tls")
        server = FakeServer()
        url = stack.enter_context(serving(server, server_context(pem)))
        report = {
            "benchmark": "agent",
            "goals": {
                "pss_mib": GOAL_PSS_MIB,
                "uss_mib": GOAL_USS_MIB,
                "inventory_cpu_seconds": GOAL_INVENTORY_SECONDS,
                "day_cpu_seconds": GOAL_DAY_SECONDS,
            },
            "waiting": {
                name: waiting(python, url, pem, scratch) for name, python in interpreters(scratch).items()
            },
            "working": working(server, url, pem, scratch),
        }
    sys.stdout.write(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
