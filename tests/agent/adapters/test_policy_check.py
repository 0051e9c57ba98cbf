from collections.abc import Mapping
from pathlib import Path

import pytest

from fakes.laptop_files import write, write_efi_flag, write_laptop
from tenure_agent.adapters.laptop import laptop_tables
from tenure_agent.adapters.policy_check import check
from tenure_agent.errors import (
    QueryLimitError,
    QueryRefusedError,
    TableError,
    TablesUnavailableError,
    UnknownTableError,
    UnreadableTableError,
)
from tenure_agent.ports import Rows
from tenure_policies.catalog import device_policies
from tenure_policies.document import parse
from tenure_policies.evaluate import Outcome, Reason

GNOME = {
    "org.gnome.desktop.screensaver": {"lock-enabled": "true", "lock-delay": "uint32 0"},
    "org.gnome.desktop.session": {"idle-delay": "uint32 300"},
}


class Desktop:
    def __init__(self, idle: str = "uint32 300") -> None:
        self._idle = idle

    def read(self, schema: str, uid: int, gid: int, home: str) -> Mapping[str, str]:
        found = dict(GNOME[schema])
        if "idle-delay" in found:
            found["idle-delay"] = self._idle
        return found


def _outcomes(root: Path, desktop: Desktop | None = None) -> dict[str, str]:
    tables = laptop_tables(settings=desktop or Desktop(), root=root)
    return {verdict.policy: verdict.outcome.value for verdict in check(device_policies(), tables, "linux")}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_laptop(tmp_path)
    return tmp_path


def test_the_invented_laptop_is_judged_policy_by_policy(root: Path) -> None:
    assert _outcomes(root) == {
        "disk-encryption": "pass",
        "data-encryption": "fail",
        "screen-lock": "pass",
        "automatic-updates": "pass",
        "updates-looked-for": "pass",
        "no-restart-due": "pass",
        "meeting-system": "pass",
        "web-browser": "pass",
        "terminal-document-camera": "pass",
        "terminal-touch-screen": "fail",
        "terminal-call-button": "fail",
        "secure-boot": "pass",
        "tpm": "pass",
        "firmware-password": "pass",
        "erase-program": "fail",
        "no-foreign-storage": "fail",
        "network-without-sign-in": "pass",
    }


def test_an_unencrypted_system_disk_fails(root: Path) -> None:
    write(root, "sys/class/block/dm-0/dm/uuid", "LVM-plain\n")
    assert _outcomes(root)["disk-encryption"] == "fail"


def test_with_private_storage_taken_out_only_encrypted_data_passes(root: Path) -> None:
    mounts = (
        "1 0 254:1 / / rw - ext4 /dev/mapper/city-root rw\n3 1 259:2 / /boot rw - ext4 /dev/nvme0n1p2 rw\n"
    )
    write(root, "proc/1/mountinfo", mounts)
    assert _outcomes(root)["data-encryption"] == "pass"
    assert _outcomes(root)["no-foreign-storage"] == "pass"


@pytest.mark.parametrize("idle", ["uint32 0", "uint32 3600"])
def test_a_screen_that_never_locks_or_too_late_fails(root: Path, idle: str) -> None:
    assert _outcomes(root, Desktop(idle))["screen-lock"] == "fail"


def test_secure_boot_switched_off_fails(root: Path) -> None:
    write_efi_flag(root, "SecureBoot", 0)
    assert _outcomes(root)["secure-boot"] == "fail"


def test_a_laptop_that_tells_nothing_is_never_said_to_pass_or_to_fail_on_what_it_hides(
    tmp_path: Path,
) -> None:
    outcomes = _outcomes(tmp_path)
    hidden = ("disk-encryption", "automatic-updates", "web-browser", "firmware-password", "erase-program")
    assert {outcomes[name] for name in hidden} == {"unknown"}


class Raising:
    def __init__(self, error: TableError) -> None:
        self._error = error

    def names(self) -> frozenset[str]:
        return frozenset()

    def query(self, sql: str) -> Rows:
        raise self._error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (UnknownTableError("no {table}", table="apps"), Reason.MISSING_TABLE),
        (UnreadableTableError("hidden {table}", table="apps"), Reason.UNREADABLE),
        (QueryRefusedError("no"), Reason.REFUSED),
        (QueryLimitError("slow"), Reason.LIMIT),
        (TablesUnavailableError("gone"), Reason.UNAVAILABLE),
    ],
)
def test_a_query_that_cannot_be_answered_is_unknown_with_its_reason(
    error: TableError, reason: Reason
) -> None:
    (verdict,) = check(parse("name: a\nquery: SELECT 1 FROM apps\n", "f"), Raising(error), "linux")
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, reason)
    assert verdict.why == str(error)


def test_one_policy_that_cannot_be_answered_stops_no_other(root: Path) -> None:
    policies = parse("- {name: a, query: SELECT 1 FROM apps}\n- {name: b, query: SELECT 1}\n", "f")
    verdicts = check(policies, laptop_tables(settings=Desktop(), root=root), "linux")
    assert [verdict.outcome.value for verdict in verdicts] == ["unknown", "pass"]


def test_a_policy_for_another_system_is_unknown_and_not_asked(root: Path) -> None:
    policies = parse("name: a\nquery: SELECT 1\nplatform: windows\n", "f")
    (verdict,) = check(policies, laptop_tables(settings=Desktop(), root=root), "linux")
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.OTHER_PLATFORM)
