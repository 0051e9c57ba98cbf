import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fakes.osqueryd import FakeOsqueryd
from tenure_agent import cli
from tenure_agent.cli import main

PASS = "kind: policy\nspec: {name: passes, query: SELECT 1}\n"
FAIL = "kind: policy\nspec: {name: fails, query: SELECT 1 WHERE 0, resolution: Mend it.}\n"
UNKNOWN = "kind: policy\nspec: {name: unknowable, query: SELECT 1 FROM programs}\n"

Said = Callable[[], tuple[str, str]]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Said:
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)

    def read() -> tuple[str, str]:
        captured = capsys.readouterr()
        return captured.out, captured.err

    return read


@pytest.fixture
def policy(tmp_path: Path) -> Callable[[str], str]:
    def write(text: str, name: str = "policy.yaml") -> str:
        (tmp_path / name).write_text(text, "utf-8")
        return str(tmp_path / name)

    return write


def test_query_prints_rows_as_json(said: Said) -> None:
    assert main(["query", "SELECT 1 AS one, NULL AS blank", "--json"]) == 0
    out, err = said()
    assert json.loads(out) == [{"one": "1", "blank": ""}]
    assert err == ""


def test_query_prints_columns_for_people(said: Said) -> None:
    assert main(["query", "SELECT 'a' AS name, 'long text' AS value UNION SELECT 'bb', 'x'"]) == 0
    assert said()[0] == "name  value\na     long text\nbb    x\n"


def test_query_keeps_control_characters_from_the_terminal(said: Said) -> None:
    assert main(["query", "SELECT 'a' || char(27) || '[31m' AS name"]) == 0
    assert "\x1b" not in said()[0]


def test_a_query_without_rows_is_an_empty_list(said: Said) -> None:
    assert main(["query", "SELECT 1 WHERE 0", "--json"]) == 0
    assert json.loads(said()[0]) == []


@pytest.mark.parametrize("sql", ["DELETE FROM users", "PRAGMA user_version", "ATTACH 'x' AS y", "SELEC", ""])
def test_a_query_that_is_refused_prints_nothing_and_exits_2(said: Said, sql: str) -> None:
    assert main(["query", sql, "--json"]) == 2
    out, err = said()
    assert out == ""
    assert err.startswith("tenure-agent query: ")


def test_an_unknown_table_is_answered_with_those_that_are_shown(said: Said) -> None:
    assert main(["query", "SELECT * FROM processes"]) == 2
    assert "no table processes; it shows agent_info" in said()[1]


def test_query_asks_the_osqueryd_that_it_is_given(said: Said, tmp_path: Path) -> None:
    with FakeOsqueryd(tmp_path / "em", {"os_version": [{"name": "told by osqueryd"}]}):
        assert main(["query", "SELECT name FROM os_version", "--osquery-socket", str(tmp_path / "em")]) == 0
    assert "told by osqueryd" in said()[0]


def test_check_prints_a_verdict_for_each_policy(said: Said, policy: Callable[[str], str]) -> None:
    assert main(["check", policy(f"{PASS}---\n{FAIL}---\n{UNKNOWN}"), "--json"]) == 1
    verdicts = json.loads(said()[0])
    assert [(verdict["policy"], verdict["verdict"]) for verdict in verdicts] == [
        ("passes", "pass"),
        ("fails", "fail"),
        ("unknowable", "unknown"),
    ]
    assert verdicts[1]["why"] == "Mend it."
    assert all(set(verdict) == {"policy", "verdict", "why"} for verdict in verdicts)


@pytest.mark.parametrize(("text", "exit_code"), [(PASS, 0), (FAIL, 1), (UNKNOWN, 0)])
def test_only_a_failure_makes_check_answer_no(
    said: Said, policy: Callable[[str], str], text: str, exit_code: int
) -> None:
    assert main(["check", policy(text)]) == exit_code
    assert said()[0].count("\n") == 1


def test_check_reads_several_files(said: Said, policy: Callable[..., str]) -> None:
    assert main(["check", policy(PASS, "a.yaml"), policy(FAIL, "b.yml"), "--json"]) == 1
    assert len(json.loads(said()[0])) == 2


