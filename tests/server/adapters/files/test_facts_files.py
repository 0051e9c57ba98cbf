import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.city import policy
from fakes.workbooks import text_workbook, workbook
from tenure_server.adapters.files.facts_files import FactsFiles, read_facts
from tenure_server.adapters.files.mapping_files import read_preset
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


AIMOA = "Henkilönumero;Sukunimi;Toimielin;Rooli;Alkupvm;Loppupvm\n7;Esimerkki;{};Jäsen;1.6.2025;{}\n"


def test_the_register_is_read_through_the_mapping_of_its_source_and_the_lists_as_they_are(
    tmp_path: Path,
) -> None:
    files = FactsFiles(
        register=written(tmp_path, "m.csv", AIMOA.format("Kaupunginvaltuusto", "31.5.2029")),
        devices=written(tmp_path, "d.csv", "serial,kind\nL1,laptop\n"),
    )
    facts = read_facts(files, policy().zone, mapping=read_preset("aimoa"))
    assert [(one.person, one.body, one.seat) for one in facts.mandates] == [
        ("7", "kaupunginvaltuusto", "ordinary")
    ]
    assert [(one.row, one.column) for one in facts.quarantine] == [(2, "end_basis")]
    assert len(facts.assets) == 1


def test_what_is_wrong_in_a_source_s_file_is_told_in_its_words(tmp_path: Path) -> None:
    files = FactsFiles(register=written(tmp_path, "m.csv", AIMOA.format("Kaupunginvaltuusto", "huomenna")))
    with pytest.raises(InputError) as refusal:
        read_facts(files, policy().zone, mapping=read_preset("aimoa"))
    assert [(one.row, one.column) for one in refusal.value.findings] == [(2, "loppupvm")]


def test_the_sheet_that_a_source_names_is_the_one_that_is_read(tmp_path: Path) -> None:
    def more(book: Any) -> None:
        book.create_sheet("Ohje").append(["Lue tämä"])

    path = tmp_path / "m.xlsx"
    rows = (line.split(";") for line in AIMOA.format("Kaupunginvaltuusto", "").splitlines())
    path.write_bytes(workbook(*rows, change=more))
    with pytest.raises(InputError):
        read_facts(FactsFiles(register=path), policy().zone, mapping=read_preset("aimoa"))
    mapping = replace(read_preset("aimoa"), sheet="Sheet")
    assert len(read_facts(FactsFiles(register=path), policy().zone, mapping=mapping).people) == 1


