"""Every sentence that people read is said in Finnish and Swedish; and the check that says so can fail."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("translations", ROOT / "tools/translations.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


translations = _load()


@pytest.mark.parametrize("language", translations.TRANSLATED)
@pytest.mark.parametrize("member", translations.members(), ids=lambda member: member.domain)
def test_every_sentence_is_said_in_every_language(member, language):
    assert translations.faults(member, language) == []


def _member(tmp_path: Path, catalogue: str):
    (tmp_path / "code").mkdir()
    (tmp_path / "code/said.py").write_text(
        'a = N_("Hello {name}")\nb = ngettext("{n} laptop", "{n} laptops", n)\nc = _("Locked")\n'
    )
    (tmp_path / "code/page.html").write_text(
        '<p title="{{ _("Wiped") }}">{{ _("As of %(moment)s", moment=1) }}</p>'
    )
    (tmp_path / "babel.cfg").write_text(
        "[extractors]\njinja2 = jinja2.ext:babel_extract\n\n"
        "[python: code/**.py]\n\n[jinja2: code/**.html]\nsilent = false\n"
    )
    member = translations.Member(folder=tmp_path, locale=tmp_path / "locale", domain="said")
    path = member.catalogue_path("fi")
    path.parent.mkdir(parents=True)
    path.write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n' + catalogue,
        encoding="utf-8",
    )
    return member


WHOLE = """
msgid "Hello {name}"
msgstr "Hei {name}"

msgid "{n} laptop"
msgid_plural "{n} laptops"
msgstr[0] "{n} kannettava"
msgstr[1] "{n} kannettavaa"

msgid "Locked"
msgstr "Lukittu"

msgid "Wiped"
msgstr "Tyhjennetty"

msgid "As of %(moment)s"
msgstr "Tilanne %(moment)s"
"""


def test_a_whole_catalogue_has_no_faults(tmp_path):
    assert translations.faults(_member(tmp_path, WHOLE), "fi") == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('msgid "Locked"\nmsgstr "Lukittu"', "", "'Locked': not in the catalogue"),
        ('msgstr "Lukittu"', 'msgstr ""', "'Locked': not translated"),
        ('msgid "Locked"', '#, fuzzy\nmsgid "Locked"', "'Locked': fuzzy"),
        ("Hei {name}", "Hei", "'Hello {name}': other placeholders in 'Hei'"),
        ("Hei {name}", "Hei {nimi}", "'Hello {name}': other placeholders in 'Hei {nimi}'"),
        ("Hei {name}", "Hei {name", "'Hello {name}': expected '}' before end of string in 'Hei {name'"),
        ("{n} kannettavaa", "kannettavaa", "'{n} laptop': other placeholders in 'kannettavaa'"),
        ('msgstr[1] "{n} kannettavaa"', 'msgstr[1] ""', "'{n} laptop': not translated"),
        ("Tilanne %(moment)s", "Tilanne nyt", "'As of %(moment)s': other placeholders in 'Tilanne nyt'"),
        ('msgstr "Lukittu"', 'msgstr "Lukittu"\n\nmsgid "Gone"\nmsgstr "Poissa"', "'Gone': stale"),
    ],
)
def test_each_fault_is_named_with_its_sentence(tmp_path, old, new, fault):
    assert old in WHOLE
    found = translations.faults(_member(tmp_path, WHOLE.replace(old, new)), "fi")
    assert len(found) == 1
    assert found[0].startswith(f"said fi: {fault}")


def test_an_update_keeps_translations_drops_stale_ones_and_adds_new_ones_empty(tmp_path):
    old = WHOLE.replace('msgid "Locked"\nmsgstr "Lukittu"', 'msgid "Gone"\nmsgstr "Poissa"')
    member = _member(tmp_path, old)
    translations.update(member, "fi")
    assert translations.faults(member, "fi") == ["said fi: 'Locked': not translated"]
    text = member.catalogue_path("fi").read_text("utf-8")
    assert "Poissa" not in text
    assert "Hei {name}" in text
    translations.update(member, "fi")
    assert member.catalogue_path("fi").read_text("utf-8") == text


def test_a_fourth_language_is_one_more_folder(tmp_path):
    member = _member(tmp_path, WHOLE)
    assert member.languages() == ["fi"]
    translations.update(member, "se")
    assert sorted(member.languages()) == ["fi", "se"]
    assert len(translations.faults(member, "se")) == 5
