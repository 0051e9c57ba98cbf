"""What can go wrong on the laptop. Says what to do next; never carries secrets or personal data.

    AgentError
    |- ConfigError                   the configuration is missing, unreadable or malformed
    |- CommandError                  a program of this machine did not do its work
    |  |- CommandMissingError        it is not installed where it belongs
    |  |- CommandTimeoutError        it did not finish in time and was stopped
    |  |- CommandFailedError         it finished with an exit code that means failure
    |- TableError                    a question about this laptop cannot be answered
    |  |- UnknownTableError          the query reads a table that this laptop does not show
    |  |- UnreadableTableError       the table exists, but its source cannot be read (rights, format)
    |  |- QueryRefusedError          not one read-only SELECT, or not SQL
    |  |- QueryLimitError            too long, too slow or too many rows
    |  |- TablesUnavailableError     the source of the tables (osqueryd) does not answer
    |- ServerUnavailableError        no answer, or "later": try again
    |- ServerRefusedError            the server answered, and the answer is no
    |- JournalError                  the journal cannot be read or written: nothing may be done
    |- KeyStoreError                 the device key cannot be made, read or used
    |- EnforcerError                 a lock or wipe could not be carried out or proven
    |- MailError                     the holder's mailbox cannot be looked at
    |  |- SignInNeededError          somebody must sign in
    |  |- WrongAccountError          somebody else has signed in
    |  |- MailUnavailableError       nobody answers, or with an error

A message is an English sentence, the gettext key, with its facts beside it, so that the command line can
say it in the reader's language (`tenure_agent.language`); `str()` gives the English.
"""

from collections.abc import Mapping
from types import MappingProxyType


class AgentError(Exception):
    """Root of the agent's errors."""

    def __init__(self, sentence: str, **facts: object) -> None:
        super().__init__(sentence.format(**facts) if facts else sentence)
        self.sentence = sentence
        self.facts: Mapping[str, object] = MappingProxyType(facts)


class ConfigError(AgentError):
    """The configuration is missing, unreadable or malformed."""


class CommandError(AgentError):
    """A program of this machine did not do its work; `command` is its name."""

    def __init__(self, sentence: str, *, command: str, **facts: object) -> None:
        super().__init__(sentence, command=command, **facts)
        self.command = command


class CommandMissingError(CommandError):
    """The program is not installed where it belongs."""


class CommandTimeoutError(CommandError):
    """The program did not finish in time and was stopped."""


class CommandFailedError(CommandError):
    """The program finished with an exit code that means failure."""

    def __init__(self, sentence: str, *, command: str, exit_code: int, stderr: str) -> None:
        super().__init__(sentence, command=command, exit_code=exit_code, stderr=stderr)
        self.exit_code = exit_code
        self.stderr = stderr


class TableError(AgentError):
    """A question about this laptop cannot be answered."""


class UnknownTableError(TableError):
    """The query reads a table that this laptop does not show; `table` is its name."""

    def __init__(self, sentence: str, *, table: str) -> None:
        super().__init__(sentence, table=table)
        self.table = table


class UnreadableTableError(TableError):
    """The table's source on this laptop cannot be read; `table` is its name."""

    def __init__(self, sentence: str, *, table: str, **facts: object) -> None:
        super().__init__(sentence, table=table, **facts)
        self.table = table


class QueryRefusedError(TableError):
    """The query is not one read-only SELECT, or not SQL."""


class QueryLimitError(TableError):
    """The query is too long, too slow, or gives too many rows."""


class TablesUnavailableError(TableError):
    """The source of the tables (osqueryd) does not answer."""


class ServerUnavailableError(AgentError):
    """The server gave no answer or asked to come later; `retry_after_seconds` if it said when."""

    def __init__(self, sentence: str, *, retry_after_seconds: int | None = None, **facts: object) -> None:
        super().__init__(sentence, **facts)
        self.retry_after_seconds = retry_after_seconds


class ServerRefusedError(AgentError):
    """The server answered and refuses; `status` is the HTTP status, `code` the wire's reason."""

    def __init__(self, sentence: str, *, status: int, code: str = "", **facts: object) -> None:
        super().__init__(sentence, status=status, code=code, **facts)
        self.status = status
        self.code = code


class JournalError(AgentError):
    """The journal cannot be read or written: nothing may be done without it."""


class KeyStoreError(AgentError):
    """The device key cannot be made, read or used."""


class EnforcerError(AgentError):
    """A lock or wipe could not be carried out or proven."""


class MailError(AgentError):
    """The holder's mailbox cannot be looked at."""


class SignInNeededError(MailError):
    """Somebody must sign in: nobody has, or what was given is worth nothing any more."""


class WrongAccountError(MailError):
    """Another account has signed in than the one that the order names."""


class MailUnavailableError(MailError):
    """Nobody answers, or with an error; `code` is what is reported of it."""

    def __init__(self, sentence: str, *, code: str, **facts: object) -> None:
        super().__init__(sentence, code=code, **facts)
        self.code = code
