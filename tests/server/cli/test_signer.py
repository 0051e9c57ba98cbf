import json
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from fakes.keys import key_pem, new_key
from fakes.signer import Laptop
from tenure_policies.payloads import Profile
from tenure_server.adapters.keys import private_pem, write_new_file

SERVER = "https://tenure.example"
# The command line reads the machine's clock, whenever that is: authorities of these tests hold from long ago.
PAST, FUTURE = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def due(town, *laptops):
    entries = tuple(laptop.entry(not_before=PAST) for laptop in laptops)
    return town.prepare(*laptops, entries=entries, issued=PAST, expires=FUTURE)


def sign(town, *names, code=0, count=1):
    for name in names:
        town.run(
            "approve", "sign", "manifest-1", "--server", SERVER, "--key", town.folder / f"{name}.pem",
            "--yes-these", count, code=code,
        )  # fmt: skip


def round_once(town, code=0):
    result = town.run("signer", "run", "--directory", town.folder / "signer", "--once", "--json", code=code)
    return json.loads(result.stdout)


def status(town):
    return json.loads(town.run("signer", "status", "--directory", town.folder / "signer", "--json").stdout)


def test_from_the_ceremony_over_two_approvals_to_a_release(town):
    town.ceremony()
    laptop = Laptop()
    due(town, laptop)
    sign(town, "mayor")
    assert round_once(town)["held"][0]["hold"] == "not_approved"
    sign(town, "clerk")
    assert round_once(town)["released"] == [laptop.serial]
    assert len(town.releases()) == 1
    assert round_once(town)["released"] == []
    found = status(town)
    assert (found["destruction"], found["keys_number"], len(found["releases"])) == (True, 2, 1)
    assert found["releases"][0]["posted_at"]


def test_the_release_key_lies_in_the_directory_for_its_owner_only(town):
    town.ceremony()
    directory = town.folder / "signer"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    for name in ("release.pem", "settings.json", "journal.sqlite"):
        assert stat.S_IMODE((directory / name).stat().st_mode) == 0o600


def test_a_signer_is_set_up_once_in_a_directory_of_its_own(town):
    town.ceremony()
    before = (town.folder / "signer" / "release.pem").read_bytes()
    assert "not empty" in town.ceremony(code=2).stderr
    assert (town.folder / "signer" / "release.pem").read_bytes() == before


def test_fewer_than_two_approvers_are_refused_and_nothing_is_made(town):
    town.keygen("mayor")
    for approvers in ([], ["mayor"], ["mayor", "mayor"]):
        named = [word for name in approvers for word in ("--approver", town.folder / f"{name}.pub.pem")]
        result = town.run(
            "signer", "init", "--directory", town.folder / "signer", "--server", SERVER,
            "--root-key", town.folder / "root.pem", *named, code=1,
        )  # fmt: skip
        assert "at least 2 different approver keys" in result.stderr
    assert not (town.folder / "signer").exists()


@pytest.mark.parametrize("other", ["root", "directive"])
def test_an_approver_key_that_is_another_of_the_chain_is_refused(town, other):
    write_new_file(town.folder / "other.pub.pem", key_pem(getattr(town.city, other)).encode())
    result = town.ceremony("--approver", town.folder / "other.pub.pem", code=1)
    assert "a key of its own" in result.stderr


def test_a_root_key_of_somebody_else_is_refused(town):
    (town.folder / "root.pem").unlink()
    write_new_file(town.folder / "root.pem", private_pem(new_key(), None))
    assert "not signed by this root key" in town.ceremony(code=2).stderr
    assert not (town.folder / "signer").exists()


def test_the_ceremony_without_a_server_leaves_a_file_to_carry(town):
    town.run("keys", "show", "--server", SERVER, "--out", town.folder / "keys.json")
    town.ceremony("--keys", town.folder / "keys.json", "--no-publish")
    assert json.loads(town.run("keys", "show", "--server", SERVER, "--json").stdout)["destruction"] is False
    town.run("keys", "publish", town.folder / "signer" / "next-keys.json", "--server", SERVER)
    assert json.loads(town.run("keys", "show", "--server", SERVER, "--json").stdout)["destruction"] is True


def test_one_person_stops_and_two_resume(town):
    town.ceremony()
    laptop = Laptop()
    due(town, laptop)
    sign(town, "mayor", "clerk")
    directory = town.folder / "signer"
    stop = town.run("signer", "stop", "--directory", directory, "--reason", "wrong list?").stdout.strip()
    assert round_once(town, code=1)["stopped"] is True
    assert status(town)["stops"][0]["reason"] == "wrong list?"
    for name in ("mayor", "clerk"):
        town.run(
            "approve",
            "resume",
            stop,
            "--key",
            town.folder / f"{name}.pem",
            "--out",
            town.folder / f"{name}.json",
        )
    mayor, clerk = town.folder / "mayor.json", town.folder / "clerk.json"
    result = town.run("signer", "resume", "--directory", directory, "--approval", mayor, code=1)
    assert "needs the signatures of 2 approvers" in result.stderr
    town.run("signer", "resume", "--directory", directory, "--approval", mayor, "--approval", mayor, code=1)
    assert round_once(town, code=1)["stopped"] is True
    town.run("signer", "resume", "--directory", directory, "--approval", mayor, "--approval", clerk)
    assert round_once(town)["released"] == [laptop.serial]


