"""Locks and wipes a directory that stands for the laptop; never touches anything outside it.

Rules:
- lock: a message page, then the marker that counts (`locked.json`); unlock takes the marker away first;
- wipe: the real `cryptsetup luksErase` on `volume.luks`, a LUKS2 container *file* of this directory;
- refused: a symbolic or hard link, a block device, anything that is not a plain file of this directory,
  and a volume that is not LUKS2 (it needs manual recovery, security.md 27);
- without cryptsetup on the machine the volume is emulated, every report says so, and emulated is never
  proven.
"""

import json
import os
import secrets
import stat
from pathlib import Path
from typing import Any

import msgspec

from tenure_agent.errors import CommandError, EnforcerError
from tenure_agent.language import N_
from tenure_agent.platform.commands import CRYPTSETUP, Command
from tenure_agent.platform.lock_page import render_lock_page
from tenure_agent.ports import LockOrder, Readiness
from tenure_policies.payloads import Proof

MARKER = "locked.json"
PAGE = "locked.html"
VOLUME = "volume.luks"
VOLUME_KEY = "volume.key"
EMULATED = "volume.emulated.json"

_VOLUME_BYTES = 16 * 1024 * 1024
_FORMAT = (
    "--type=luks2",
    "--pbkdf=pbkdf2",
    "--pbkdf-force-iterations=1000",  # the key is 64 random bytes: stretching it protects nothing
    "--luks2-metadata-size=16k",
    "--luks2-keyslots-size=512k",
)
_OPENED = 0
_NO_USABLE_SLOT = 1
_NO_SLOT_FOR_THIS_KEY = 2


