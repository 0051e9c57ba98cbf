"""How long the planner takes over 300 cities, and over one of a hundred thousand; whether its cost is linear.

    python tests/benchmarks/plan.py

The planner waits for nothing, so its time is the processor's: a machine that is busy beside it falsifies
nothing. The yardstick of the same run writes the same facts as CSV, reads them back and sorts them once.
Prints JSON.
"""

import csv
import gc
import io
import json
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fakes.city import instant, large_city, policy
from tenure_server.domain.facts import Facts
from tenure_server.domain.stay import Stay, StayKind, StaySubject
from tenure_server.domain.timeline import plan

CITIES, TRUSTEES = 300, 100
SMALL, LARGE = 10_000, 100_000
ROUNDS = 3
GOAL_LINEAR = 1.3
GOAL_CITIES_SECONDS = 10.0
GOAL_SECONDS = 30.0


def plan_seconds(cities: Sequence[Facts]) -> float:
    """The best of a few rounds of planning every city once."""
    at = instant("2029-06-01")
    best = float("inf")
    for _ in range(ROUNDS):
        gc.collect()
        begun = time.process_time()
        answers = [plan(facts, policy(), at) for facts in cities]
        best = min(best, time.process_time() - begun)
        assert [len(one.devices) for one in answers] == [len(facts.assets) for facts in cities]
    return best


def cities() -> list[Facts]:
    """So many cities, each with a meeting that ran over the midnight of its term's end."""
    facts = large_city(TRUSTEES)
    meeting = Stay(
        subject_type=StaySubject.BODY,
        subject="council",
        kind=StayKind.MEETING,
        start=instant("2029-05-31"),
        end=instant("2029-06-01T02:00:00+03:00"),
    )
    return [replace(facts, stays=(meeting,)) for _ in range(CITIES)]


def yardstick_seconds(facts: Facts) -> float:
    """Write, read and sort the mandates and custodies as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    begun = time.process_time()
    for mandate in facts.mandates:
        writer.writerow(
            [mandate.person, mandate.body, mandate.seat, mandate.start, mandate.end, mandate.basis]
        )
    for custody in facts.custody:
        writer.writerow([custody.serial, custody.holder, custody.kind, custody.start, custody.end])
    text.seek(0)
    rows = sorted(csv.reader(text, delimiter=";"))
    assert len(rows) == len(facts.mandates) + len(facts.custody)
    return time.process_time() - begun


def main() -> None:
    """Measure and print."""
    small, large = large_city(SMALL), large_city(LARGE)
    of_cities = plan_seconds(cities())
    small_seconds, large_seconds = plan_seconds([small]), plan_seconds([large])
    yardstick = yardstick_seconds(large)
    ratio = (large_seconds / LARGE) / (small_seconds / SMALL)
    report = {
        "benchmark": "plan",
        "python": platform.python_version(),
        "cities": CITIES,
        "people_and_laptops_of_each": TRUSTEES,
        "cities_seconds": round(of_cities, 2),
        "cities_seconds_goal": GOAL_CITIES_SECONDS,
        "people_and_laptops": LARGE,
        "seconds": round(large_seconds, 2),
        "seconds_goal": GOAL_SECONDS,
        "microseconds_per_person": {
            f"{CITIES} x {TRUSTEES}": round(of_cities / CITIES / TRUSTEES * 1e6, 1),
            str(SMALL): round(small_seconds / SMALL * 1e6, 1),
            str(LARGE): round(large_seconds / LARGE * 1e6, 1),
        },
        "cost_per_person_ratio": round(ratio, 2),
        "cost_per_person_ratio_goal": GOAL_LINEAR,
        "yardstick": "write, read and sort the same mandates and custodies as CSV",
        "yardstick_seconds": round(yardstick, 2),
        "ratio_to_yardstick": round(large_seconds / yardstick, 1),
        "met": ratio <= GOAL_LINEAR and large_seconds <= GOAL_SECONDS and of_cities <= GOAL_CITIES_SECONDS,
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
