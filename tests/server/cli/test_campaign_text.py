"""Lists and dry runs as lines to read."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import click

from fakes.signer import Laptop, manifest_of
from tenure_policies.envelope import PayloadType, seal
from tenure_policies.payloads import Sentences
from tenure_server.cli import main
from tenure_server.cli.campaign_json import dry_run_json, list_json
from tenure_server.cli.campaign_text import dry_run_lines, list_lines, list_of_lists
from tenure_server.cli.manifest_text import manifest_lines
from tenure_server.domain.campaign import ListBar, ManifestStatus
from tenure_server.domain.ids import ManifestId, Serial
from tenure_server.domain.plan import PersonStatus
from tenure_server.language import translator
from tenure_server.usecases.campaigns import (
    DryLaptop,
    DryList,
    DryRun,
    ListedLaptop,
    ListView,
    Ready,
    Stage,
)

HELSINKI = ZoneInfo("Europe/Helsinki")
AT = datetime(2029, 6, 1, 21, tzinfo=UTC)
NAME = Sentences(fi="Oikeudet päättyvät", sv="Rätter upphör", en="Rights end")


def laptop(serial: str, stage: Stage, **facts: object) -> ListedLaptop:
    reason = Sentences(fi="syy", sv="skäl", en="why")
    fields = {"canary": False, "not_before": AT, "void_because": ""} | facts
    return ListedLaptop(serial=Serial(serial), reason=reason, stage=stage, **fields)  # type: ignore[arg-type]


VIEW = ListView(
    id=ManifestId("manifest-1"),
    name=NAME,
    status=ManifestStatus.APPROVED,
    campaign=True,
    rate_per_hour=60,
    digest="ab12",
    prepared_at=AT,
    prepared_by="cd34",
    expires=AT,
    approvals=("ef56",),
    laptops=(
        laptop("L0", Stage.PROVEN, canary=True),
        laptop("L1", Stage.VOID, void_because="grounds_changed:holds"),
        laptop("L2", Stage.RELEASED),
    ),
)


def test_a_list_shows_who_goes_first_how_far_each_is_and_what_is_void() -> None:
    lines = list(list_lines(VIEW, translator("en"), HELSINKI))

    assert lines[0] == "Rights end"
    assert "Prepared by cd34" in lines
    assert "Approved by ef56" in lines
    assert "L0  2 Jun 2029, 00:00  wiped, proven  goes first" in lines
    assert "L1  2 Jun 2029, 00:00  void: grounds_changed:holds" in lines
    assert "L2  2 Jun 2029, 00:00  released" in lines
    assert next(iter(list_of_lists([VIEW], translator("fi")))).endswith("Oikeudet päättyvät")


def test_the_json_of_a_list_is_english() -> None:
    written = list_json(VIEW)
    assert written["name"] == "Rights end"
    assert [one["stage"] for one in written["laptops"]] == ["proven", "void", "released"]


def row(serial: str, **facts: object) -> DryLaptop:
    fields: dict[str, object] = {
        "holder": "aino",
        "status": PersonStatus.RETURNS,
        "ends": AT,
        "wipe_at": AT,
        "listed": False,
        "canary": False,
        "bars": (),
        "ready": Ready.UNKNOWN,
        "reason": None,
    }
    return DryLaptop(serial=Serial(serial), **(fields | facts))  # type: ignore[arg-type]


def test_a_dry_run_shows_lists_bars_and_readiness() -> None:
    dry = DryRun(
        day=date(2029, 5, 31),
        at=AT,
        lists=(DryList(name=NAME, campaign=True, serials=(Serial("L0"),), canaries=(Serial("L0"),)),),
        laptops=(
            row("L0", listed=True, canary=True, ready=Ready.NO, reason=NAME),
            row("L1", bars=(ListBar.HOLD_RELEASE, ListBar.TOO_EARLY)),
            row("L2", status=PersonStatus.KEEPS),
        ),
        other_days=((AT, 3),),
    )

    lines = list(dry_run_lines(dry, translator("en"), HELSINKI))

    assert "1. Rights end (campaign)" in lines
    assert "  L0  2 Jun 2029, 00:00  DISK NOT ENCRYPTED  goes first" in lines
    assert "  L1  aino  a hold stands, listed three weeks before the wipe" in lines
    assert dry_run_json(dry)["laptops"][1]["bars"] == ["hold_release", "too_early"]


def test_an_approver_reads_the_name_the_canaries_and_the_reason_of_the_signed_bytes() -> None:
    laptops = Laptop(), Laptop(number=2)
    entries = tuple(one.entry(canary=number == 0, words=NAME) for number, one in enumerate(laptops))
    manifest = manifest_of(*laptops, entries=entries, name=NAME, campaign=True, rate_per_hour=5)

    with click.Context(main, info_name="tenure") as context:
        context.params["language"] = "en"
        shown = "\n".join(manifest_lines(seal(manifest, PayloadType.MANIFEST), manifest))
        context.params["language"] = "sv"
        swedish = "\n".join(manifest_lines(seal(manifest, PayloadType.MANIFEST), manifest))

    assert "Rights end" in shown
    assert f"{laptops[0].serial}\n" in shown
    assert "Rätter upphör" in swedish