def cell(text: str) -> Any:
    """What a person would type into a spreadsheet: days become dates, numbers numbers, texts stay texts."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return date.fromisoformat(text)
    return int(text) if re.fullmatch(r"[1-9]\d{0,8}|0", text) else text


LISTS = {
    "register": (
        (
            "person_ext_id;given_name;family_name;body_ext_id;body_type;seat_type;deputy_rank;valid_from;valid_to;"
            "end_basis;is_employee"
        ),
        (
            st.sampled_from(["1", "42", "007", "p-1"]),
            st.just("Aino"),
            st.just("Esimerkki"),
            st.sampled_from(["kv", "3"]),
            st.sampled_from(["council", "board", "senate"]),
            st.sampled_from(["ordinary", "deputy", ""]),
            st.sampled_from(["", "2", "x"]),
            st.sampled_from(["2025-06-01", "2026-01-01", ""]),
            st.sampled_from(["2029-05-31", "2020-01-01", ""]),
            st.sampled_from(["term", "death", ""]),
            st.sampled_from(["yes", "no", ""]),
        ),
    ),
    "devices": (
        "serial;model;kind;purchase_price_eur;lease_end",
        (
            st.sampled_from(["L1", "123", ""]),
            st.sampled_from(["Kaisla 14", "14"]),
            st.sampled_from(["laptop", "terminal", "abacus"]),
            st.sampled_from(["899.50", "800", ""]),
            st.sampled_from(["2029-05-31", ""]),
        ),
    ),
    "custody": (
        "serial;holder_type;holder_ext_id;kind;from;to;reason",
        (
            st.sampled_from(["L1", "123"]),
            st.sampled_from(["person", "location", "stock"]),
            st.sampled_from(["42", "p-1"]),
            st.sampled_from(["primary", "temporary"]),
            st.sampled_from(["2025-06-01", "2026-01-01"]),
            st.sampled_from(["2027-01-01", ""]),
            st.sampled_from(["returned", ""]),
        ),
    ),
    "agreements": (
        "location_ext_id;agreement_ref;from;to",
        (
            st.sampled_from(["point", "7"]),
            st.sampled_from(["A1", "2"]),
            st.sampled_from(["2025-09-01", ""]),
            st.sampled_from(["2026-02-27", "2020-01-01", ""]),
        ),
    ),
    "holds": (
        "subject_type;subject_id;kind;from;to;reference",
        (
            st.sampled_from(["person", "device"]),
            st.sampled_from(["42", "L1"]),
            st.sampled_from(["litigation", "death"]),
            st.sampled_from(["2025-09-01", ""]),
            st.sampled_from(["2026-02-27", ""]),
            st.sampled_from(["R 1", "12"]),
        ),
    ),
}


@pytest.mark.parametrize("name", LISTS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_list_reads_the_same_as_csv_and_as_a_workbook(
    tmp_path: Path, name: str, data: st.DataObject
) -> None:
    header, cells = LISTS[name]
    rows = data.draw(st.lists(st.tuples(*cells) | st.just(("",) * len(cells)), max_size=6))
    as_csv = written(tmp_path, "list", "\n".join([header, *(";".join(row) for row in rows)]))
    in_csv = outcome(FactsFiles(**{name: as_csv}))
    for typed in (cell, str):
        as_csv.write_bytes(workbook(header.split(";"), *([typed(text) for text in row] for row in rows)))
        assert outcome(FactsFiles(**{name: as_csv})) == in_csv


def outcome(files: FactsFiles) -> Any:
    try:
        return read_facts(files, policy().zone)
    except InputError as refusal:
        return [(one.file, one.row, one.column, str(one.why)) for one in refusal.findings]


BAD = {
    "the same mandate twice with other facts": (
        "register",
        f"{REGISTER}{ROW}p1;kv;council;ordinary;2025-06-01;2027-05-31;term\n",
        [(3, "valid_from")],
    ),
    "an end before its start": (
        "register",
        f"{REGISTER}p1;kv;council;ordinary;2025-06-01;2024-05-31;term\n",
        [(2, "valid_to")],
    ),
    "one id with two names": (
        "register",
        (
            "person_ext_id;family_name;body_ext_id;body_type;seat_type;valid_from;valid_to\n"
            "p1;A;kv;council;ordinary;2025-06-01;\np1;B;kv;council;chair;2025-06-01;\n"
        ),
        [(3, "family_name")],
    ),
    "overlapping primary custody": (
        "custody",
        (
            "serial;holder_type;holder_ext_id;kind;from;to\nL1;person;p1;primary;2025-06-01;\n"
            "L1;person;p2;primary;2026-06-01;2027-01-01\n"
        ),
        [(3, "from")],
    ),
    "an agreement without an end": (
        "agreements",
        "location_ext_id;agreement_ref;from;to\npoint;A1;2025-09-01;2026-02-27\npoint;A2;2025-09-01;\n",
        [(3, "to")],
    ),
}


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_refused_with_row_and_column_in_every_kind_of_file(
    tmp_path: Path, what: str, form: str
) -> None:
    name, text, places = BAD[what]
    path = tmp_path / f"f.{form}"
    path.write_bytes(text.encode() if form == "csv" else text_workbook(text))
    with pytest.raises(InputError) as refusal:
        read_facts(FactsFiles(**{name: path}), policy().zone)
    assert [(one.row, one.column) for one in refusal.value.findings] == places
    assert all(one.file == path.name and str(one.why) for one in refusal.value.findings)
