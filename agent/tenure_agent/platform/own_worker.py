"""Starts this agent's own visit as a process of its own; the resident watcher's light way to do it.

`commands` runs the machine's programs and carries what that takes; the watcher stays resident all day and
starts one thing only, so it gets one function on `os` and nothing else. Same rules: a fixed executable (this
interpreter), an argument list, no shell; who starts it also bounds and reaps it.
"""

import os
import signal
import sys

IS_POSIX = os.name == "posix"


class Worker:
    """One running visit."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-I", "-m", *arguments]
        if IS_POSIX:
            self.pid = os.posix_spawn(sys.executable, command, os.environ, setpgroup=0)
        else:
            self.pid = os.spawnv(os.P_NOWAIT, sys.executable, command)  # noqa: S606 - this interpreter
        self.exit_code: int | None = None

    def is_over(self) -> bool:
        """Tell whether it ended; reaps it then."""
        if self.exit_code is None and IS_POSIX:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.exit_code = os.waitstatus_to_exitcode(status)
        elif self.exit_code is None:
            self.exit_code = _windows_exit_code(self.pid)
        return self.exit_code is not None

    def stop(self) -> None:
        """End it and its children now; the journal makes that safe."""
        if self.is_over():
            return
        if IS_POSIX:
            os.killpg(self.pid, signal.SIGKILL)
            _, status = os.waitpid(self.pid, 0)
            self.exit_code = os.waitstatus_to_exitcode(status)
        else:
            os.kill(self.pid, signal.SIGTERM)
            self.exit_code = -1


def _windows_exit_code(handle: int) -> int | None:
    import ctypes  # os.spawnv returns a process handle there; waitpid would block on it

    code = ctypes.c_ulong()
    windll = getattr(ctypes, "windll")  # noqa: B009 - absent from other systems' stubs
    windll.kernel32.GetExitCodeProcess(handle, ctypes.byref(code))
    still_active = 259
    return None if code.value == still_active else int(code.value)
