"""One laptop's timeline as geometry: where bands, marks and dates stand. Pure: no I/O, no clock.

        (2) (4)            marks, numbered as the rows of the table beneath; crowded ones climb a lane
     (1) | (3)   (5)
    ==|==|==|=====|====    the band: in use, locked, wiped
      ^ now                a line through everything

Months of quiet before the first step would press the steps together, so the drawing begins at most
`LEAD_DAYS` before the first step; an earlier "now" stands at the left edge.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tenure_server.domain.message import N_
from tenure_server.domain.plan import Verb
from tenure_server.usecases.views import TimelineStep
from tenure_server.web.dashboard.presenters.moments import Scribe

WIDTH = 960
MARGIN = 28
LANE_HEIGHT = 30
MARK_RADIUS = 12
MARK_GAP = 28
BAND_HEIGHT = 26
LEAD_DAYS = 21
TAIL_DAYS = 10
NARROWEST_NAMED_BAND = 100
NAME_INDENT = 10
NAME_WIDTH = 80
TICK_GAP = 92


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One numbered step."""

    number: int
    x: float
    y: float
    look: str
    """done, due, open or barred: a class and a shape."""
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A stretch of time in one state."""

    x: float
    width: float
    look: str
    name: str
    """Empty where the stretch is too narrow for the word."""
    name_x: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A date on the axis."""

    x: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Everything that the SVG template draws."""

    width: int
    height: float
    band_y: float
    band_height: int
    now_x: float
    now_text: str
    now_anchor: str
    marks: tuple[Mark, ...]
    bands: tuple[Band, ...]
    ticks: tuple[Tick, ...]
    title: str
    summary: str
    radius: int = MARK_RADIUS


@dataclass(frozen=True, slots=True)
class _Scale:
    begin: datetime
    end: datetime

    def x(self, at: datetime) -> float:
        """Place an instant; what lies outside stands at the edge."""
        share = (at - self.begin) / (self.end - self.begin)
        return round(MARGIN + min(max(share, 0.0), 1.0) * (WIDTH - 2 * MARGIN), 1)


def draw(steps: Sequence[TimelineStep], labels: Sequence[str], scribe: Scribe) -> Drawing | None:
    """Lay out a timeline, or None when it has no steps; `labels` name the steps in the same order."""
    if not steps:
        return None
    speak = scribe.speak
    scale = _scale(steps, scribe.now)
    positions = _lanes([scale.x(step.at) for step in steps])
    lanes = 1 + max(lane for _, lane in positions)
    band_y = 34 + lanes * LANE_HEIGHT
    marks = tuple(
        Mark(
            number=number,
            x=x,
            y=band_y - 20 - lane * LANE_HEIGHT,
            look=look(step, scribe.now),
            title=f"{number}. {label}, {speak.moment(step.at, scribe.zone)}",
        )
        for number, (step, label, (x, lane)) in enumerate(zip(steps, labels, positions, strict=True), start=1)
    )
    now_x = scale.x(scribe.now)
    return Drawing(
        width=WIDTH,
        height=band_y + BAND_HEIGHT + 34,
        band_y=band_y,
        band_height=BAND_HEIGHT,
        now_x=now_x,
        now_text=speak.gettext("Now: {moment}").format(moment=speak.moment(scribe.now, scribe.zone)),
        now_anchor=_anchor(now_x),
        marks=marks,
        bands=_bands(steps, scale, scribe),
        ticks=_ticks(scale, scribe),
        title=speak.gettext("Timeline"),
        summary="; ".join(mark.title for mark in marks),
    )


def look(step: TimelineStep, now: datetime) -> str:
    """Say how a step is drawn: done, barred by what it needs, due, or still open."""
    if step.done is not None:
        return "done"
    if step.needs:
        return "barred"
    return "due" if step.at <= now else "open"


def _scale(steps: Sequence[TimelineStep], now: datetime) -> _Scale:
    first, last = min(step.at for step in steps), max(step.at for step in steps)
    begin = max(min(first, now), first - timedelta(days=LEAD_DAYS)) - timedelta(days=2)
    end = min(max(last, now), last + timedelta(days=LEAD_DAYS)) + timedelta(days=TAIL_DAYS)
    return _Scale(begin, end)


def _lanes(places: Sequence[float]) -> list[tuple[float, int]]:
    """Give each mark the lowest lane in which it covers no earlier one."""
    taken: list[list[float]] = []
    placed = []
    for x in places:
        lane = 0
        while lane < len(taken) and any(abs(x - other) < MARK_GAP for other in taken[lane]):
            lane += 1
        if lane == len(taken):
            taken.append([])
        taken[lane].append(x)
        placed.append((x, lane))
    return placed


def _bands(steps: Sequence[TimelineStep], scale: _Scale, scribe: Scribe) -> tuple[Band, ...]:
    changes = [(scale.begin, "calm", N_("In use"))]
    states = {Verb.LOCK: ("lock", N_("Locked")), Verb.WIPE: ("wipe", N_("Wiped"))}
    for step in steps:
        if step.verb not in states or (step.needs and step.done is None):
            continue
        # What is due but not done can happen now at the earliest.
        happens = step.done or max(step.at, scribe.now)
        changes.append((happens, *states[step.verb]))
    ends = [at for at, _, _ in changes[1:]] + [scale.end]
    bands, now_x = [], scale.x(scribe.now)
    for (begin, tone, word), end in zip(changes, ends, strict=True):
        x, width = scale.x(begin), round(scale.x(end) - scale.x(begin), 1)
        name = scribe.speak.gettext(word) if width >= NARROWEST_NAMED_BAND else ""
        if width > 0:
            bands.append(Band(x=x, width=width, look=tone, name=name, name_x=_beside(now_x, x + NAME_INDENT)))
    return tuple(bands)


def _beside(line: float, x: float) -> float:
    """Keep a word clear of the line that shows the present."""
    return line + NAME_INDENT if x - NAME_INDENT <= line <= x + NAME_WIDTH else x


def _ticks(scale: _Scale, scribe: Scribe) -> tuple[Tick, ...]:
    """Write a date every so many days, wide enough apart to be read."""
    days = max(1, (scale.end - scale.begin).days)
    step = max(1, -(-days * TICK_GAP // (WIDTH - 2 * MARGIN)))
    local = scale.begin.astimezone(scribe.zone)
    day = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    ticks = []
    while day < scale.end:
        ticks.append(Tick(x=scale.x(day.astimezone(UTC)), text=scribe.speak.date(day, scribe.zone)))
        day += timedelta(days=step)
    return tuple(tick for tick in ticks if tick.x <= WIDTH - MARGIN - TICK_GAP / 2)


def _anchor(x: float) -> str:
    if x < WIDTH / 4:
        return "start"
    return "end" if x > WIDTH * 3 / 4 else "middle"
