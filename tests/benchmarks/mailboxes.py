"""How long reading the rules of 10,000 mailboxes takes against what the tenant's limits allow; prints JSON.

    python tests/benchmarks/mailboxes.py [--mailboxes 10000]

The simulated tenant runs in a process of its own, over TLS, with Graph's published limits (10,000 calls in
ten minutes and four at a time, for each application and mailbox; batches of twenty) and two that Graph does
not publish and every tenant has: each call takes 200 ms, and the tenant as a whole takes 300 calls a second,
the surplus being answered with 429 and a fractional Retry-After. What the limits allow is the longer of
(mailboxes - burst) / rate and batches / batches in flight x latency. The product reads, throttled and
retrying, what each mailbox leads to. The yardstick is a bare loop of the same batches, as many in flight,
that asks again for what was throttled, without the product's code. Each run is a process of its own; its
peak memory is taken at 2,000 mailboxes too. A terminal shows the progress.
"""

import argparse
import asyncio
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import httpx2

from fakes.graph_simulator import RunningSimulator, SimulatedTenant
from fakes.registration import CLIENT, registered
from tenure_policies.forwarding.ways_out import ways_out
from tenure_server.adapters.clock import SystemClock
from tenure_server.adapters.graph import graph_client
from tenure_server.adapters.graph.mailboxes import GraphMailboxes, rules_path
from tenure_server.cli.mail_status_text import told_progress
from tenure_server.demo.graph_simulator.limits import Limits
from tenure_server.demo.graph_simulator.running import SimulatorServer
from tenure_server.language import translator
from tenure_server.settings import Settings

FEW, MANY = 2_000, 10_000
LATENCY_SECONDS = 0.2
REQUESTS_PER_SECOND, BURST = 300.0, 100
BATCH, IN_FLIGHT = 20, 4
GOAL_RATIO = 1.3
GOAL_GROWTH_MIB = 8.0
SECRET = "only in this process"


def user_id(number: int) -> str:
    """The id of one account."""
    return f"00000000-0000-4000-8000-{number:012d}"


def serve(mailboxes: int, folder: Path) -> None:
    """Run the tenant until standard input ends; say on standard output where it is."""
    limits = Limits(requests_per_second=REQUESTS_PER_SECOND, burst=BURST)
    tenant = SimulatedTenant(latency_seconds=LATENCY_SECONDS, limits=limits)
    for number in range(mailboxes):
        user = tenant.add_user(f"u{number}@rantala.example", id=user_id(number))
        if number % 10 == 0:
            tenant.add_forward(user, f"u{number}@gmail.com")
        if number % 3 == 0:
            tenant.add_rule(user, {"conditions": {"subjectContains": ["x"]}, "actions": {"delete": True}})
    certificate = registered(tenant, folder)
    tenant.apps[CLIENT].secrets[SECRET] = None
    with SimulatorServer(tenant) as running:
        print(json.dumps(_where(running, certificate)), flush=True)
        sys.stdin.read()


def _where(running: RunningSimulator, certificate: Path) -> dict[str, str]:
    return {
        "graph_tenant": running.tenant_id,
        "graph_client_id": CLIENT,
        "graph_url": running.url,
        "graph_authority": running.authority,
        "graph_ca": str(running.ca_file),
        "graph_certificate": str(certificate),
    }