def test_check_never_prints_a_row(said: Said, policy: Callable[[str], str]) -> None:
    text = "name: secret\nquery: SELECT 'hush' AS word\n"
    main(["check", policy(text)])
    main(["check", policy(text), "--json"])
    assert "hush" not in "".join(said())


def test_every_policy_file_that_cannot_be_read_is_named_and_nothing_is_judged(
    said: Said, policy: Callable[..., str], tmp_path: Path
) -> None:
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("name: lätin".encode("latin-1"))
    files = [policy(PASS, "good.yaml"), policy("kind: query\n", "bad.yaml"), str(latin), str(tmp_path / "no")]
    assert main(["check", *files, "--json"]) == 2
    out, err = said()
    assert out == ""
    assert [Path(line.split(": ")[2].split(",")[0]).name for line in err.splitlines()] == [
        "bad.yaml",
        "latin.yaml",
        "no",
    ]


def test_a_huge_policy_file_is_refused_without_being_read_whole(said: Said, tmp_path: Path) -> None:
    with (tmp_path / "huge.yaml").open("wb") as file:
        file.truncate(10**12)
    assert main(["check", str(tmp_path / "huge.yaml")]) == 2
    assert "huge.yaml" in said()[1]


def test_check_speaks_the_policy_s_own_languages_to_people(
    said: Said, monkeypatch: pytest.MonkeyPatch, policy: Callable[[str], str]
) -> None:
    text = (
        "kind: device-policy\napiVersion: tenure/v1\nname: a\nrules: [P12]\n"
        "title: {fi: Levy, sv: Disk, en: Drive}\ndescription: {fi: a, sv: b, en: c}\n"
        "resolution: {fi: Salaa, sv: Kryptera, en: Encrypt}\n"
        "queries: {linux: SELECT 1 WHERE 0, darwin: SELECT 1 WHERE 0, windows: SELECT 1 WHERE 0}\n"
    )
    monkeypatch.setenv("LANG", "sv_FI.UTF-8")
    assert main(["check", policy(text)]) == 1
    assert said()[0].endswith("Disk: Kryptera\n")
    assert main(["check", policy(text), "--json"]) == 1
    assert json.loads(said()[0])[0]["why"] == "Encrypt"


def test_inventory_prints_documents_and_their_digests(said: Said) -> None:
    assert main(["inventory", "--json"]) == 0
    told = json.loads(said()[0])
    assert set(told["documents"]) == set(told["digests"]) == {"system", "os", "storage", "security"}
    assert all(len(digest) == 64 for digest in told["digests"].values())


def test_inventory_is_readable_by_people(said: Said) -> None:
    assert main(["inventory"]) == 0
    assert "os.kernel\n  version: " in said()[0]


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["check"], ["query"], ["query", "SELECT 1", "--jsn"]]
)
def test_wrong_use_exits_2_and_prints_nothing_on_standard_output(said: Said, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert said()[0] == ""


@pytest.mark.parametrize("name", ["query", "check", "inventory"])
def test_help_gives_an_example(said: Said, name: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main([name, "--help"])
    assert caught.value.code == 0
    assert f"tenure-agent {name}" in said()[0].split("Example:")[1]


def test_a_reader_that_goes_away_is_no_error() -> None:
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9000)"
    sql = f"{numbers} SELECT i, printf('%.100c', 'x') AS x FROM n"  # noqa: S608
    process = subprocess.Popen(
        [sys.executable, "-m", "tenure_agent.cli", "query", sql],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(30) == 0


def test_the_commands_of_the_laptop_import_neither_keys_nor_http() -> None:
    code = (
        "import sys; from tenure_agent.cli import main; main(['inventory', '--json']);"
        "print([m for m in ('cryptography', 'securesystemslib', 'http.client', 'yaml', 'osquery', 'psutil',"
        " 'msgspec') if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)
    assert done.stderr.decode().strip() == "[]"


def test_every_subcommand_s_module_is_there() -> None:
    from importlib.util import find_spec

    assert all(find_spec(subcommand.module) for subcommand in cli.SUBCOMMANDS.values())
