"""`tenure simulate`: whole terms of invented cities, watched for what must never happen."""

import os
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from tenure_server.cli.refusal import EXIT_NO
from tenure_server.domain.errors import RefusedError
from tenure_server.domain.message import N_, say
from tenure_server.language import Translator, translator

if TYPE_CHECKING:
    from tenure_server.simulation.living import Lived
    from tenure_server.simulation.many_cities import Summary, Wanted

MOST_LINES: Final = 60
SHRINK_SECONDS: Final = 180.0
DEFAULT_CITIES: Final = 10
LAPTOPS: Final = {"locked": "acts_lock", "opened": "acts_unlock", "wiped": "acts_wipe", "proven": "proven"}


@click.command()
@click.option("--seed", default="1", show_default=True, metavar="TEXT", help="What decides everything.")
@click.option("--cities", type=click.IntRange(min=1), help="How many cities; 10 if nothing else ends it.")
@click.option(
    "--years",
    type=click.FloatRange(min=0.25, max=6),
    default=4.0,
    show_default=True,
    help="Years of each city, a change of term among them.",
)
@click.option("--city-years", type=click.FloatRange(min=0.25), help="Years of all cities together.")
@click.option("--minutes", type=click.FloatRange(min=0.05), help="For how long to begin new cities.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes; one for each core otherwise.")
@click.option("--fault", metavar="NAME", help="A fault to plant in the product, to see it found.")
@click.option(
    "--patience",
    type=click.FloatRange(min=0),
    default=SHRINK_SECONDS,
    show_default=True,
    help="Seconds to look for the shortest story of a breach.",
)
@click.option("--story", is_flag=True, help="Tell the story of the seed's first city.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def simulate(
    context: click.Context,
    *,
    seed: str,
    cities: int | None,
    years: float,
    city_years: float | None,
    minutes: float | None,
    workers: int | None,
    fault: str | None,
    patience: float,
    story: bool,
    as_json: bool,
) -> None:
    """Live whole terms of many invented cities, and tell whether a laptop was ever locked or wiped wrongly.

    Elections, resignations, loans, losses, wrong imports, laptops without a network, outages and restores,
    through the product's own code. Exit code 1 if a rule broke, with the shortest story of it.

    Example: tenure simulate --minutes 5
    """
    from tenure_server.cli import chosen_language

    words = translator(chosen_language(context))
    many = _simulation()
    limited = cities is not None or city_years is not None or minutes is not None
    wanted = many.Wanted(
        seed=seed,
        years=years,
        cities=1 if story else cities if limited else DEFAULT_CITIES,
        city_years=city_years,
        minutes=minutes,
        workers=workers or os.cpu_count() or 1,
        fault=fault,
    )
    with many.planted(fault):
        pass  # a name that there is not is said before anything begins
    summary = _run(wanted, words)
    told: Lived | None = None
    if summary.broken is not None:
        told = many.shortest_story(summary.broken, years, fault, seconds=patience)
    elif story:
        told = many.tell(f"{seed}/0", years, fault)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(_document(wanted, summary, told))).decode())
    else:
        _print(wanted, summary, told, words)
    if summary.broken is not None:
        context.exit(EXIT_NO)


def _simulation() -> Any:
    try:
        from tenure_server.simulation import many_cities
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("tenure_agent"):
            raise
        sentence = N_(
            "The simulation lives with the agent's own code, which is not installed here: install"
            " tenure-server[simulation]."
        )
        raise RefusedError(say(sentence)) from error
    return many_cities


def _run(wanted: "Wanted", words: Translator) -> "Summary":
    """Simulate; on a terminal, with a bar that tells how far it is."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from tenure_server.simulation.many_cities import simulate as live_many

    console = Console(stderr=True)
    if not sys.stderr.isatty():
        return live_many(wanted, lambda _: None)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(words.gettext("city-years"), total=_total(wanted))

        def shown(summary: "Summary") -> None:
            text = words.gettext("{years} city-years, {rate} a minute").format(
                years=round(summary.city_years), rate=round(summary.rate)
            )
            progress.update(task, completed=_done(wanted, summary), description=text)

        return live_many(wanted, shown)


def _total(wanted: "Wanted") -> float:
    if wanted.minutes is not None:
        return wanted.minutes * 60
    return wanted.city_years or (wanted.cities or DEFAULT_CITIES) * wanted.years


def _done(wanted: "Wanted", summary: "Summary") -> float:
    return summary.seconds if wanted.minutes is not None else summary.city_years


def _document(wanted: "Wanted", summary: "Summary", told: "Lived | None") -> dict[str, object]:
    broken = summary.broken
    return {
        "seed": wanted.seed,
        "years": wanted.years,
        "fault": wanted.fault,
        "cities": summary.cities,
        "city_years": round(summary.city_years, 2),
        "seconds": round(summary.seconds, 2),
        "city_years_per_minute": round(summary.rate, 1),
        "laptops": {name: summary.counts[counted] for name, counted in LAPTOPS.items()},
        "counts": dict(sorted(summary.counts.items())),
        "breach": None
        if broken is None or broken.breach is None
        else {
            "seed": broken.seed,
            "rule": broken.breach.rule.value,
            "at": broken.breach.at,
            "subject": broken.breach.subject,
            "sentence": str(broken.breach.message),
        },
        "story": [] if told is None else [{"at": one.at, "what": str(one.what)} for one in told.story],
    }


def _print(wanted: "Wanted", summary: "Summary", told: "Lived | None", words: Translator) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console() if sys.stdout.isatty() else Console(width=110)
    table = Table(title=words.gettext("What happened"))
    table.add_column(words.gettext("kind"))
    table.add_column(words.gettext("times"), justify="right")
    for name, times in sorted(summary.counts.items()):
        table.add_row(name, str(times))
    console.print(table)
    if told is not None:
        _print_story(told, words)
    sentence = words.gettext(
        "{cities} cities, {years} city-years, {rate} a minute: {locked} laptops locked, {wiped} wiped,"
        " {proven} proven."
    )
    click.echo(
        sentence.format(
            cities=summary.cities,
            years=round(summary.city_years),
            rate=round(summary.rate),
            locked=summary.counts["acts_lock"],
            wiped=summary.counts["acts_wipe"],
            proven=summary.counts["proven"],
        )
    )
    if summary.broken is None or summary.broken.breach is None:
        click.echo(words.gettext("No rule was broken."))
        return
    breach = summary.broken.breach
    click.echo(words.gettext("Broken, in the city of seed {seed}:").format(seed=summary.broken.seed))
    click.echo(f"{_local(breach.at)}  {words.say(breach.message)}")
    again = f"tenure simulate --seed {wanted.seed} --years {wanted.years}"
    click.echo(words.gettext("See it again: {command}").format(command=again))


def _print_story(told: "Lived", words: Translator) -> None:
    lines = list(told.story)
    if told.breach is not None and len(lines) > MOST_LINES:
        about = [one for one in lines if told.breach.subject in str(one.what)]
        lines = about[-MOST_LINES:]
    for one in lines:
        click.echo(f"{_local(one.at)}  {words.say(one.what)}")


def _local(moment: datetime) -> str:
    from tenure_server.simulation.days import ZONE

    return moment.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
