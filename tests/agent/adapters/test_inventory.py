import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from fakes.laptop_files import write, write_laptop
from tenure_agent.adapters.inventory import canonical, digest, digests, inventory, observe
from tenure_agent.adapters.laptop import laptop_tables, this_platform
from tenure_agent.errors import CommandMissingError
from tenure_agent.ports import Tables
from tenure_policies.catalog import device_policies
from tenure_policies.facts import DOCUMENTS


class NoDesktop:
    def read(self, schema: str, uid: int, gid: int, home: str) -> Mapping[str, str]:
        raise CommandMissingError("{command} is missing", command="gsettings")


def _tables(root: Path) -> Tables:
    return laptop_tables(settings=NoDesktop(), root=root, device_key="software")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_laptop(tmp_path)


def test_the_documents_are_those_of_the_allow_list(root: Path) -> None:
    found = inventory(_tables(root))
    assert {name: set(document) for name, document in found.items()} == {
        name: {section.name for section in sections} for name, sections in DOCUMENTS.items()
    }


def test_a_laptop_s_inventory_tells_what_it_is(root: Path) -> None:
    found = inventory(_tables(root))
    assert found["system"]["system"] == {
        "hostname": "kunta-0042",
        "uuid": "4c4c4544-0000-1111-2222-333344445555",
        "cpu_brand": "Fast CPU",
        "cpu_logical_cores": 2,
        "physical_memory": 16_384_000_000,
        "hardware_vendor": "Maker",
        "hardware_model": "Book 14",
        "hardware_serial": "SN0042",
    }
    assert found["security"]["secure_boot"] == [{"secure_boot": 1, "setup_mode": 0}]
    assert found["os"]["updates"] == [{"source": "apt", "automatic": 1, "reboot_required": 0}]


def test_encryption_is_told_for_the_system_s_own_mount_points(root: Path) -> None:
    found = inventory(_tables(root))["storage"]["filesystems"]
    assert found == [
        {"path": "/", "type": "ext4", "encrypted": 1, "encryption": "LUKS2"},
        {"path": "/boot", "type": "ext4", "encrypted": 0, "encryption": None},
        {"path": "/home", "type": "ext4", "encrypted": 0, "encryption": None},
    ]


def test_the_disk_under_the_system_is_listed_and_a_private_stick_is_not(root: Path) -> None:
    found = inventory(_tables(root))["storage"]["disks"]
    assert found == [{"name": "/dev/nvme0n1", "vendor": None, "model": "Fast NVMe", "size_bytes": 2000 * 512}]


@pytest.mark.parametrize(
    "private",
    ["ester", "Esimerkki", "Koti", "oma levy", "palvelin", "portal", "oma-ohjelma", "Stick", "Document"],
)
def test_nothing_private_leaves_the_laptop(root: Path, private: str) -> None:
    told = b"".join(observe(device_policies(), _tables(root), "linux").values()).decode()
    assert private not in told


def test_of_the_installed_programs_only_security_relevant_versions_leave(root: Path) -> None:
    found = inventory(_tables(root))["security"]["packages"]
    assert found == [{"name": "firefox-esr", "version": "140.2.0esr-1~deb12u1"}]


def test_what_cannot_be_told_is_null_and_not_none(tmp_path: Path) -> None:
    found = inventory(_tables(tmp_path))
    assert found["security"]["packages"] is None
    assert found["security"]["tpm"] == []
    assert found["os"]["os"] is None


def test_two_looks_at_an_unchanged_laptop_have_equal_digests(root: Path) -> None:
    first = digests(inventory(_tables(root)))
    write(root, "proc/uptime", "99999.0 1.0\n")
    os.utime(root / "var/lib/apt/periodic/update-success-stamp", (1, 1))
    assert digests(inventory(_tables(root))) == first


def test_a_change_changes_the_digest_of_its_document_alone(root: Path) -> None:
    before = digests(inventory(_tables(root)))
    write(root, "proc/sys/kernel/osrelease", "6.1.0-31-amd64\n")
    after = digests(inventory(_tables(root)))
    assert {name for name in before if before[name] != after[name]} == {"os"}


@pytest.mark.skipif(this_platform() != "linux", reason="reads this machine's own /proc")
def test_this_very_machine_has_an_inventory_and_its_digests_hold_still() -> None:
    found = inventory(laptop_tables(settings=NoDesktop()))
    assert found["os"]["os"] is not None
    assert found["system"]["system"] is not None
    assert digests(inventory(laptop_tables(settings=NoDesktop()))) == digests(found)


def test_verdicts_leave_without_rows_or_counts(root: Path) -> None:
    told = json.loads(observe(device_policies(), _tables(root), "linux")["verdicts"])
    assert told["disk-encryption"] == {"verdict": "pass", "reason": "rows"}
    assert told["screen-lock"] == {"verdict": "unknown", "reason": "unreadable"}
    assert set(told) == {policy.name for policy in device_policies()}


def test_equal_documents_are_equal_bytes() -> None:
    assert canonical({"b": 1, "a": "ä"}) == '{"a":"ä","b":1}'.encode()
    assert digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})