class SandboxEnforcer:
    """The enforcer of demos and tests: real key destruction, on a file."""

    kind = "sandbox"
    is_real = False

    def __init__(self, directory: Path, *, cryptsetup: Command = CRYPTSETUP) -> None:
        self._directory = directory
        self._cryptsetup = cryptsetup

    def prepare(self) -> None:
        """Make the directory and a volume that opens, at enrolment; a volume that opens is kept."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._check_directory()
        if not self._cryptsetup.is_present():
            self._write(EMULATED, json.dumps({"keyslots": {"0": secrets.token_hex(16)}}))
            return
        if self._exists(VOLUME) and self._exists(VOLUME_KEY) and self.opens():
            return
        self._make_volume()

    def _make_volume(self) -> None:
        for name in (EMULATED, VOLUME, VOLUME_KEY):
            self._remove(name)
        self._write(VOLUME_KEY, secrets.token_hex(32))
        draft = "volume.new"
        self._remove(draft)
        descriptor = os.open(self._directory / draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        os.ftruncate(descriptor, _VOLUME_BYTES)
        os.close(descriptor)
        key = f"--key-file={self._own(VOLUME_KEY)}"
        self._run("luksFormat", "--batch-mode", *_FORMAT, key, str(self._own(draft)))
        (self._directory / draft).rename(self._directory / VOLUME)

    def readiness(self) -> Readiness:
        """Tell before the term ends what could not be carried out."""
        if self._is_emulated():
            why = ("cryptsetup is not on this machine: the wipe is emulated and never proven",)
            return Readiness(can_lock=True, can_wipe=False, is_emulated=True, why=why)
        try:
            if self.opens():
                return Readiness(can_lock=True, can_wipe=True, is_emulated=False)
            why = ("the volume does not open with its key: a wipe could not be proven",)
        except EnforcerError as error:
            why = (str(error),)
        return Readiness(can_lock=self._directory.is_dir(), can_wipe=False, is_emulated=False, why=why)

    def locked_under(self) -> str | None:
        """Return the lock_id under which the directory is locked now; empty if the marker is damaged."""
        if not self._exists(MARKER):
            return None
        try:
            return str(json.loads(self._own(MARKER).read_text(encoding="utf-8"))["lock_id"])
        except (ValueError, KeyError, TypeError):
            return ""

    def lock(self, order: LockOrder) -> None:
        """Write the page, then the marker."""
        marker = {
            "lock_id": order.lock_id,
            "since": order.since.isoformat(),
            "by_lease": order.by_lease,
            "reason": msgspec.to_builtins(order.reason),
        }
        self._write(PAGE, render_lock_page(order))
        self._write(MARKER, json.dumps(marker, ensure_ascii=False, indent=1))

    def unlock(self) -> None:
        """Take the marker away, then the page."""
        self._remove(MARKER)
        self._remove(PAGE)

    def opens(self) -> bool:
        """Tell whether the volume opens with its own key now."""
        if self._is_emulated():
            return bool(self._emulated_slots())
        key = f"--key-file={self._own(VOLUME_KEY)}"
        accept = (_OPENED, _NO_USABLE_SLOT, _NO_SLOT_FOR_THIS_KEY)
        self._slots()  # what is no LUKS volume fails here, and is not taken for one that does not open
        return self._run("open", "--test-passphrase", key, str(self._own(VOLUME)), accept=accept) == _OPENED

    def wipe(self, *, opened_before: bool) -> Proof:
        """Destroy the volume's keys and return what was seen; finishes a wipe that was cut short."""
        if self._is_emulated():
            self._write(EMULATED, json.dumps({"keyslots": {}}))
            return Proof(
                method="emulated", emulated=True, opened_before=opened_before, opens_after=False, key_slots=0
            )
        self._slots()
        self._run("luksErase", "--batch-mode", str(self._own(VOLUME)))
        return Proof(
            method="cryptsetup luksErase",
            emulated=False,
            opened_before=opened_before,
            opens_after=self.opens(),
            key_slots=len(self._slots()),
        )

    def _is_emulated(self) -> bool:
        return self._exists(EMULATED)

    def _emulated_slots(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self._own(EMULATED).read_text(encoding="utf-8"))["keyslots"])
        except (ValueError, KeyError, TypeError) as error:
            raise EnforcerError(N_("{path} is damaged."), path=self._directory / EMULATED) from error

    def _slots(self) -> dict[str, Any]:
        path = self._own(VOLUME)
        try:
            result = self._cryptsetup.run("luksDump", "--dump-json-metadata", *self._locks(), str(path))
            return dict(json.loads(result.stdout)["keyslots"])
        except (CommandError, ValueError, KeyError, TypeError) as error:
            raise EnforcerError(
                N_("{path} is not a LUKS2 volume ({reason}); it needs manual recovery."),
                path=path,
                reason=error,
            ) from error

    def _run(self, *arguments: str, accept: tuple[int, ...] = (0,)) -> int:
        try:
            return self._cryptsetup.run(*arguments, *self._locks(), accept=accept).exit_code
        except CommandError as error:
            raise EnforcerError(N_("cryptsetup did not do its work: {reason}"), reason=error) from error

    def _locks(self) -> tuple[str, ...]:
        # cryptsetup's own lock folder belongs to root; the agent's visit lock already keeps others out.
        return () if os.name != "posix" or os.geteuid() == 0 else ("--disable-locks",)

    def _check_directory(self) -> None:
        try:
            found = self._directory.lstat()
        except OSError as error:
            raise EnforcerError(
                N_("The sandbox {path} cannot be used ({reason}); enrol again."),
                path=self._directory,
                reason=error.strerror,
            ) from error
        others_write = os.name == "posix" and (found.st_mode & 0o022 or found.st_uid != os.geteuid())
        # Whoever else writes here could put a link in a file's place after it was looked at.
        if not stat.S_ISDIR(found.st_mode) or others_write:
            raise EnforcerError(
                N_("The sandbox {path} is not a plain directory; refused."), path=self._directory
            )

    def _own(self, name: str) -> Path:
        """Return the path of a plain file of this directory, or refuse."""
        self._check_directory()
        path = self._directory / name
        try:
            found = path.lstat()
        except OSError as error:
            raise EnforcerError(
                N_("{path} cannot be used ({reason})."), path=path, reason=error.strerror
            ) from error
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            raise EnforcerError(
                N_("{path} is a link or a device, not a plain file of the sandbox; refused."), path=path
            )
        return path

    def _exists(self, name: str) -> bool:
        return os.path.lexists(self._directory / name)

    def _remove(self, name: str) -> None:
        self._check_directory()
        try:
            (self._directory / name).unlink(missing_ok=True)
        except OSError as error:
            raise EnforcerError(
                N_("{path} cannot be removed ({reason})."),
                path=self._directory / name,
                reason=error.strerror,
            ) from error

    def _write(self, name: str, text: str) -> None:
        """Write a file whole or not at all; a link in its place is replaced, never followed."""
        self._check_directory()
        draft = self._directory / f".{name}.{secrets.token_hex(4)}"
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._directory / name)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise EnforcerError(
                N_("{path} cannot be written ({reason})."),
                path=self._directory / name,
                reason=error.strerror,
            ) from error
