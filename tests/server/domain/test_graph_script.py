import re
import subprocess

import pytest

from fakes.az_command import tools
from tenure_server.domain.errors import InputError
from tenure_server.domain.graph_permissions import PERMISSIONS, Feature
from tenure_server.domain.graph_script import (
    ENVIRONMENTS,
    ScriptRequest,
    in_powershell,
    in_sh,
    script_request,
)
from tenure_server.domain.graph_script_az import az_script
from tenure_server.domain.graph_script_powershell import powershell_script

CLIENT = "11111111-2222-3333-4444-555555555555"
EVERYTHING = frozenset(Feature)
OF_MAILBOXES = {"MailboxSettings.Read", "MailboxSettings.ReadWrite", "Mail.Send"}
HOSTILE = [
    "'; Remove-Item -Recurse / #",
    "$(rm -rf /)",
    "`whoami`",
    '" -or 1 -eq 1 "',
    "\u2019; calc \u2018",
    "END_OF_EXCHANGE",
    "o'brien@rantala.example",
]


def asked(**changes) -> ScriptRequest:
    given = {
        "tenant": "rantala.example",
        "client_id": CLIENT,
        "cloud": "global",
        "wanted": EVERYTHING,
        "sender": "kunta@rantala.example",
        **changes,
    }
    return script_request(**given)


def strings_of_powershell(script: str) -> list[str]:
    """Return the quoted texts as PowerShell reads them; fails if one is left open."""
    quotes = "'\u2018\u2019\u201a\u201b"
    found = []
    for line in script.splitlines():
        if line.startswith("#"):
            continue
        at = 0
        while at < len(line):
            if line[at] == '"':
                at = line.index('"', at + 1) + 1
                continue
            if line[at] not in quotes:
                at += 1
                continue
            text, at = "", at + 1
            while not (line[at] in quotes and (at + 1 == len(line) or line[at + 1] not in quotes)):
                step = 2 if line[at] in quotes else 1
                text, at = text + line[at], at + step
            found.append(text)
            at += 1
    return found


@pytest.mark.parametrize("write", [powershell_script, az_script])
def test_a_script_consents_to_what_is_needed_and_never_to_what_exchange_can_limit(write) -> None:
    script = write(asked(), str)
    for one in PERMISSIONS.values():
        consented = one.role_id in script
        assert consented is (one.name not in OF_MAILBOXES), one.name
    assert "Application MailboxSettings.ReadWrite" in script
    assert "Application Mail.Send" in script
    assert "Application MailboxSettings.Read'" not in script


@pytest.mark.parametrize("write", [powershell_script, az_script])
def test_a_script_names_the_citys_own_ids(write) -> None:
    script = write(asked(laptop_client_id=CLIENT.replace("1", "9")), str)
    assert CLIENT in script
    assert CLIENT.replace("1", "9") in script
    assert "rantala.example" in script
    assert "New-MgApplication" not in script
    assert "az ad app create" not in script


@pytest.mark.parametrize("write", [powershell_script, az_script])
def test_without_a_registration_a_script_makes_one_and_prints_the_setting(write) -> None:
    script = write(asked(client_id=""), str)
    assert "tenure-graph.crt" in script
    assert "graph_client_id" in script
    assert "graph_laptop_client_id" in script


@pytest.mark.parametrize("write", [powershell_script, az_script])
def test_what_is_not_wanted_is_not_in_the_script(write) -> None:
    script = write(asked(wanted=frozenset({Feature.LOOK}), sender=""), str)
    assert "Application MailboxSettings.Read'" in script
    assert "ReadWrite'" not in re.sub(r"-Scopes .*", "", script)
    assert "Tenure sender" not in script
    assert "Tenure laptops" not in script
    only_laptops = write(asked(wanted=frozenset({Feature.LAPTOPS}), sender=""), str)
    assert "Connect-ExchangeOnline" not in only_laptops
    assert "appRoleAssignments" not in only_laptops
    assert "Tenure laptops" in only_laptops


def test_trustees_are_marked_by_a_group_or_by_an_attribute() -> None:
    by_group = powershell_script(asked(group="trustees@rantala.example"), str)
    assert "Get-Group -Identity 'trustees@rantala.example'" in by_group
    assert "MemberOfGroup -eq '" in by_group
    by_attribute = powershell_script(asked(attribute="CustomAttribute15=trustee"), str)
    assert "'CustomAttribute15 -eq ''trustee'''" in by_attribute
    assert "Get-Group" not in by_attribute


