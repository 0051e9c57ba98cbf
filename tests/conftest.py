"""What all tests share: nothing may be skipped where everything must be present."""

import os
from importlib.util import find_spec

import pytest
from hypothesis import settings

# The agent's tests also run where no server package is installed (./dev alone).
pytest_plugins = ["fakes.databases"] if find_spec("tenure_server") else []

# A gate says the same of the same code twice; everywhere else new examples are searched at every run.
settings.register_profile("gate", derandomize=True, database=None)
if os.environ.get("TENURE_TEST_REQUIRE_ALL") == "1":
    settings.load_profile("gate")

ONLY_REASON = "the shared specification folder is absent"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the skips that a complete machine would not have."""
    for report in _unwanted_skips(terminalreporter):
        terminalreporter.write_line(f"skipped for want of a component: {report.nodeid}: {report.longrepr}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that must be complete and was not."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("TENURE_TEST_REQUIRE_ALL") == "1" and reporter and _unwanted_skips(reporter):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _unwanted_skips(reporter: pytest.TerminalReporter) -> list[pytest.TestReport]:
    if os.environ.get("TENURE_TEST_REQUIRE_ALL") != "1":
        return []
    return [report for report in reporter.stats.get("skipped", []) if ONLY_REASON not in str(report.longrepr)]
