from pathlib import Path

import pytest

from fakes.city import policy
from tenure_server.adapters.files.facts_files import FactsFiles, read_facts
from tenure_server.domain.errors import InputError

REGISTER = "person_ext_id;body_ext_id;body_type;seat_type;valid_from;valid_to;end_basis\n"
ROW = "p1;kv;council;ordinary;2025-06-01;2029-05-31;term\n"


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_only_the_register_is_needed(tmp_path: Path) -> None:
    facts = read_facts(FactsFiles(register=written(tmp_path, "m.csv", REGISTER + ROW)), policy().zone)
    assert (list(facts.people), len(facts.mandates), facts.assets, facts.custody) == (["p1"], 1, (), ())


def test_each_file_may_have_its_own_separator(tmp_path: Path) -> None:
    facts = read_facts(
        FactsFiles(
            register=written(tmp_path, "m.csv", REGISTER + ROW),
            devices=written(tmp_path, "d.csv", "serial,kind\nL1,laptop\n"),
        ),
        policy().zone,
    )
    assert [asset.serial for asset in facts.assets] == ["L1"]


def test_the_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    files = FactsFiles(
        register=written(tmp_path, "m.csv", REGISTER + "p1;kv;senate;ordinary;2025-06-01;;\n"),
        devices=written(tmp_path, "d.csv", "serial;kind\n;laptop\n"),
        holds=written(tmp_path, "h.csv", ""),
    )
    with pytest.raises(InputError) as refusal:
        read_facts(files, policy().zone)
    assert [(one.file, one.row, one.column) for one in refusal.value.findings] == [
        ("m.csv", 2, "body_type"),
        ("d.csv", 2, "serial"),
        ("h.csv", 1, None),
    ]
