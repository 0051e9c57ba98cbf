import asyncio
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from fakes.data_directory import Machine, machine
from tenure_server.cli import main
from tenure_server.domain.incident import INCIDENTS, ActKind, Incident
from tenure_server.domain.message import say
from tenure_server.domain.plan import Reason
from tenure_server.settings import read_settings
from tenure_server.wiring import open_installation

PEOPLE = tuple(f"p{number:02d}" for number in range(20))


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    made = machine(tmp_path)
    made.run("import", "--register", made.register(*PEOPLE), "--register-date", "2026-01-01")
    return made


def run(here: Machine, *words: str, code: int = 0) -> str:
    name, *others = words
    arguments = ["--language", "en", "register", name, "--data", str(here.folder / "data"), *others]
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert result.exit_code == code, (words, result.output, result.stderr)
    return result.stdout if code != 2 else result.stderr


def document(here: Machine, *words: str, code: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(here, *words, "--json", code=code))
    return found


def test_the_history_of_a_person_tells_every_version(here: Machine) -> None:
    here.run("import", "--register", here.register(*PEOPLE, until="2029-06-30"))
    versions = [one for one in document(here, "history", "p00")["versions"] if one["kind"] == "mandate"]
    assert [one["fact"]["valid_to"] for one in versions] == ["2029-05-31", "2029-06-30"]
    assert versions[0]["recorded_to"] == versions[1]["recorded_from"]
    assert "valid_to=2029-06-30" in run(here, "history", "p00")
    assert "Nothing was ever recorded" in run(here, "history", "nobody", code=2)


def test_the_register_as_of_a_day_is_what_was_recorded_then(here: Machine) -> None:
    assert document(here, "as-of", "2020-01-01")["mandates"] == []
    now = document(here, "as-of", "2099-01-01")
    assert (len(now["people"]), len(now["mandates"])) == (20, 20)
    assert "person_ext_id=p07" in run(here, "as-of", "2099-01-01")
    assert "not a date" in run(here, "as-of", "soon", code=2)


def test_the_last_import_is_undone_and_done_again(here: Machine) -> None:
    here.run("import", "--register", here.register(*PEOPLE, until="2029-06-30"))
    shown = document(here, "restore", "--dry-run", code=1)
    assert (shown["restored"], shown["changed"]) == (False, 20)
    assert shown["preview"]["differences"][0]["fields"] == [
        {"column": "valid_to", "was": "2029-06-30", "now": "2029-05-31"}
    ]
    refused = document(here, "restore", code=1)  # every end would come earlier
    assert refused["restore_id"].startswith("city/restore-")
    assert "two approvers sign with `tenure approve resume city/restore-" in run(here, "restore", code=1)


def test_an_import_that_only_made_ends_earlier_is_undone_at_once(here: Machine) -> None:
    one = here.file(
        "one.csv", Path(here.register(*PEOPLE)).read_text().replace("2029-05-31", "2029-04-30", 1)
    )
    here.run("import", "--register", one)
    assert "The register is as it was recorded before" in run(here, "restore")
    assert "p00;P00" in run(here, "export").splitlines()[1]
    assert run(here, "export").count("2029-05-31") == 20


def test_what_is_exported_is_imported_as_nothing_new(here: Machine) -> None:
    out = here.folder / "out.csv"
    run(here, "export", "--out", str(out))
    told = here.run("import", "--register", str(out), "--register-date", "2026-01-01", "--dry-run").stdout
    assert "known already" in told
    assert "Nothing would change." in told
    run(here, "export", "--out", str(out), code=1)  # nothing is overwritten


def test_without_incidents_the_answer_is_yes(here: Machine) -> None:
    assert document(here, "incidents") == {"incidents": []}
    assert "Nothing ran" in run(here, "incidents")
    assert "--by" in run(here, "incidents", "--close", "x", code=2)
    assert "no incident" in run(here, "incidents", "--close", "x", "--by", "it", code=2)


def merge(here: Machine, mapping: str, *, code: int = 0) -> str:
    for name in ("vanha", "naapuri"):
        here.register("1", "2", name=f"{name}.csv")
    words = ["--from", f"vanha={here.folder}/vanha.csv", "--from", f"naapuri={here.folder}/naapuri.csv"]
    words += ["--map", here.file("map.csv", f"kind;municipality;old_id;new_id\n{mapping}")]
    words += ["--date", "2027-01-01", "--into", str(here.folder / "uusi.csv")]
    result = CliRunner().invoke(main, ["--language", "en", "register", "merge", *words])
    assert result.exit_code == code, (result.output, result.stderr)
    return result.stderr


