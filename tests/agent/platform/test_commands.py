import os
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest

from tenure_agent.errors import CommandFailedError, CommandMissingError, CommandTimeoutError
from tenure_agent.platform import commands
from tenure_agent.platform.commands import Account, Command

PYTHON = Command(name="python", paths=("/nowhere/python", sys.executable))


def _python(code: str, **options: object) -> commands.Result:
    return PYTHON.run("-I", "-c", code, **options)  # type: ignore[arg-type]


def test_the_first_path_that_holds_a_program_is_taken() -> None:
    assert PYTHON.path() == sys.executable
    assert PYTHON.is_present()


def test_a_program_that_is_not_there_is_told_by_name_and_path() -> None:
    missing = Command(name="magic", paths=("/nowhere/magic",))
    assert not missing.is_present()
    with pytest.raises(CommandMissingError, match=r"magic is not on this machine .*/nowhere/magic"):
        missing.run()


def test_a_file_that_cannot_be_executed_is_no_program(tmp_path: Path) -> None:
    (tmp_path / "program").write_text("no")
    assert not Command(name="p", paths=(str(tmp_path / "program"),)).is_present()


def test_a_file_that_is_no_program_cannot_be_started(tmp_path: Path) -> None:
    (tmp_path / "program").write_bytes(b"\x7fELF broken")
    (tmp_path / "program").chmod(0o755)
    with pytest.raises(CommandMissingError, match="cannot be started"):
        Command(name="p", paths=(str(tmp_path / "program"),)).run()


def test_both_outputs_and_the_exit_code_are_kept() -> None:
    result = _python("import sys; print('ä'); sys.stderr.write('e'); sys.exit(3)", accept=(0, 3))
    assert (result.text, result.stderr, result.exit_code) == ("ä\n", b"e", 3)


def test_an_exit_code_that_is_no_answer_is_an_error_with_the_end_of_what_was_said() -> None:
    with pytest.raises(CommandFailedError) as caught:
        _python("import sys; sys.stderr.write('x' * 9000 + 'the end'); sys.exit(5)")
    assert caught.value.exit_code == 5
    assert caught.value.stderr.endswith("the end")
    assert len(caught.value.stderr) <= 500


def test_secrets_go_through_standard_input() -> None:
    result = _python("import sys; print(sys.stdin.buffer.read() == b'secret')", stdin=b"secret")
    assert result.text == "True\n"


def test_a_program_that_does_not_end_is_killed_with_its_children(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    code = (
        "import subprocess, sys, time, pathlib;"
        f"child = subprocess.Popen([sys.executable, '-I', '-c', 'import time; time.sleep(60)']);"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(child.pid)); time.sleep(60)"
    )
    began = monotonic()
    with pytest.raises(CommandTimeoutError, match="did not finish"):
        _python(code, timeout_seconds=2)
    assert monotonic() - began < 10
    assert _dies(int(pid_file.read_text()), seconds=5)


def _dies(pid: int, seconds: float) -> bool:
    ends = monotonic() + seconds
    while monotonic() < ends:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        # Reparented to init, it may stay a zombie for a moment: dead all the same.
        if state == "Z":
            return True
        sleep(0.02)
    return False


def test_the_agent_s_own_environment_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENURE_SECRET", "x")
    monkeypatch.setenv("LD_PRELOAD_LIKE", "x")
    code = "import os; print(sorted(set(os.environ) - {'LC_CTYPE'}))"
    result = _python(code, environment={"ADDED": "1"})
    assert result.text == "['ADDED', 'LC_ALL', 'PATH']\n"


def test_a_program_sees_no_terminal() -> None:
    assert _python("import os; print(os.getsid(0) == os.getpid())").text == "True\n"


def test_arguments_are_not_read_by_a_shell() -> None:
    assert PYTHON.run("-I", "-c", "import sys; print(sys.argv[1])", "$(id); `id`").text == "$(id); `id`\n"


def test_running_as_oneself_needs_no_rights(tmp_path: Path) -> None:
    me = Account(uid=os.geteuid(), gid=os.getegid(), home=str(tmp_path))
    assert _python("import os; print(os.environ['HOME'])", account=me).text == f"{tmp_path}\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming somebody else needs root")
def test_running_as_somebody_else_drops_every_right_of_ours(tmp_path: Path) -> None:
    other = Account(uid=65534, gid=65534, home="/")
    program = Command(name="id", paths=("/usr/bin/id", "/bin/id"))
    assert "uid=65534" in program.run(account=other).text
    assert "0(root)" not in program.run(account=other).text


@pytest.mark.parametrize("command", commands.ALL, ids=lambda command: command.name)
def test_every_named_program_has_absolute_paths_and_a_time_limit(command: Command) -> None:
    assert command.paths
    assert all(Path(path).is_absolute() for path in command.paths)
    assert command.timeout_seconds > 0


def test_no_other_module_of_the_agent_runs_programs() -> None:
    package = Path(commands.__file__).parents[1]
    starting = ("import subprocess", "from subprocess", "os.system", "os.popen", "import pty")
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for word in starting
        if word in path.read_text("utf-8")
    }
    assert found == {"platform/commands.py"}