async def read_by_product(where: dict[str, str], mailboxes: int) -> dict[str, float]:
    """Read every mailbox with the product's adapter; what is read is reduced at once, as the check does."""
    settings = Settings(**where)  # type: ignore[arg-type]
    client = graph_client(settings, SystemClock())
    await client.get("/domains")
    begun, done, leading_out = time.monotonic(), 0, 0
    with told_progress(translator("en")) as progress:
        async for mailbox in GraphMailboxes(client).read([user_id(number) for number in range(mailboxes)]):
            assert mailbox.error is None, mailbox.error
            leading_out += bool(ways_out(mailbox).ways)
            done += 1
            if progress is not None:
                progress(done, mailboxes)
    seconds = time.monotonic() - begun
    await client.close()
    assert (done, leading_out) == (mailboxes, -(-mailboxes // 10))
    return {"seconds": seconds}


async def read_barely(where: dict[str, str], mailboxes: int) -> dict[str, float]:
    """Send the same batches with nothing around them, and again what was throttled."""
    async with httpx2.AsyncClient(verify=where["graph_ca"], timeout=60) as http:  # type: ignore[arg-type]
        form = {
            "grant_type": "client_credentials",
            "client_id": CLIENT,
            "client_secret": SECRET,
            "scope": "https://graph.microsoft.com/.default",
        }
        sign_in = f"{where['graph_authority']}/{where['graph_tenant']}/oauth2/v2.0/token"
        token = (await http.post(sign_in, data=form)).json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        left = [rules_path(user_id(number)) for number in reversed(range(mailboxes))]
        begun = time.monotonic()
        counts = await asyncio.gather(*(_bare_lane(http, where["graph_url"], left) for _ in range(IN_FLIGHT)))
        seconds = time.monotonic() - begun
    assert sum(counts) == mailboxes
    return {"seconds": seconds}


async def _bare_lane(http: httpx2.AsyncClient, url: str, left: list[str]) -> int:
    done = 0
    while left:
        paths = {str(number): left.pop() for number in range(min(BATCH, len(left)))}
        items = [{"id": name, "method": "GET", "url": path} for name, path in paths.items()]
        answer = await http.post(f"{url}/$batch", json={"requests": items})
        if answer.status_code == 429:
            left.extend(paths.values())
            await asyncio.sleep(float(answer.headers["Retry-After"]))
            continue
        waits = [0.0]
        for reply in answer.json()["responses"]:
            if reply["status"] == 429:
                left.append(paths[reply["id"]])
                waits.append(float(reply["headers"]["Retry-After"]))
            else:
                assert isinstance(reply["body"]["value"], list)
                done += 1
        await asyncio.sleep(max(waits))
    return done


def in_own_process(kind: str, where: dict[str, str], mailboxes: int) -> dict[str, float]:
    """Run one reading in a fresh process; return its time and its peak memory."""
    command = [sys.executable, __file__, "--run", kind, "--mailboxes", str(mailboxes)]
    finished = subprocess.run(
        command, input=json.dumps(where), stdout=subprocess.PIPE, text=True, check=True, timeout=900
    )
    result: dict[str, float] = json.loads(finished.stdout)
    return result


def run(kind: str, mailboxes: int) -> None:
    """Do one reading in this process and print what it took."""
    where = json.loads(sys.stdin.read())
    read = read_by_product if kind == "product" else read_barely
    result = asyncio.run(read(where, mailboxes))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**result, "peak_mib": peak}))


def measure(mailboxes: int) -> dict[str, Any]:
    """Start the tenant, read it in turns and compare."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--serve", folder, "--mailboxes", str(mailboxes)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as tenant:
            assert tenant.stdout is not None
            assert tenant.stdin is not None
            where = json.loads(tenant.stdout.readline())
            few = in_own_process("product", where, min(FEW, mailboxes))
            many = in_own_process("product", where, mailboxes)
            bare = in_own_process("bare", where, mailboxes)
            tenant.stdin.close()
    by_rate = (mailboxes - BURST) / REQUESTS_PER_SECOND
    by_latency = -(-mailboxes // BATCH) / IN_FLIGHT * LATENCY_SECONDS
    allowed = max(by_rate, by_latency)
    ratio, growth = many["seconds"] / allowed, many["peak_mib"] - few["peak_mib"]
    return {
        "benchmark": "mailboxes",
        "python": platform.python_version(),
        "mailboxes": mailboxes,
        "what_the_limits_allow": "the longer of (mailboxes - burst) / rate and batches / in flight x latency",
        "limits": {
            "tenant_requests_per_second": REQUESTS_PER_SECOND,
            "burst": BURST,
            "latency_seconds": LATENCY_SECONDS,
            "batch": BATCH,
            "batches_in_flight": IN_FLIGHT,
            "concurrent_per_mailbox": 4,
        },
        "allowed_seconds": {"by_rate": round(by_rate, 1), "by_latency": round(by_latency, 1)},
        "seconds": round(many["seconds"], 1),
        "ratio_to_limits": round(ratio, 2),
        "ratio_to_limits_goal": GOAL_RATIO,
        "yardstick": "a bare loop of the same batches, as many in flight, that repeats what was throttled",
        "yardstick_seconds": round(bare["seconds"], 1),
        "ratio_to_yardstick": round(many["seconds"] / bare["seconds"], 2),
        "peak_mib": {
            str(min(FEW, mailboxes)): round(few["peak_mib"], 1),
            str(mailboxes): round(many["peak_mib"], 1),
        },
        "growth_mib": round(growth, 1),
        "growth_mib_goal": GOAL_GROWTH_MIB,
        "met": ratio <= GOAL_RATIO and growth <= GOAL_GROWTH_MIB,
    }


def main() -> None:
    """Measure and print, or be one of the processes that are measured."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mailboxes", type=int, default=MANY)
    parser.add_argument("--serve", type=Path)
    parser.add_argument("--run", choices=["product", "bare"])
    options = parser.parse_args()
    if options.serve is not None:
        serve(options.mailboxes, options.serve)
    elif options.run is not None:
        run(options.run, options.mailboxes)
    else:
        print(json.dumps(measure(options.mailboxes), indent=2))


if __name__ == "__main__":
    main()
