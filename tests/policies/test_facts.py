import sqlite3

import pytest

from tenure_policies.facts import DOCUMENTS, SECURITY_RELEVANT_PACKAGES, TABLES

# What the domain forbids to collect, as osquery names it.
NEVER = {
    "chrome_extensions", "firefox_addons", "safari_extensions", "file", "file_events", "hash", "processes",
    "process_events", "process_open_files", "logged_in_users", "last", "shell_history", "wifi_networks",
    "wifi_survey", "wifi_status", "interface_addresses", "arp_cache", "dns_cache", "keyboard_events",
    "recent_files", "browser_plugins", "curl", "carves", "registry", "plist", "extended_attributes", "mdfind",
    "location_services", "user_interaction_events", "screenshots", "ssh_configs", "known_hosts",
}  # fmt: skip


@pytest.fixture
def database() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    for table in TABLES.values():
        connection.execute(table.create_statement())
    return connection


def test_every_table_can_be_made(database: sqlite3.Connection) -> None:
    made = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    assert made == set(TABLES)
    database.close()


def test_what_is_never_collected_cannot_even_be_asked() -> None:
    assert not NEVER & set(TABLES)


def test_accounts_have_no_real_names_and_boot_parameters_no_table() -> None:
    assert "description" not in TABLES["users"].columns
    assert "arguments" not in TABLES["kernel_info"].columns


def test_network_profiles_and_agents_know_no_network_s_name() -> None:
    assert not {"name", "id", "ssid"} & set(TABLES["network_profiles"].columns)


def test_every_section_asks_for_columns_of_the_allow_list(database: sqlite3.Connection) -> None:
    for sections in DOCUMENTS.values():
        for section in sections:
            answer = database.execute(section.sql)
            assert section.integers <= {column[0] for column in answer.description}
    database.close()


def test_sections_of_a_document_have_names_of_their_own() -> None:
    for sections in DOCUMENTS.values():
        assert len({section.name for section in sections}) == len(sections)


@pytest.mark.parametrize(
    "changing", ["uptime", "users", "usb_devices", "network_profiles", "desktop_entries", "blocks_free"]
)
def test_no_document_carries_what_is_private_or_changes_by_itself(changing: str) -> None:
    asked = " ".join(section.sql for sections in DOCUMENTS.values() for section in sections)
    assert changing not in asked


def test_the_full_list_of_programs_is_never_asked_for_a_document() -> None:
    for sections in DOCUMENTS.values():
        for section in sections:
            if "deb_packages" in section.sql:
                assert all(f"'{name}'" in section.sql for name in SECURITY_RELEVANT_PACKAGES)
