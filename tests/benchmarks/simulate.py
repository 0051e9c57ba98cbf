"""How many city-years `tenure simulate` lives in a minute, beside bare planner calls of the same run.

    python tests/benchmarks/simulate.py

The yardstick plans the facts of one city, again and again: the least that a sweep does. Wall time, on all
cores and on one; a machine that is busy beside it makes the figures smaller, and both alike. Prints JSON.
"""

import json
import os
import platform
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fakes.city import instant, large_city, policy
from tenure_server.domain.timeline import plan
from tenure_server.simulation.many_cities import Wanted, simulate

CITIES, YEARS = 8, 4.0
TRUSTEES, PLANS = 18, 400
GOAL_CITY_YEARS_A_MINUTE = 100


def plans_a_minute() -> float:
    """Plan one small city over and over."""
    facts, at, begun = large_city(TRUSTEES), instant("2029-06-01"), time.perf_counter()
    for _ in range(PLANS):
        plan(facts, policy(), at)
    return PLANS * 60 / (time.perf_counter() - begun)


def main() -> None:
    """Measure, and print what was measured."""
    workers = os.cpu_count() or 1
    yardstick = plans_a_minute()
    summary = simulate(Wanted(seed="benchmark", years=YEARS, cities=CITIES, workers=workers), lambda _: None)
    if summary.broken is not None:
        raise SystemExit(f"a rule broke: {summary.broken}")
    print(
        json.dumps(
            {
                "machine": {"python": platform.python_version(), "cores": workers},
                "city_years": round(summary.city_years, 1),
                "city_years_a_minute": round(summary.rate, 1),
                "goal": GOAL_CITY_YEARS_A_MINUTE,
                "events_a_second": round(summary.counts["events"] / summary.seconds),
                "sweeps_a_city_year": round(summary.counts["sweeps"] / summary.city_years),
                "yardstick": {"bare plans of one city, a minute on one core": round(yardstick)},
                "plans_that_a_city_year_costs": round(yardstick * workers / summary.rate),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
