import psutil

from tenure_agent.adapters import laptop, portable_tables
from tenure_agent.adapters.native_tables import NativeTables


def _tables() -> NativeTables:
    return NativeTables(portable_tables.readers())


def test_psutil_tells_processors_and_memory() -> None:
    (row,) = _tables().query("SELECT cpu_logical_cores, physical_memory FROM system_info")
    assert list(row.values()) == [str(psutil.cpu_count()), str(psutil.virtual_memory().total)]


def test_python_tells_the_system_and_its_kernel() -> None:
    (row,) = _tables().query("SELECT platform, name FROM os_version")
    assert row["platform"] == laptop.this_platform()
    assert _tables().query("SELECT version FROM kernel_info")[0]["version"]


def test_the_parts_of_the_uptime_add_up() -> None:
    (row,) = _tables().query("SELECT * FROM uptime")
    parts = {name: int(value) for name, value in row.items()}
    assert (
        parts["total_seconds"]
        == ((parts["days"] * 24 + parts["hours"]) * 60 + parts["minutes"]) * 60 + parts["seconds"]
    )
