"""How long the planner takes over a hundred thousand people and laptops, and whether its cost is linear.

    python tests/benchmarks/plan.py

The yardstick of the same run writes the same facts as CSV, reads them back and sorts them once. Prints JSON.
"""

import csv
import gc
import io
import json
import platform
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fakes.city import instant, large_city, policy
from tenure_server.domain.facts import Facts
from tenure_server.domain.timeline import plan

SMALL, LARGE = 10_000, 100_000
ROUNDS = 3
GOAL_LINEAR = 1.3
GOAL_SECONDS = 30.0


def plan_seconds(facts: Facts) -> float:
    """The best of a few plans."""
    at = instant("2029-06-01")
    best = float("inf")
    for _ in range(ROUNDS):
        gc.collect()
        begun = time.perf_counter()
        answer = plan(facts, policy(), at)
        best = min(best, time.perf_counter() - begun)
        assert len(answer.devices) == len(facts.assets)
    return best


def yardstick_seconds(facts: Facts) -> float:
    """Write, read and sort the mandates and custodies as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    begun = time.perf_counter()
    for mandate in facts.mandates:
        writer.writerow(
            [mandate.person, mandate.body, mandate.seat, mandate.start, mandate.end, mandate.basis]
        )
    for custody in facts.custody:
        writer.writerow([custody.serial, custody.holder, custody.kind, custody.start, custody.end])
    text.seek(0)
    rows = sorted(csv.reader(text, delimiter=";"))
    assert len(rows) == len(facts.mandates) + len(facts.custody)
    return time.perf_counter() - begun


def main() -> None:
    """Measure and print."""
    small, large = large_city(SMALL), large_city(LARGE)
    small_seconds, large_seconds = plan_seconds(small), plan_seconds(large)
    yardstick = yardstick_seconds(large)
    ratio = (large_seconds / LARGE) / (small_seconds / SMALL)
    report = {
        "benchmark": "plan",
        "python": platform.python_version(),
        "people_and_laptops": LARGE,
        "seconds": round(large_seconds, 2),
        "seconds_goal": GOAL_SECONDS,
        "microseconds_per_person": {
            str(SMALL): round(small_seconds / SMALL * 1e6, 1),
            str(LARGE): round(large_seconds / LARGE * 1e6, 1),
        },
        "cost_per_person_ratio": round(ratio, 2),
        "cost_per_person_ratio_goal": GOAL_LINEAR,
        "yardstick": "write, read and sort the same mandates and custodies as CSV",
        "yardstick_seconds": round(yardstick, 2),
        "ratio_to_yardstick": round(large_seconds / yardstick, 1),
        "met": ratio <= GOAL_LINEAR and large_seconds <= GOAL_SECONDS,
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
