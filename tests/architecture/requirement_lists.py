"""Write the installers' requirement lists: every version hash-locked, no host named; `--check` compares.

Run by `./dev lists` and `./dev check`. The lists follow from the members' pyproject.toml and the date that
`exclude-newer` pins.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "installers" / "requirements"
MEMBERS = ("agent", "server")


def resolved(member: str) -> str:
    """Return one member's list, as uv resolves it under the pinned date."""
    command = [
        "uv", "export", "--quiet", "--no-header", "--no-annotate", "--no-emit-workspace", "--no-dev",
        "--format", "requirements-txt", "--package", f"tenure-{member}",
    ]  # fmt: skip
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def main() -> int:
    """Write the lists, or compare them and name those that differ."""
    check = "--check" in sys.argv[1:]
    differing = []
    for member in MEMBERS:
        file, text = FOLDER / f"{member}.txt", resolved(member)
        if "://" in text:
            print(f"{file.name}: the list names a host", file=sys.stderr)
            return 1
        if check:
            if not file.exists() or file.read_text() != text:
                differing.append(file.name)
        else:
            FOLDER.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    if differing:
        print(f"out of date: {', '.join(differing)}; run ./dev lists", file=sys.stderr)
    return 1 if differing else 0


if __name__ == "__main__":
    raise SystemExit(main())
