"""`tenure serve`: no configuration needed."""

import asyncio
import os
from pathlib import Path
from typing import Any

import click
import uvicorn

from tenure_server.adapters.listening_port import check_port
from tenure_server.cli.setting_flags import setting_flags, settings_from
from tenure_server.domain.message import N_, say
from tenure_server.language import Translator, translator
from tenure_server.settings import Settings, to_environment
from tenure_server.usecases.enrol_device import make_enrol_token
from tenure_server.web.bounded_http import BoundedHttp
from tenure_server.wiring import FirstStart, open_installation, prepare, root_keyids


@click.command()
@setting_flags(*Settings.model_fields)
@click.pass_context
def serve(context: click.Context, /, config: Path | None, **flags: Any) -> None:
    """Run the server.

    Without any setting it runs on SQLite in a data directory, on this machine only. Until two approvers have
    held the key ceremony (`tenure signer init`), an end locks and nothing can be wiped.

    Example: tenure serve --name Rantala --port 8420
    """
    from tenure_server.cli import chosen_language

    settings = settings_from(config, flags)
    words = translator(chosen_language(context))
    check_port(settings.host, settings.port)
    first = asyncio.run(prepare(settings))
    if first is not None:
        for line in asyncio.run(_first_words(settings, first, words)):
            click.echo(line, err=True)
    click.echo(words.say(say(N_("Tenure answers at {url}."), url=settings.base_url)), err=True)
    os.environ.update(to_environment(settings))
    uvicorn.run(
        "tenure_server.serve:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        log_level="warning",
        access_log=False,
        server_header=False,
        http=BoundedHttp,
        proxy_headers=settings.behind_proxy,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
    )


async def _first_words(settings: Settings, first: FirstStart, words: Translator) -> list[str]:
    """Say once what exists nowhere else: the root passphrase, the sign-in link, the enrol command."""
    async with open_installation(settings) as installation:
        token = await make_enrol_token(installation.store, installation.machine_clock)
        roots = await root_keyids(installation.store)
    return [
        words.say(
            say(
                N_(
                    "The root key is in {file}, encrypted. Move it off this machine, to two people. Its "
                    "passphrase, shown only now: {passphrase}"
                ),
                file=first.root_export,
                passphrase=first.passphrase,
            )
        ),
        words.say(
            say(
                N_("Sign in, once and within a day: {url}"),
                url=f"{settings.base_url}/sign-in?token={first.sign_in_token}",
            )
        ),
        words.say(
            say(
                N_("Enrol a laptop, once and within a week: {command}"),
                command=enrol_command(settings, token, roots[0]),
            )
        ),
        words.say(
            say(
                N_(
                    "Nothing can be wiped yet: an end only locks. `tenure signer init` and two approvers "
                    "switch wiping on."
                )
            )
        ),
    ]


def enrol_command(settings: Settings, token: str, root: str) -> str:
    """Return the command that enrols a laptop."""
    return f"tenure-agent enrol --server {settings.base_url} --token {token} --root {root}"
