"""An `az` and a `pwsh` for scripts: they remember what they were asked, and a registration's consents."""

import json
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_AZ = """#!{python}
import json, pathlib, sys
words, here = sys.argv[1:], pathlib.Path({folder!r})
file = here / "consents.json"
consents = json.loads(file.read_text()) if file.exists() else []
with (here / "asked.jsonl").open("a") as log:
    log.write(json.dumps(words) + "\\n")
given = lambda flag: words[words.index(flag) + 1] if flag in words else ""
if words[:3] == ["ad", "sp", "show"] and given("--query") == "id":
    print("object-of-" + given("--id"))
elif words[:3] == ["ad", "app", "create"]:
    print("00000000-0000-0000-0000-0000000000" + ("02" if "--is-fallback-public-client" in words else "01"))
elif words[0] == "rest" and given("--method") == "GET":
    for one in consents:
        print(one if given("--query") == "value[].appRoleId" else "assignment-" + one + "\\t" + one)
elif words[0] == "rest" and given("--method") == "POST":
    file.write_text(json.dumps(consents + [json.loads(given("--body"))["appRoleId"]]))
elif words[0] == "rest":
    gone = given("--url").rpartition("assignment-")[2]
    file.write_text(json.dumps([one for one in consents if one != gone]))
"""
_PWSH = """#!{python}
import pathlib, shutil, sys
shutil.copy(sys.argv[3], {folder!r} + "/exchange.ps1")
pathlib.Path({folder!r}, "pwsh.txt").write_text(" ".join(sys.argv[4:]))
"""


@dataclass(frozen=True, slots=True)
class Tools:
    """A folder with the two commands, and what they saw."""

    folder: Path

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script with these commands and no terminal to ask at."""
        file = self.folder / "grant.sh"
        file.write_text(script, encoding="utf-8")
        return subprocess.run(
            ["sh", str(file)],
            check=False,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env={"PATH": f"{self.folder}:/usr/bin:/bin"},
            start_new_session=True,
        )

    @property
    def consents(self) -> list[str]:
        """Return the ids of the roles that are consented to."""
        file = self.folder / "consents.json"
        return json.loads(file.read_text()) if file.exists() else []

    def consent(self, *roles: str) -> None:
        """Consent to roles, and to no others."""
        (self.folder / "consents.json").write_text(json.dumps(roles))

    def asked(self, *words: str) -> list[list[str]]:
        """Return the calls of `az` that have all these words."""
        lines = (self.folder / "asked.jsonl").read_text().splitlines()
        return [call for call in map(json.loads, lines) if set(words) <= set(call)]


def tools(folder: Path) -> Tools:
    """Put the commands into a folder."""
    for name, text in (("az", _AZ), ("pwsh", _PWSH)):
        file = folder / name
        file.write_text(text.format(python=sys.executable, folder=str(folder)))
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return Tools(folder)