@pytest.mark.parametrize(("cloud", "environment"), ENVIRONMENTS.items())
def test_each_cloud_has_its_tools_own_names(cloud: str, environment) -> None:
    powershell = powershell_script(asked(cloud=cloud), str)
    assert f"-Environment '{environment.graph_module}'" in powershell
    assert (environment.exchange_module in powershell) is (cloud != "global")
    az = az_script(asked(cloud=cloud), str)
    assert environment.graph in az
    assert (f"az cloud set --name '{environment.az}'" in az) is (cloud != "global")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_names_stay_texts_in_powershell(hostile: str) -> None:
    script = powershell_script(asked(group=hostile, sender=hostile), str)
    texts = strings_of_powershell(script)
    assert hostile in texts
    assert f"PrimarySmtpAddress -eq '{hostile.replace(chr(39), chr(39) * 2)}'" in texts


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_names_stay_texts_in_a_shell(hostile: str, tmp_path) -> None:
    script = tmp_path / "grant.sh"
    script.write_text(az_script(asked(group=hostile, sender=hostile), str), encoding="utf-8")
    subprocess.run(["sh", "-n", str(script)], check=True, capture_output=True)
    printed = subprocess.run(["sh", "-c", f"printf %s {in_sh(hostile)}"], check=True, capture_output=True)
    assert printed.stdout.decode() == hostile


def test_quoting_doubles_every_kind_of_apostrophe_that_powershell_knows() -> None:
    assert in_powershell("a'b\u2019c") == "'a''b\u2019\u2019c'"


@pytest.mark.parametrize(
    "wrong",
    [
        {"tenant": "x; rm -rf /"},
        {"tenant": ""},
        {"tenant": "nodots"},
        {"client_id": "not-an-id"},
        {"laptop_client_id": CLIENT + "0"},
        {"group": "a\nb"},
        {"group": "a\u202eb"},
        {"group": "x" * 300},
        {"sender": "a\r\nb"},
        {"sender": ""},
        {"attribute": "Department=x"},
        {"attribute": "CustomAttribute16=x"},
        {"attribute": "CustomAttribute1=x' -or Name -like '*"},
        {"attribute": "CustomAttribute1=x", "group": "g"},
    ],
)
def test_what_cannot_be_written_safely_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(InputError):
        asked(**wrong)


def test_a_translation_never_leaves_its_comment() -> None:
    script = powershell_script(asked(), lambda _message: "one\nRemove-Item /\r\nthree")
    assert not [line for line in script.splitlines() if line.startswith("Remove-Item")]


def test_nothing_is_taken_back_without_being_asked() -> None:
    assert "Remove-MgServicePrincipalAppRoleAssignment" in powershell_script(asked(), str)
    assert "-Confirm\n" in powershell_script(asked(), str)
    assert "read -r answer </dev/tty" in az_script(asked(), str)


def test_the_scripts_say_that_they_were_not_run_on_a_live_tenant() -> None:
    for write in (powershell_script, az_script):
        assert "not yet run on a live tenant" in write(asked(), str)


def test_the_shell_script_grants_what_is_missing_once_and_exchange_the_rest(tmp_path) -> None:
    here = tools(tmp_path)
    wanted = [one.role_id for one in PERMISSIONS.values() if one.name not in OF_MAILBOXES]
    here.consent(*wanted[:2])
    script = az_script(asked(group="o'brien's"), str)
    first = here.run(script)
    assert first.returncode == 0, first.stderr
    assert here.consents == wanted
    assert len(here.asked("rest", "POST")) == len(wanted) - 2
    assert (tmp_path / "pwsh.txt").read_text() == f"{CLIENT} object-of-{CLIENT}"
    assert "Get-Group -Identity 'o''brien''s'" in (tmp_path / "exchange.ps1").read_text()
    assert here.run(script).returncode == 0
    assert len(here.asked("rest", "POST")) == len(wanted) - 2
    assert here.asked("rest", "DELETE") == []


def test_the_shell_script_takes_nothing_back_where_nobody_can_be_asked(tmp_path) -> None:
    here = tools(tmp_path)
    too_much = PERMISSIONS["Mail.Send"].role_id
    here.consent(too_much)
    ended = here.run(az_script(asked(), str))
    assert ended.returncode != 0
    assert f"{too_much}? [y/N]" in ended.stdout
    assert here.asked("rest", "DELETE") == []
    assert too_much in here.consents
    assert here.asked("permission", "grant"), "laptops were set up before the question"


def test_the_shell_script_registers_both_apps_and_prints_their_settings(tmp_path) -> None:
    here = tools(tmp_path)
    (tmp_path / "tenure-graph.crt").write_text("certificate")
    ended = here.run(az_script(asked(client_id=""), str))
    assert ended.returncode == 0, ended.stderr
    assert 'graph_client_id = "00000000-0000-0000-0000-000000000001"' in ended.stdout
    assert 'graph_laptop_client_id = "00000000-0000-0000-0000-000000000002"' in ended.stdout
    assert here.asked("credential", "reset", "@tenure-graph.crt", "--append")
    (grant,) = here.asked("permission", "grant")
    assert "User.Read MailboxSettings.Read MailboxSettings.ReadWrite offline_access" in grant
