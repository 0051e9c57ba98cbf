from pathlib import Path
from time import monotonic

import pytest

from fakes.osqueryd import FakeOsqueryd
from tenure_agent.adapters.fallback_tables import FallbackTables
from tenure_agent.adapters.guarded_sql import Limits
from tenure_agent.adapters.native_tables import NativeTables
from tenure_agent.adapters.osquery_tables import OsqueryTables
from tenure_agent.errors import QueryRefusedError, TablesUnavailableError, UnknownTableError

ROWS = {"os_version": [{"name": "from osqueryd", "version": "1"}]}
NATIVE = {"os_version": lambda: [{"name": "from the agent"}], "agent_info": lambda: [{"version": "9"}]}


@pytest.mark.parametrize("behaviour", ["hang", "garbage", "hang_up"])
def test_an_osqueryd_that_does_not_answer_is_given_up_in_time(tmp_path: Path, behaviour: str) -> None:
    with FakeOsqueryd(tmp_path / "em", ROWS, behaviour):
        tables = OsqueryTables(tmp_path / "em", timeout_seconds=0.3)
        began = monotonic()
        with pytest.raises(TablesUnavailableError):
            tables.query("SELECT name FROM os_version")
        assert monotonic() - began < 3


def test_an_osqueryd_that_hung_once_is_not_waited_for_again(tmp_path: Path) -> None:
    with FakeOsqueryd(tmp_path / "em", ROWS, "hang"):
        tables = FallbackTables(OsqueryTables(tmp_path / "em", timeout_seconds=0.5), NativeTables(NATIVE))
        assert tables.query("SELECT name FROM os_version") == ({"name": "from the agent"},)
        began = monotonic()
        assert tables.query("SELECT name FROM os_version") == ({"name": "from the agent"},)
        assert monotonic() - began < 0.4


def test_a_socket_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(TablesUnavailableError):
        OsqueryTables(tmp_path / "em").names()


def test_a_file_in_the_socket_s_place_is_not_asked(tmp_path: Path) -> None:
    (tmp_path / "em").write_text("not a socket")
    with pytest.raises(TablesUnavailableError):
        OsqueryTables(tmp_path / "em").names()


def test_a_socket_that_nobody_listens_on_is_unavailable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with FakeOsqueryd(tmp_path / "em", ROWS):
        pass
    with pytest.raises(TablesUnavailableError):
        OsqueryTables(tmp_path / "em").names()
    assert capsys.readouterr() == ("", "")


def test_an_error_of_osqueryd_is_a_refusal_with_its_words(tmp_path: Path) -> None:
    with FakeOsqueryd(tmp_path / "em", ROWS) as fake:
        tables = OsqueryTables(tmp_path / "em")
        tables.names()
        fake._behaviour = "fail"
        with pytest.raises(QueryRefusedError, match="no such thing"):
            tables.query("SELECT name FROM os_version")


def test_a_guarded_query_never_reaches_osqueryd(tmp_path: Path) -> None:
    with FakeOsqueryd(tmp_path / "em", ROWS) as fake:
        tables = OsqueryTables(tmp_path / "em", limits=Limits(seconds=0.2))
        tables.names()
        asked = len(fake.asked)
        for sql in ("DELETE FROM os_version", "SELECT * FROM processes", "PRAGMA user_version"):
            with pytest.raises((QueryRefusedError, UnknownTableError)):
                tables.query(sql)
        assert len(fake.asked) == asked


def test_osqueryd_is_asked_before_the_agent_s_own_tables(tmp_path: Path) -> None:
    with FakeOsqueryd(tmp_path / "em", ROWS):
        tables = FallbackTables(OsqueryTables(tmp_path / "em"), NativeTables(NATIVE))
        assert tables.query("SELECT name FROM os_version") == ({"name": "from osqueryd"},)


def test_a_table_that_osqueryd_lacks_is_the_agent_s_to_answer(tmp_path: Path) -> None:
    with FakeOsqueryd(tmp_path / "em", ROWS):
        tables = FallbackTables(OsqueryTables(tmp_path / "em"), NativeTables(NATIVE))
        assert tables.query("SELECT version FROM agent_info") == ({"version": "9"},)
        assert tables.query("SELECT name FROM os_version") == ({"name": "from osqueryd"},)
        assert tables.names() == {"os_version", "agent_info"}


def test_a_table_that_nobody_has_is_unknown(tmp_path: Path) -> None:
    with FakeOsqueryd(tmp_path / "em", ROWS):
        tables = FallbackTables(OsqueryTables(tmp_path / "em"), NativeTables(NATIVE))
        with pytest.raises(UnknownTableError):
            tables.query("SELECT * FROM programs")
