"""A prepared installation in a data directory, and the `tenure` command on its machine."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner, Result

from tenure_server.cli import main
from tenure_server.settings import read_settings
from tenure_server.wiring import prepare

REGISTER_HEADER = (
    "person_ext_id;given_name;family_name;body_ext_id;body_name_fi;body_type;seat_type;"
    "valid_from;valid_to;end_basis;end_decision_ref"
)


@dataclass(slots=True)
class Machine:
    """The server's machine."""

    folder: Path

    def run(self, *words: str, code: int = 0, language: str = "en") -> Result:
        """Run a command against this installation; of a group, name both: `stay set`."""
        command, *others = words
        place = ["--data", str(self.folder / "data")]
        arguments = ["--language", language, *command.split(), *place, *others]
        result = CliRunner().invoke(main, arguments, catch_exceptions=False)
        assert result.exit_code == code, (words, result.exit_code, result.output, result.stderr)
        return result

    def file(self, name: str, text: str) -> str:
        """Write a file; return its path."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def register(self, *people: str, name: str = "mandates.csv", until: str = "2029-05-31") -> str:
        """Write a register of councillors."""
        rows = [
            f"{person};{person.title()};Esimerkki;kv;Valtuusto;council;ordinary;"
            f"2025-06-01;{until};term;KV 3 §"
            for person in people
        ]
        return self.file(name, "\n".join([REGISTER_HEADER, *rows, ""]))

    def devices(self, *serials: str) -> str:
        """Write a list of laptops."""
        header = "serial;model;kind;purchase_price_eur;purchase_price_vat_eur;lease_end"
        rows = [f"{serial};Kaisla;laptop;900;1129.50;2029-06-30" for serial in serials]
        return self.file("devices.csv", "\n".join([header, *rows, ""]))


def machine(folder: Path) -> Machine:
    """Start an installation for the first time."""
    asyncio.run(prepare(read_settings({"data_directory": str(folder / "data")}, {})))
    return Machine(folder)
