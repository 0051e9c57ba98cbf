"""The texts of notices: those that are shipped, and a city's own in its data directory, which win.

A language is a folder of files, one for each key; a fourth language is one more folder. A file of the city's
that cannot be used is told and passed over: a broken text never keeps a notice from being sent.
"""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from tenure_server.domain.errors import Finding, InputError, NotFoundError
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.notice_template import LONGEST, Template, TemplateError, TemplateKey, read_template
from tenure_server.usecases.ports import TemplateFault

SHIPPED = Path(__file__).parent / "templates"
_MOST_BYTES = 4 * LONGEST


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFiles:
    """The texts of one installation."""

    own: Path
    """The city's folder; it need not exist."""
    default_language: str

    def languages(self) -> Sequence[str]:
        """Return the languages in which there is at least one text."""
        folders = (path for root in (SHIPPED, self.own) if root.is_dir() for path in root.iterdir())
        return sorted({path.name for path in folders if path.is_dir() and path.name.isalpha()})

    def template(self, key: TemplateKey, language: str) -> Template:
        """Return the text in a language, else in the default one; the city's own if it can be used."""
        for tongue in dict.fromkeys((language, self.default_language, "fi")):
            try:
                own = self._own(key, tongue)
            except TemplateError:
                own = None
            shipped = own or _shipped(key, tongue)
            if shipped is not None:
                return shipped
        raise NotFoundError(say(N_("There is no text {key} in any language."), key=key.value))

    def language_of(self, key: TemplateKey, language: str) -> str:
        """Return the language in which `template` answers."""
        for tongue in (language, self.default_language):
            if (SHIPPED / tongue / f"{key}.txt").is_file() or self._file(key, tongue).is_file():
                return tongue
        return "fi"

    def is_own(self, key: TemplateKey, language: str) -> bool:
        """Tell whether the city's own text is the one that is used."""
        try:
            return self._own(key, language) is not None
        except TemplateError:
            return False

    def faults(self) -> Sequence[TemplateFault]:
        """Return every file of the city's that cannot be used, and why."""
        found = []
        for language in self.languages() if self.own.is_dir() else ():
            for key in TemplateKey:
                try:
                    self._own(key, language)
                except TemplateError as error:
                    found.append(self._fault(key, language, error))
        return found

    def set(self, key: TemplateKey, language: str, text: str, *, file: str) -> Template:
        """Put the city's own text in place.

        Raises:
            InputError: It cannot be used: every fault with its line; nothing was written.
        """
        if not (language.isalpha() and language.islower() and language.isascii()):
            raise InputError(say(N_("“{language}” is no language code."), language=language))
        try:
            template = read_template(key, text, file=file)
        except TemplateError as error:
            raise InputError(
                say(N_("{file} cannot be used: correct these lines."), file=file), error.findings
            ) from error
        self._write(key, language, text)
        return template

    def unset(self, key: TemplateKey, language: str) -> bool:
        """Go back to the shipped text; False if there was no other."""
        try:
            self._file(key, language).unlink()
        except FileNotFoundError:
            return False
        return True

    def _fault(self, key: TemplateKey, language: str, error: TemplateError) -> TemplateFault:
        written = self._file(key, language).lstat().st_mtime
        since = datetime.fromtimestamp(int(written), tz=UTC)
        return TemplateFault(key=key, language=language, since=since, why=error.findings[0])

    def _write(self, key: TemplateKey, language: str, text: str) -> None:
        target = self._file(key, language)
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=".new-")
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
                out.write(text)
            Path(name).replace(target)
        except OSError as error:
            sentence = N_("{file} cannot be written: {why}.")
            raise InputError(say(sentence, file=target, why=error.strerror or error)) from error

    def _file(self, key: TemplateKey, language: str) -> Path:
        return self.own / language / f"{key.value}.txt"

    def _own(self, key: TemplateKey, language: str) -> Template | None:
        file = self._file(key, language)
        try:
            if file.stat().st_size > _MOST_BYTES:
                raise _unusable(key, file, say(N_("The file is too large.")))
            return read_template(key, file.read_text(encoding="utf-8"), file=str(file))
        except FileNotFoundError:
            return None
        except NotADirectoryError:
            return None
        except UnicodeDecodeError as error:
            raise _unusable(key, file, say(N_("The file is not UTF-8."))) from error
        except OSError as error:
            why = say(N_("The file cannot be read: {why}."), why=error.strerror or error)
            raise _unusable(key, file, why) from error


def _unusable(key: TemplateKey, file: Path, why: Message) -> TemplateError:
    return TemplateError(key, (Finding(file=str(file), row=None, column=None, why=why),))


@cache
def _shipped(key: TemplateKey, language: str) -> Template | None:
    file = SHIPPED / language / f"{key.value}.txt"
    try:
        return read_template(key, file.read_text(encoding="utf-8"), file=file.name)
    except (FileNotFoundError, NotADirectoryError):
        return None
