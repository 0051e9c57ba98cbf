"""What a visit leaves for the resident watcher: one small file, written whole or not at all, mode 0600."""

import json
import os
import secrets
from datetime import datetime
from pathlib import Path

from tenure_agent.adapters.connection import full_path, split_server
from tenure_agent.errors import JournalError
from tenure_agent.language import N_
from tenure_agent.ports import Clock
from tenure_policies.wire import WAIT_PATH

HTTP_PORT, HTTPS_PORT = 80, 443


class WatchState:
    """The file `watch.json` of an agent's directory, as `watch` reads it."""

    def __init__(self, path: Path, *, server: str, ca_file: str | None, clock: Clock) -> None:
        self._path = path
        self._server = server
        self._ca_file = ca_file
        self._clock = clock

    def write(self, seconds: float, lock_at: datetime | None, ticket: str | None) -> None:
        """Tell the watcher when to visit next, and with which ticket to wait meanwhile; None: not to wait.

        `seconds` from now at the latest; as soon as the wall clock reaches `lock_at`.

        Raises:
            JournalError: The file cannot be written.
        """
        anchor, address = self._clock.anchor(), split_server(self._server)
        is_tls = address.scheme == "https"
        state = {
            "version": 1,
            "host": address.hostname,
            "port": address.port or (HTTPS_PORT if is_tls else HTTP_PORT),
            "tls": is_tls,
            "host_header": address.netloc,
            "path": full_path(self._server, WAIT_PATH),
            "ca_file": self._ca_file,
            "ticket": ticket,
            "boot_id": anchor.boot_id,
            "wake_at": anchor.since_boot_seconds + seconds,
            "lock_at": None if lock_at is None else lock_at.timestamp(),
        }
        draft = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(state, file)
            draft.replace(self._path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise JournalError(
                N_("{path} cannot be written ({reason}); free its disk, then visit again."),
                path=self._path,
                reason=error.strerror,
            ) from error
