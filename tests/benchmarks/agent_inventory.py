"""What one inventory, and judging the whole catalogue, cost a laptop: CPU and peak memory.

    python tests/benchmarks/agent_inventory.py

Each figure is the median of fresh processes, start of the interpreter included. The yardstick of the same run
is a fresh process that reads comparable facts plainly: psutil for the machine, dpkg's list split into
packages. Prints JSON; a missed goal is printed as missed.
"""

import json
import os
import platform
import re
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from tenure_agent.adapters.laptop import laptop_tables
from tenure_agent.platform.desktop_settings import GnomeSettings
from tenure_policies import catalog
from tenure_policies.catalog import DEVICE_POLICY_FILES, device_policies
from tenure_policies.facts import DOCUMENTS

ROUNDS = 7
GOAL_CPU_SECONDS = 0.1
# The kernel's own high-water mark of the process: rusage would count its parent's memory too.
PEAK = """
import atexit, sys
def tell():
    with open("/proc/self/status") as file:
        sys.stderr.write(next(line for line in file if line.startswith("VmHWM")))
atexit.register(tell)
"""
COMMAND = (
    PEAK
    + """
from tenure_agent.cli import main
sys.exit(main())
"""
)
YARDSTICK = (
    PEAK
    + """
import json, platform, pwd, psutil
facts = [platform.uname()._asdict(), psutil.cpu_count(), psutil.cpu_count(logical=False),
         psutil.virtual_memory()._asdict(), [part._asdict() for part in psutil.disk_partitions(all=True)],
         [psutil.disk_usage(part.mountpoint)._asdict() for part in psutil.disk_partitions()],
         psutil.boot_time(), [tuple(entry) for entry in pwd.getpwall()]]
try:
    with open("/var/lib/dpkg/status", encoding="utf-8", errors="replace") as file:
        facts.append([dict(line.split(": ", 1) for line in block.splitlines()
                           if ": " in line and line[0] != " ")
                      for block in file.read().split("\\n\\n")])
except FileNotFoundError:
    pass
json.dumps(facts, default=str)
"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a fresh process took."""

    cpu_seconds: float
    peak_rss_mib: float


def costs(commands: Sequence[Sequence[str]]) -> list[Cost]:
    """Run fresh interpreters, all commands in turn so that a busy moment strikes each alike."""
    rounds = [[_run([sys.executable, *arguments]) for arguments in commands] for _ in range(ROUNDS)]
    return [_median(runs) for runs in zip(*rounds, strict=True)]


def _median(runs: Sequence[Cost]) -> Cost:
    return Cost(
        cpu_seconds=round(statistics.median(run.cpu_seconds for run in runs), 3),
        peak_rss_mib=round(max(run.peak_rss_mib for run in runs), 1),
    )


def _run(command: list[str]) -> Cost:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    peak = re.search(r"VmHWM:\s+(\d+) kB", said)
    if process.returncode not in {0, 1} or peak is None:
        raise SystemExit(f"{command} ended with {process.returncode}: {said}")
    return Cost(cpu_seconds=usage.ru_utime + usage.ru_stime, peak_rss_mib=int(peak[1]) / 1024)


def main() -> None:
    """Measure and print."""
    folder = resources.files(catalog)
    files = [str(folder.joinpath(file)) for file in DEVICE_POLICY_FILES]
    command = ["-I", "-c", COMMAND]
    bare, yardstick, inventory, check = costs(
        [
            ["-I", "-c", PEAK],
            ["-I", "-c", YARDSTICK],
            [*command, "inventory", "--json"],
            [*command, "check", *files, "--json"],
        ]
    )
    report = {
        "benchmark": "agent_inventory",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "machine": f"{os.cpu_count()} cores, {platform.machine()}",
        "packages_in_dpkg": _packages(),
        "documents": len(DOCUMENTS),
        "tables": len(laptop_tables(settings=GnomeSettings()).names()),
        "policies": len(device_policies()),
        "inventory_cpu_seconds": inventory.cpu_seconds,
        "inventory_cpu_seconds_goal": GOAL_CPU_SECONDS,
        "inventory_peak_rss_mib": inventory.peak_rss_mib,
        "check_catalogue_cpu_seconds": check.cpu_seconds,
        "check_catalogue_peak_rss_mib": check.peak_rss_mib,
        "bare_interpreter_cpu_seconds": bare.cpu_seconds,
        "bare_interpreter_peak_rss_mib": bare.peak_rss_mib,
        "yardstick": "a fresh process that reads comparable facts with psutil and splits dpkg's list",
        "yardstick_cpu_seconds": yardstick.cpu_seconds,
        "yardstick_peak_rss_mib": yardstick.peak_rss_mib,
        "ratio_inventory_to_yardstick": round(inventory.cpu_seconds / yardstick.cpu_seconds, 2),
        "ratio_check_to_yardstick": round(check.cpu_seconds / yardstick.cpu_seconds, 2),
        "met": inventory.cpu_seconds <= GOAL_CPU_SECONDS,
    }
    sys.stdout.write(json.dumps(report, indent=2) + "\n")


def _packages() -> int:
    status = Path("/var/lib/dpkg/status")
    return status.read_text("utf-8", "replace").count("\nPackage: ") + 1 if status.exists() else 0


if __name__ == "__main__":
    main()