def test_both_approvers_may_sign_one_resume(town):
    town.ceremony()
    directory = town.folder / "signer"
    stop = town.run("signer", "stop", "--directory", directory, "--reason", "test").stdout.strip()
    first, both = town.folder / "first.json", town.folder / "both.json"
    town.run("approve", "resume", stop, "--key", town.folder / "mayor.pem", "--out", first)
    town.run("approve", "resume", stop, "--key", town.folder / "clerk.pem", "--add-to", first, "--out", both)
    town.run("signer", "resume", "--directory", directory, "--approval", both)
    assert round_once(town)["stopped"] is False


def test_a_resume_of_an_earlier_stop_does_not_lift_a_later_one(town):
    town.ceremony()
    directory = town.folder / "signer"
    files = []
    stop = town.run("signer", "stop", "--directory", directory, "--reason", "one").stdout.strip()
    for name in ("mayor", "clerk"):
        files += ["--approval", town.folder / f"{name}.json"]
        town.run("approve", "resume", stop, "--key", town.folder / f"{name}.pem", "--out", files[-1])
    town.run("signer", "resume", "--directory", directory, *files)
    town.run("signer", "stop", "--directory", directory, "--reason", "two")
    town.run("signer", "resume", "--directory", directory, *files, code=1)
    assert round_once(town, code=1)["stopped"] is True


def test_resuming_what_was_not_stopped_is_told(town):
    town.ceremony()
    statement = town.folder / "resume.json"
    town.run("approve", "resume", "kuntala/stop-1", "--key", town.folder / "mayor.pem", "--out", statement)
    result = town.run(
        "signer", "resume", "--directory", town.folder / "signer", "--approval", statement, code=1
    )
    assert "No stop stands" in result.stderr


def test_a_vetoed_manifest_is_never_released(town):
    town.ceremony()
    due(town, Laptop())
    sign(town, "mayor", "clerk")
    town.run("signer", "veto", "manifest-1", "--directory", town.folder / "signer", "--reason", "wrong list")
    assert round_once(town)["held"][0]["hold"] == "vetoed"
    assert not town.releases()


def test_the_machines_clock_is_the_only_one_for_keys_made_in_earnest(town):
    town.ceremony()
    result = town.run(
        "signer", "run", "--directory", town.folder / "signer", "--once",
        "--demo-clock", town.folder / "demo-clock", code=1,
    )  # fmt: skip
    assert "machine's clock only" in result.stderr


@pytest.mark.parametrize("town", [Profile.DEMO], indirect=True)
def test_a_demos_clock_can_be_moved(town):
    town.ceremony("--cooling-off-hours", 0)
    ahead = timedelta(days=3)
    (town.folder / "demo-clock").write_text(f"{ahead // timedelta(microseconds=1)}\n")
    laptop = Laptop()
    entry = laptop.entry(not_before=datetime.now(UTC) + timedelta(days=2))
    town.prepare(laptop, entries=(entry,), issued=PAST, expires=FUTURE)
    sign(town, "mayor", "clerk")
    assert round_once(town)["held"][0]["hold"] == "not_due"
    result = town.run(
        "signer", "run", "--directory", town.folder / "signer", "--once", "--json",
        "--demo-clock", town.folder / "demo-clock",
    )  # fmt: skip
    assert json.loads(result.stdout)["released"] == [laptop.serial]


def test_a_directory_without_a_signer_is_told(town):
    result = town.run("signer", "run", "--directory", town.folder / "nothing", "--once", code=2)
    assert "tenure signer init" in result.stderr


def test_a_directory_that_others_can_write_to_is_refused(town):
    town.ceremony()
    (town.folder / "signer").chmod(0o777)
    result = town.run("signer", "run", "--directory", town.folder / "signer", "--once", code=2)
    assert "chmod 700" in result.stderr


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "cannot be read"),
        (b'{"municipality": "kuntala"}', "cannot be read"),
        (b'{"municipality": "k", "server": "s", "audience": "a", "wipes_per_hour": 0}', "wipes_per_hour"),
        (b'{"municipality": "k", "server": "s", "audience": "a", "all": true}', "all"),
    ],
)
def test_settings_that_make_no_sense_are_refused(town, content, told):
    town.ceremony()
    (town.folder / "signer" / "settings.json").write_bytes(content)
    result = town.run("signer", "status", "--directory", town.folder / "signer", code=2)
    assert told in result.stderr


def test_the_status_says_in_words_what_is_held_and_why(town):
    town.ceremony()
    due(town, Laptop())
    sign(town, "mayor")
    round_once(town)
    shown = town.run("signer", "status", "--directory", town.folder / "signer").stdout
    assert "destruction    on" in shown
    assert "manifest-1" in shown
    assert "not_approved" in shown


def test_a_signer_that_finds_no_server_goes_on_asking_and_ends_when_told(town):
    town.ceremony()
    settings = town.folder / "signer" / "settings.json"
    settings.write_text(settings.read_text().replace(SERVER, "http://127.0.0.1:9"))
    command = [sys.executable, "-m", "tenure_server.cli", "signer", "run", "--poll-seconds", "0.1"]
    with subprocess.Popen(
        [*command, "--directory", town.folder / "signer"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        told = [process.stderr.readline() for _ in range(3)]
        process.terminate()
        rest = process.communicate(timeout=30)
    assert "signer_runs" in told[0]
    assert all("server_unavailable" in line for line in told[1:])
    assert process.returncode == 0
    assert rest[0] == ""
