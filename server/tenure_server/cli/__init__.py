"""The `tenure` command: finds a subcommand by name and imports only that one.

`COMMANDS` is the whole table; `tenure plan` must not pay for the web server or the database. Exit codes: 0
done, 1 the answer is "no", 2 wrong use or unreadable input. JSON goes to standard output, and nothing else
does; messages go to standard error.
"""

import os
from typing import Any

import click

from tenure_server.cli.click_words import click_in_our_languages, speak
from tenure_server.cli.lazy_commands import command_at
from tenure_server.cli.refusal import EXIT_UNUSABLE, tell_refusal
from tenure_server.cli.spoken_help import in_language
from tenure_server.domain.errors import InputError, TenureError
from tenure_server.language import LANGUAGES, SOURCE, translator

COMMANDS: dict[str, str] = {
    "approve": "tenure_server.cli.approve:approve",
    "audit": "tenure_server.cli.audit:audit",
    "campaign": "tenure_server.cli.campaign:campaign",
    "charges": "tenure_server.cli.charges:charges",
    "closings": "tenure_server.cli.closings:closings_command",
    "commitments": "tenure_server.cli.commitments:commitments",
    "demo": "tenure_server.cli.demo:demo",
    "doctor": "tenure_server.cli.doctor:doctor",
    "enrol-token": "tenure_server.cli.enrol_token:enrol_token",
    "entitlements": "tenure_server.cli.entitlements:entitlements_command",
    "events": "tenure_server.cli.events:events",
    "explain": "tenure_server.cli.explain:explain_command",
    "found": "tenure_server.cli.returns:found_command",
    "hand-over": "tenure_server.cli.hand_over:hand_over_command",
    "hold": "tenure_server.cli.hold:hold",
    "import": "tenure_server.cli.import_files:import_command",
    "keys": "tenure_server.cli.keys:keys",
    "loan": "tenure_server.cli.loan:loan",
    "mail": "tenure_server.cli.mail:mail",
    "notices": "tenure_server.cli.notices:notices",
    "own-device": "tenure_server.cli.own_device:own_device",
    "plan": "tenure_server.cli.plan:plan",
    "quarantine": "tenure_server.cli.quarantine:quarantine",
    "register": "tenure_server.cli.register:register",
    "reimaged": "tenure_server.cli.stock:reimaged_command",
    "returns": "tenure_server.cli.returns:returns",
    "revoke": "tenure_server.cli.revoke:revoke_command",
    "serve": "tenure_server.cli.serve:serve",
    "sign-in-link": "tenure_server.cli.enrol_token:sign_in_link",
    "signer": "tenure_server.cli.signer:signer",
    "simulate": "tenure_server.cli.simulate:simulate",
    "sources": "tenure_server.cli.sources:sources",
    "stay": "tenure_server.cli.stay:stay",
    "stock": "tenure_server.cli.stock:stock_command",
    "swap": "tenure_server.cli.returns:swap_command",
    "take-back": "tenure_server.cli.hand_over:take_back_command",
    "tasks": "tenure_server.cli.tasks:tasks",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Answer one command line, click's own words included, in the reader's language."""
        with click_in_our_languages():
            return super().main(*args, **kwargs)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help of the command itself in the reader's language."""
        spoken = in_language(self, translator(chosen_language(ctx)))
        click.Command.format_help(spoken, ctx, formatter)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return `--help`; click makes it before `--language` has been heard."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = translator(chosen_language(ctx)).gettext("Show this message and exit.")
        return option

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names, as help lists them."""
        return sorted({*COMMANDS, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, importing it if it is in the table."""
        target = COMMANDS.get(cmd_name)
        if target is None:
            return super().get_command(ctx, cmd_name)
        return in_language(command_at(target), translator(chosen_language(ctx)))

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; what it refuses is told line by line, with the exit code of its kind."""
        try:
            return super().invoke(ctx)
        except TenureError as error:
            tell_refusal(error, translator(chosen_language(ctx)))
            ctx.exit(EXIT_UNUSABLE if isinstance(error, InputError) else 1)


def _language_of_environment() -> str:
    """Return the language that the environment asks for, English if it is not offered."""
    wish = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    code = wish.partition("_")[0].partition(".")[0].lower()
    return code if code in LANGUAGES else SOURCE


def chosen_language(ctx: click.Context | None = None) -> str:
    """Return the language that the user chose for messages."""
    context = (ctx or click.get_current_context()).find_root()
    chosen = context.params.get("language")
    return chosen if isinstance(chosen, str) else _language_of_environment()


def _hear(_ctx: click.Context, _parameter: click.Parameter, language: str) -> str:
    speak(language)
    return language


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default=_language_of_environment,
    show_default="LANG",
    is_eager=True,
    callback=_hear,
    help="Language of messages; JSON is always English.",
)
@click.version_option(package_name="tenure-server")
def main(language: str) -> None:
    """Lend laptops to elected trustees, and take them back, by the term of office."""
