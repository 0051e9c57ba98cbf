"""The city's own texts win, and a broken one never keeps the shipped one from being sent."""

from pathlib import Path

import pytest

from tenure_server.adapters.notices.template_files import TemplateFiles
from tenure_server.domain.errors import InputError
from tenure_server.domain.notice_template import TemplateKey

KEY = TemplateKey.T_30
OWN = "Subject: Omat sanat\n\n{date} {link}\n"


@pytest.fixture
def files(tmp_path: Path) -> TemplateFiles:
    return TemplateFiles(own=tmp_path / "notices", default_language="sv")


def test_the_shipped_texts_need_no_folder(files: TemplateFiles) -> None:
    assert files.languages() == ["en", "fi", "sv"]
    assert files.faults() == []
    assert "Hello {name}" in files.template(KEY, "en").body


def test_a_language_that_is_not_offered_is_the_citys_default(files: TemplateFiles) -> None:
    assert files.template(KEY, "de") == files.template(KEY, "sv")
    assert files.language_of(KEY, "de") == "sv"


def test_the_citys_own_text_wins_until_it_is_unset(files: TemplateFiles) -> None:
    shipped = files.template(KEY, "fi")
    files.set(KEY, "fi", OWN, file="own.txt")
    assert files.template(KEY, "fi").subject == "Omat sanat"
    assert files.is_own(KEY, "fi")
    assert files.template(KEY, "sv").subject != "Omat sanat"
    assert files.unset(KEY, "fi")
    assert not files.unset(KEY, "fi")
    assert files.template(KEY, "fi") == shipped


def test_a_fourth_language_is_one_more_folder(files: TemplateFiles) -> None:
    files.set(KEY, "se", OWN, file="own.txt")
    assert "se" in files.languages()
    assert files.language_of(KEY, "se") == "se"
    assert files.language_of(TemplateKey.T_7, "se") == "sv"


def test_a_text_that_cannot_be_used_is_not_written(files: TemplateFiles) -> None:
    with pytest.raises(InputError) as caught:
        files.set(KEY, "fi", "Subject: x\n\n{nimi}\n", file="own.txt")
    assert {found.file for found in caught.value.findings} == {"own.txt"}
    assert not files.own.exists()


@pytest.mark.parametrize("language", ["../fi", "FI", "f i", "", "fi/sv", "ä"])
def test_a_language_is_never_a_path(files: TemplateFiles, language: str) -> None:
    with pytest.raises(InputError):
        files.set(KEY, language, OWN, file="own.txt")


@pytest.mark.parametrize("content", [b"no subject", b"\xff\xfe", b"x" * 100_000])
def test_a_file_that_broke_is_told_with_its_place_and_passed_over(
    files: TemplateFiles, content: bytes
) -> None:
    broken = files.own / "fi" / "T-30.txt"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(content)
    assert "Hei {name}" in files.template(KEY, "fi").body
    assert not files.is_own(KEY, "fi")
    (fault,) = files.faults()
    assert (fault.key, fault.language, fault.why.file) == (KEY, "fi", str(broken))
    assert fault.since.tzinfo is not None
