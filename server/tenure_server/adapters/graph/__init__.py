"""Microsoft Graph: the city's accounts and mailboxes."""

import logging
import ssl

import httpx2

from tenure_server.adapters.graph.client import CONNECT_SECONDS, TIMEOUT_SECONDS, USER_AGENT, GraphClient
from tenure_server.adapters.graph.clouds import cloud
from tenure_server.adapters.graph.credentials import read_credential
from tenure_server.adapters.graph.sign_in import MsalSignIn, Registration, application
from tenure_server.adapters.graph.sign_in_http import SignInHttp
from tenure_server.domain.errors import InputError
from tenure_server.domain.message import N_, say
from tenure_server.settings import Settings
from tenure_server.usecases.ports import Clock

_CONNECTIONS = 16


def graph_client(settings: Settings, clock: Clock) -> GraphClient:
    """Return the way into the city's tenant that the settings name; nothing is sent yet.

    Raises:
        InputError: A file of the settings cannot be used.
    """
    where = cloud(settings)
    trust = authorities(settings)
    read_credential(settings)  # what is wrong with it is said at the start, not at night
    who = Registration(tenant=settings.graph_tenant, client_id=settings.graph_client_id, cloud=where)
    timeout = httpx2.Timeout(TIMEOUT_SECONDS, connect=CONNECT_SECONDS)
    headers = {"User-Agent": USER_AGENT}
    _silence()
    sign_in_http = SignInHttp(verify=trust, timeout=timeout, headers=headers)
    sign_in = MsalSignIn(
        lambda: application(who, read_credential(settings), sign_in_http, clock), sign_in_http
    )
    connections = httpx2.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)
    http = httpx2.AsyncClient(verify=trust, timeout=timeout, headers=headers, limits=connections)
    return GraphClient(where, sign_in, clock, http)


def authorities(settings: Settings) -> ssl.SSLContext:
    """Return whose certificates are believed on the way to the tenant.

    Raises:
        InputError: The file that the settings name cannot be used.
    """
    if settings.graph_ca is None:
        return httpx2.create_ssl_context()
    try:
        return ssl.create_default_context(cafile=str(settings.graph_ca))
    except (OSError, ssl.SSLError) as error:
        sentence = N_("{file} holds no certificate of an authority that could be used.")
        raise InputError(say(sentence, file=settings.graph_ca)) from error


def _silence() -> None:
    """Keep libraries from logging addresses and answers: they name people."""
    for name in ("httpx2", "httpcore2", "msal"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