def test_two_registers_become_one_that_can_be_imported(here: Machine) -> None:
    told = merge(here, "body;vanha;kv;uv\nbody;naapuri;kv;uv\nperson;vanha;1;100\n")
    assert "naapuri-2, vanha-2 have one name and stay apart" in told
    rows = (here.folder / "uusi.csv").read_text(encoding="utf-8").splitlines()
    assert [row.split(";")[0] for row in rows[1:]] == ["100", "naapuri-1", "naapuri-2", "vanha-2"]
    assert all(";2027-01-01;2029-05-31;term;" in row for row in rows[1:])


def test_every_body_that_is_not_mapped_is_named_and_nothing_is_written(here: Machine) -> None:
    told = merge(here, "person;vanha;1;100\n", code=2)
    assert "vanha, column body_ext_id: Body kv (Valtuusto) is not mapped" in told
    assert "naapuri, column body_ext_id" in told
    assert not (here.folder / "uusi.csv").exists()


def test_a_preview_is_imported_or_nothing(here: Machine) -> None:
    later = here.register(*PEOPLE, until="2029-06-30")
    words = ["import", "--register", later, "--register-date", "2026-02-01"]
    shown = json.loads(here.run(*words, "--dry-run", "--json").stdout)
    assert (shown["dry_run"], shown["register"]["changed"]) == (True, 20)
    digest = shown["preview"]["digest"]

    assert "look again" in here.run(*words, "--previewed", "0" * 64, code=1).stderr
    done = json.loads(here.run(*words, "--previewed", digest, "--json").stdout)

    assert (done["dry_run"], done["register"]["status"], done["preview"]) == (False, "imported", None)
    assert "look again" in here.run(*words, "--previewed", digest, code=1).stderr


def test_a_dry_run_shows_each_column_and_what_would_follow(here: Machine) -> None:
    lists = here.file(
        "custody.csv",
        "serial;holder_type;holder_ext_id;kind;from;to;reason\nL1;person;p00;primary;2025-06-02;;\n",
    )
    here.run("import", "--devices", here.devices("L1"), "--custody", lists)
    told = here.run("import", "--register", here.register(*PEOPLE, until="2029-06-30"), "--dry-run").stdout
    assert "Mandate p00 kv ordinary 2025-06-01: changed" in told
    assert "valid_to: 2029-05-31 -> 2029-06-30" in told
    assert "L1 (p00): lock (P19): 1 Jun 2029, 00:00 -> 1 Jul 2029, 00:00" in told


def test_an_unknown_source_is_refused(here: Machine) -> None:
    here.run("import", "--register", here.register(*PEOPLE), "--source", "nowhere", code=2)


def test_moments_are_told_in_the_reader_s_language_and_the_city_s_time(here: Machine) -> None:
    told = here.run("register history", "p00", language="fi").stdout
    assert re.match(r"\s*\d{1,2}\.\d{1,2}\.\d{4}", told)

    at = datetime(2029, 6, 1, 21, tzinfo=UTC)
    reason = Reason(fact=say("The right to the mailbox ended: {at}.", at=at.isoformat()), rule="P20")
    incident = Incident(
        id="i", kind=ActKind.MAILBOX_CLOSED, subject="p00", at=at, ran_at=at, ordered_at=at, holder="p00",
        was=(reason,), now=(),
    )  # fmt: skip

    async def keep() -> None:
        settings = read_settings({"data_directory": str(here.folder / "data")}, {})
        async with open_installation(settings) as installation, installation.store.writing() as tx:
            await tx.records.add(INCIDENTS, incident)

    asyncio.run(keep())
    lines = run(here, "incidents", code=1).splitlines()
    assert "closed at 2 Jun 2029, 00:00, by facts of 2 Jun 2029, 00:00 that" in lines[1]
    assert lines[3] == "        The right to the mailbox ended: 2 Jun 2029, 00:00. (P20)"
    assert lines[4:] == ["    The facts say now:", "        Nothing is known of it."]
