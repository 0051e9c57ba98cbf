"""Keep the catalogues in step with the sentences of the code, and say what they lack.

    python tools/translations.py update    # add new sentences (untranslated), drop stale ones
    python tools/translations.py check     # exit 1 and name every sentence that is not said in every language

A sentence is complete when every language has a translation that is not marked fuzzy and fills in the same
placeholders; a sentence that the code no longer says has no place in a catalogue.
"""

import argparse
import re
import string
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from tenure_server.cli import COMMANDS
from tenure_server.cli.spoken_help import help_sentences

ROOT = Path(__file__).resolve().parent.parent
TRANSLATED = ("fi", "sv")
"""Languages that must be complete; another may lag behind and is then said in English."""
_CHANGING_HEADERS = (
    "POT-Creation-Date",
    "PO-Revision-Date",
    "Last-Translator",
    "Language-Team",
    "Generated-By",
)
_PERCENT_PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One distribution with sentences of its own."""

    folder: Path
    """Holds babel.cfg, which names where the sentences are."""
    locale: Path
    domain: str

    commands: Mapping[str, str] = field(default_factory=dict)
    """Commands whose help texts are sentences too: name -> module:attribute."""

    def help_sentences(self) -> Iterator[str]:
        """Yield every help text of the commands."""
        for target in self.commands.values():
            module, _, attribute = target.partition(":")
            yield from help_sentences(getattr(import_module(module), attribute))

    def languages(self) -> list[str]:
        """Return the languages that have a catalogue, also those that need not be complete."""
        return [path.parent.parent.name for path in self.locale.glob(f"*/LC_MESSAGES/{self.domain}.po")]

    def catalogue_path(self, language: str) -> Path:
        """Return where a language's catalogue stands."""
        return self.locale / language / "LC_MESSAGES" / f"{self.domain}.po"


def members(root: Path = ROOT) -> tuple[Member, ...]:
    """Return the distributions that speak to people."""
    return (
        Member(
            folder=root / "server",
            locale=root / "server/tenure_server/locale",
            domain="tenure",
            commands={**COMMANDS, "": "tenure_server.cli:main"},
        ),
        Member(folder=root / "agent", locale=root / "agent/tenure_agent/locale", domain="tenure_agent"),
    )


def extract(member: Member) -> Catalog:
    """Collect every sentence of a member's code and templates."""
    with (member.folder / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = Catalog(fuzzy=False)
    sentences = extract_from_dir(
        str(member.folder),
        method_map=methods,
        options_map=options,
        keywords=DEFAULT_KEYWORDS,
        comment_tags=("Translators:",),
        strip_comment_tags=True,
    )
    for path, _, sentence, comments, context in sentences:
        location = (Path(path).as_posix(), 0)
        found.add(sentence, locations=[location], auto_comments=comments, context=context)
    for sentence in member.help_sentences():
        found.add(sentence, locations=[("tenure --help", 0)])
    return found


def read(path: Path, language: str) -> Catalog:
    """Read a catalogue; one that is not there is empty."""
    if not path.is_file():
        return Catalog(locale=language, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def update(member: Member, language: str) -> None:
    """Bring one catalogue in step with the code; translations that still apply are kept."""
    path = member.catalogue_path(language)
    catalogue = read(path, language)
    catalogue.update(extract(member), no_fuzzy_matching=True, update_header_comment=False)
    catalogue.obsolete.clear()
    catalogue.fuzzy = False
    catalogue.header_comment = f"# The sentences of {member.folder.name} in the language '{language}'."
    written = BytesIO()
    write_po(written, catalogue, width=100, sort_output=True, include_lineno=False)
    lines = written.getvalue().decode("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(tuple(f'"{name}:' for name in _CHANGING_HEADERS))]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(kept), encoding="utf-8")


def faults(member: Member, language: str) -> list[str]:
    """Return what is wrong with one catalogue, a line for each sentence."""
    wanted, catalogue = extract(member), read(member.catalogue_path(language), language)
    known = {_key(message): message for message in catalogue if message.id}
    found = []
    for message in wanted:
        if message.id:
            found += [
                f"{_name(message)}: {fault}" for fault in _faults_of(message, known.pop(_key(message), None))
            ]
    found += [f"{_name(message)}: stale, the code no longer says it" for message in known.values()]
    return [f"{member.domain} {language}: {fault}" for fault in found]


def placeholders(sentence: str) -> set[str]:
    """Return the placeholders of a sentence, in both writings.

    Raises:
        ValueError: its braces do not match.
    """
    braces = {
        f"{{{name}{'!' + conversion if conversion else ''}{':' + spec if spec else ''}}}"
        for _, name, spec, conversion in string.Formatter().parse(sentence)
        if name is not None
    }
    return braces | set(_PERCENT_PLACEHOLDER.findall(sentence))


def _faults_of(message: Message, translated: Message | None) -> Iterator[str]:
    if translated is None:
        yield "not in the catalogue"
        return
    sources, targets = _forms(message.id), _forms(translated.string)
    if translated.fuzzy:
        yield "fuzzy"
    if not targets or not all(targets):
        yield "not translated"
        return
    for number, target in enumerate(targets):
        source = sources[min(number, len(sources) - 1)]
        try:
            if placeholders(target) != placeholders(source):
                yield f"other placeholders in {target!r}"
        except ValueError as error:
            yield f"{error} in {target!r}"


def _forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def _key(message: Message) -> tuple[str, str | None]:
    return _forms(message.id)[0], message.context


def _name(message: Message) -> str:
    return repr(_forms(message.id)[0])


def main(arguments: list[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("act", choices=["update", "check"])
    act = parser.parse_args(arguments).act
    if act == "update":
        for member in members():
            for language in sorted({*TRANSLATED, *member.languages()}):
                update(member, language)
        return 0
    found = [fault for member in members() for language in TRANSLATED for fault in faults(member, language)]
    print("\n".join(found) or "every sentence is said in every language")  # noqa: T201 - the command's answer
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
