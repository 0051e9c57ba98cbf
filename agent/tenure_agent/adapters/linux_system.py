"""Which system a Linux laptop runs and whose accounts it has, from /etc; never who signed in when."""

import platform
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tenure_agent import __version__
from tenure_agent.adapters.guarded_sql import Cell
from tenure_agent.adapters.native_tables import Reader
from tenure_agent.adapters.small_files import entries, read_text, read_value

Rows = Iterator[Mapping[str, Cell]]

_PASSWD_FIELDS, _GROUP_FIELDS = 7, 4
FIRST_HUMAN_UID, LAST_HUMAN_UID = 1_000, 59_999
"""Debian's range for people (its policy manual, 9.2.2); below are the system's accounts."""


def readers(root: Path) -> dict[str, Reader]:
    """Name the readers of this module's tables, below a root folder (`/` on a laptop)."""
    return {
        "os_version": partial(os_version, root),
        "kernel_info": partial(kernel_info, root),
        "users": partial(users, root),
        "groups": partial(groups, root),
        "user_groups": partial(user_groups, root),
    }


def os_version(root: Path) -> Rows:
    """Read the distribution and its version from os-release(5)."""
    release = _os_release(root)
    version = release.get("VERSION_ID", "")
    numbers = [int(part) for part in re.findall(r"\d+", version)]
    major, minor, patch, *_ = [*numbers, 0, 0, 0]
    yield {
        "name": release.get("NAME"),
        "version": release.get("VERSION", version),
        "major": major,
        "minor": minor,
        "patch": patch,
        "build": release.get("BUILD_ID"),
        "platform": release.get("ID"),
        "platform_like": release.get("ID_LIKE", release.get("ID")),
        "codename": release.get("VERSION_CODENAME"),
        "arch": platform.machine(),
    }


def _os_release(root: Path) -> dict[str, str]:
    for path in (root / "etc/os-release", root / "usr/lib/os-release"):
        text = read_value(path)
        if text is not None:
            pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and line[0] != "#")
            return {key.strip(): value.strip().strip("\"'") for key, value in pairs}
    raise FileNotFoundError("neither /etc/os-release nor /usr/lib/os-release is there")


def kernel_info(root: Path) -> Rows:
    """Read the running kernel's version."""
    yield {"version": read_text(root / "proc/sys/kernel/osrelease").strip()}


def agent_info(device_key: str) -> Rows:
    """Tell which agent asks, and where its device key is kept ("tpm", "software", or "" before enrolling)."""
    yield {
        "version": __version__,
        "build_platform": sys.platform,
        "python_version": platform.python_version(),
        "device_key": device_key,
    }


def users(root: Path) -> Rows:
    """Read the local accounts; real names are left in the file."""
    for fields in _lines(root / "etc/passwd", _PASSWD_FIELDS):
        uid, gid = int(fields[2]), int(fields[3])
        yield {
            "uid": uid,
            "gid": gid,
            "uid_signed": uid,
            "gid_signed": gid,
            "username": fields[0],
            "directory": fields[5],
            "shell": fields[6],
        }


def groups(root: Path) -> Rows:
    """Read the local groups."""
    for fields in _lines(root / "etc/group", _GROUP_FIELDS):
        yield {"gid": int(fields[2]), "gid_signed": int(fields[2]), "groupname": fields[0]}


def user_groups(root: Path) -> Rows:
    """Read which account is in which group."""
    accounts = {fields[0]: fields for fields in _lines(root / "etc/passwd", _PASSWD_FIELDS)}
    for fields in accounts.values():
        yield {"uid": int(fields[2]), "gid": int(fields[3])}
    for fields in _lines(root / "etc/group", _GROUP_FIELDS):
        for member in filter(None, fields[3].split(",")):
            if member in accounts and accounts[member][3] != fields[2]:
                yield {"uid": int(accounts[member][2]), "gid": int(fields[2])}


def _lines(path: Path, fields: int) -> list[list[str]]:
    rows = (line.split(":") for line in read_text(path).splitlines() if line and line[0] not in "#+-")
    return [row for row in rows if len(row) == fields and row[2].isdecimal()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Human:
    """An account that a person signs in with; the name stays out."""

    uid: int
    gid: int
    home: Path


def humans(root: Path) -> list[Human]:
    """List the people's accounts: local ones, and owners of a home folder whose account a directory keeps."""
    found: dict[int, Human] = {}
    local_homes: set[Path] = set()
    for row in users(root):
        uid, gid, home, shell = row["uid"], row["gid"], row["directory"], str(row["shell"])
        folder = root / str(home).lstrip("/")
        local_homes.add(folder)
        if not isinstance(uid, int) or not isinstance(gid, int) or shell.endswith(("nologin", "false")):
            continue
        if FIRST_HUMAN_UID <= uid <= LAST_HUMAN_UID and folder.is_dir():
            found[uid] = Human(uid=uid, gid=gid, home=folder)
    for folder in entries(root / "home"):
        if folder in local_homes:
            continue
        owner = folder.lstat()
        # Directory services (SSSD, winbind) number people far above the local range.
        if owner.st_uid >= FIRST_HUMAN_UID and folder.is_dir() and not folder.is_symlink():
            found.setdefault(owner.st_uid, Human(uid=owner.st_uid, gid=owner.st_gid, home=folder))
    return [found[uid] for uid in sorted(found)]
