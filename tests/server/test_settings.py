"""Settings come from a file, the environment and flags; what cannot be used is named with an example."""

from pathlib import Path

import pytest

from tenure_server.settings import SettingError, Settings, read_settings, to_environment

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"


def test_no_setting_at_all_is_enough(tmp_path: Path) -> None:
    settings = read_settings({"data_directory": tmp_path}, {})
    assert settings.database_url == f"sqlite:///{tmp_path}/tenure.sqlite"
    assert settings.base_url == "http://127.0.0.1:8420"
    assert settings.profile == "production"


def test_a_flag_beats_the_environment_which_beats_the_file(tmp_path: Path) -> None:
    (tmp_path / "tenure.toml").write_text('port = 1\nname = "From file"\nworkers = 3\n')
    environment = {"TENURE_PORT": "2", "TENURE_NAME": "From environment"}
    settings = read_settings({"data_directory": tmp_path, "port": "4"}, environment)
    assert (settings.port, settings.name, settings.workers) == (4, "From environment", 3)


def test_the_settings_file_may_be_named_by_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text("port = 7\n")
    assert read_settings({"data_directory": tmp_path}, {"TENURE_CONFIG": str(file)}).port == 7


@pytest.mark.parametrize(
    ("flags", "environment", "named"),
    [
        ({"port": "eighty"}, {}, "port"),
        ({"port": "70000"}, {}, "port"),
        ({}, {"TENURE_PROT": "8420"}, "TENURE_PROT"),
        ({"database": "mysql://x/y"}, {}, "database"),
        ({"municipality": "Bad Name"}, {}, "municipality"),
        ({"public_url": "tenure.example.org"}, {}, "public_url"),
        ({"tls_certificate": "a.crt"}, {}, "tls_certificate and tls_key come together"),
        ({"host": "0.0.0.0"}, {}, "host"),
        ({"movable_clock": "true"}, {}, "movable_clock"),
        ({"workers": "0"}, {}, "workers"),
        ({"accounts": "graph"}, {}, "graph_tenant"),
        ({"graph_sender": "tenure@rantala.example"}, {}, "graph_tenant"),
        ({"graph_sender": "a@b.example", "graph_tenant": "b.example"}, {}, "graph_certificate"),
        ({"accounts": "graph", "graph_tenant": "b.example", "graph_client_id": "1"}, {}, "graph_tenant"),
        ({"smtp_host": "smtp.example"}, {}, "mail_from"),
        ({"mail_from": "a@b.example, c@b.example"}, {}, "mail_from"),
        ({"smtp_security": "ssl"}, {}, "smtp_security"),
        ({"smtp_user": "tenure"}, {}, "smtp_password_file"),
        ({"smtp_user": "tenure", "smtp_security": "none"}, {}, "smtp_security"),
        ({"staff_address": "it"}, {}, "staff_address"),
    ],
)
def test_what_cannot_be_used_is_named_with_an_example(
    tmp_path: Path, flags: dict[str, str], environment: dict[str, str], named: str
) -> None:
    with pytest.raises(SettingError) as caught:
        read_settings({"data_directory": tmp_path, **flags}, environment)
    assert named in str(caught.value)
    assert "Example: " in str(caught.value)


def test_an_unknown_setting_in_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "tenure.toml").write_text('nmae = "Rantala"\n')
    with pytest.raises(SettingError, match="nmae"):
        read_settings({"data_directory": tmp_path}, {})


def test_a_file_that_is_not_toml_or_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "tenure.toml").write_text("port = = 1")
    with pytest.raises(SettingError, match=r"tenure\.toml"):
        read_settings({"data_directory": tmp_path}, {})
    with pytest.raises(SettingError, match="does not exist"):
        read_settings({"data_directory": tmp_path}, {}, file=tmp_path / "none.toml")


def test_beyond_this_machine_it_listens_only_with_tls_or_behind_a_proxy(tmp_path: Path) -> None:
    open_host = {"data_directory": tmp_path, "host": "0.0.0.0"}
    assert read_settings({**open_host, "behind_proxy": "true"}, {}).behind_proxy
    tls = {"tls_certificate": "a.crt", "tls_key": "a.key"}
    assert read_settings({**open_host, **tls}, {}).base_url.startswith("https://")


def test_worker_processes_read_the_same_settings_from_their_environment(tmp_path: Path) -> None:
    settings = read_settings({"data_directory": tmp_path, "port": "9", "workers": "2", "name": "Rantala"}, {})
    assert read_settings({}, to_environment(settings)) == settings


def test_every_setting_is_documented_with_its_default_and_an_example() -> None:
    text = DOCUMENT.read_text()
    for name, field in Settings.model_fields.items():
        assert f"### `{name}`" in text, f"docs/settings.md lacks {name}"
        assert field.description in text, f"docs/settings.md describes {name} otherwise"
        assert field.examples
        assert f"`TENURE_{name.upper()}`" in text


def test_a_setting_at_fault_is_named_once(tmp_path: Path) -> None:
    with pytest.raises(SettingError) as caught:
        read_settings({"data_directory": tmp_path, "graph_client_id": "x"}, {})
    assert str(caught.value).startswith("graph_tenant: Needed with graph_client_id.")
