"""The only place that builds adapters: an installation, from its settings."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tenure_policies.payloads import Profile, Role
from tenure_server.adapters.clock import MovableClock, SystemClock
from tenure_server.adapters.data_directory import DataDirectory
from tenure_server.adapters.database.engine import Database, open_database
from tenure_server.adapters.directory.staff_tasks import StaffTasks
from tenure_server.adapters.graph import graph_client
from tenure_server.adapters.graph.accounts import GraphAccounts
from tenure_server.adapters.graph.client import GraphClient
from tenure_server.adapters.graph.clouds import cloud
from tenure_server.adapters.graph.mailboxes import GraphMailboxes
from tenure_server.adapters.graph.people import GraphPeople
from tenure_server.adapters.graph.post import GraphPost
from tenure_server.adapters.keys import first_keys
from tenure_server.adapters.notices.smtp_post import SmtpPost, SmtpServer
from tenure_server.adapters.notices.template_files import TemplateFiles
from tenure_server.adapters.policy_files import term_policy
from tenure_server.adapters.signing import DirectiveKeySigning
from tenure_server.domain.errors import NotFoundError
from tenure_server.domain.ids import MunicipalityId
from tenure_server.domain.lock_caps import LockCaps
from tenure_server.domain.mail_check import LookedAtBy
from tenure_server.domain.message import N_, say
from tenure_server.domain.tenant_account import ClosingWay
from tenure_server.domain.term import TermPolicy
from tenure_server.settings import Settings
from tenure_server.usecases.checking import Checking
from tenure_server.usecases.directive_words import Notice
from tenure_server.usecases.enforce_ends import Enforcement
from tenure_server.usecases.first_start import first_start, has_started
from tenure_server.usecases.following import Following
from tenure_server.usecases.give_mail_orders import MailOrdersGiven
from tenure_server.usecases.notice_words import NoticeWords
from tenure_server.usecases.order_mail_checks import MailOrdering
from tenure_server.usecases.ports import (
    Clock,
    Directory,
    Municipality,
    NewsFeed,
    Post,
    Store,
    VisitLog,
)
from tenure_server.usecases.sign_in import ADMINISTRATOR, make_sign_in_link
from tenure_server.usecases.visit import Visiting


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstStart:
    """What the first start leaves for a person to take away."""

    root_export: str
    """File of the encrypted root key."""
    passphrase: str
    """Of that file; shown once and kept nowhere."""
    sign_in_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """One municipality's server, built."""

    settings: Settings
    database: Database
    municipality: Municipality
    store: Store
    visit_log: VisitLog
    feed: NewsFeed
    clock: Clock
    """The time that the municipality lives in."""
    machine_clock: Clock
    """The machine's own; differs only in the demo."""
    policy: TermPolicy
    enforcement: Enforcement
    following: Following
    templates: TemplateFiles
    visiting: Visiting
    secret: bytes
    graph: GraphClient | None = None
    """The way into the city's tenant, if the settings name one; closed with the installation."""
    checking: Checking | None = None
    """What a look at the trustees' mailboxes needs; None: the settings name no tenant."""
    mail_ordering: MailOrdering | None = None
    """What ordering laptops to look needs; None: the settings name no registration for laptops."""


def installation_clock(settings: Settings) -> Clock:
    """Return the clock that the settings ask for."""
    if settings.movable_clock:
        return MovableClock(DataDirectory(path=settings.data_directory).clock_file, SystemClock())
    return SystemClock()


async def prepare(settings: Settings) -> FirstStart | None:
    """Create what is missing before the first start; return what a person must take away, or None.

    Raises:
        InputError: The data directory, the database or the policy cannot be used.
        UnavailableError: The database does not answer.
    """
    files = DataDirectory(path=settings.data_directory)
    files.prepare()
    term_policy(settings.policy)
    database = open_database(settings.database_url)
    clock = installation_clock(settings)
    try:
        await database.upgrade()
        store = database.store(MunicipalityId(settings.municipality))
        if await has_started(store):
            return None
        passphrase = secrets.token_urlsafe(24)
        keys = first_keys(settings.municipality, Profile(settings.profile), passphrase, now=clock.now())
        files.keep(keys.directive_private_key, keys.root_export)
        await first_start(
            store,
            clock,
            municipality=MunicipalityId(settings.municipality),
            name=settings.name,
            policy=settings.policy,
            keys=keys.document,
        )
        token = await make_sign_in_link(store, SystemClock(), ADMINISTRATOR)
    finally:
        await database.close()
    return FirstStart(root_export=str(files.root_export), passphrase=passphrase, sign_in_token=token)


@asynccontextmanager
async def open_installation(settings: Settings) -> AsyncIterator[Installation]:
    """Open a prepared installation and close it afterwards.

    Raises:
        NotFoundError: It was never started.
        InputError: Its files or policy cannot be read.
        UnavailableError: The database does not answer.
    """
    files = DataDirectory(path=settings.data_directory)
    database = open_database(settings.database_url)
    try:
        await database.upgrade()
        store = database.store(MunicipalityId(settings.municipality))
        async with store.reading() as tx:
            municipality = await tx.municipality.get()
        if municipality is None:
            raise NotFoundError(
                say(
                    N_("There is no municipality {id} in this database: start it once with `tenure serve`."),
                    id=settings.municipality,
                )
            )
        graph = graph_client(settings, SystemClock()) if settings.has_graph else None
        try:
            yield _build(settings, files, database, municipality, graph)
        finally:
            if graph is not None:
                await graph.close()
    finally:
        await database.close()


def _build(
    settings: Settings,
    files: DataDirectory,
    database: Database,
    municipality: Municipality,
    graph: GraphClient | None,
) -> Installation:
    store = database.store(municipality.id)
    clock = installation_clock(settings)
    signing = DirectiveKeySigning(files.read_directive_key())
    policy = term_policy(settings.policy)
    notice = Notice(
        city=settings.name,
        city_sv=settings.name_sv,
        place=settings.return_place,
        phone=settings.help_phone,
        zone=policy.zone,
    )
    visit_log = database.visit_log(municipality.id)
    templates = TemplateFiles(own=files.notices, default_language=settings.notice_language)
    return Installation(
        settings=settings,
        database=database,
        municipality=municipality,
        store=store,
        visit_log=visit_log,
        feed=database.news_feed(municipality.id),
        clock=clock,
        machine_clock=SystemClock(),
        policy=policy,
        enforcement=Enforcement(
            store=store,
            clock=clock,
            signing=signing,
            policy=policy,
            notice=notice,
            lock_caps=LockCaps(an_hour=settings.sudden_locks_per_hour, a_day=settings.sudden_locks_per_day),
        ),
        following=Following(
            store=store,
            clock=clock,
            policy=policy,
            words=NoticeWords(
                lock=notice,
                hours=settings.return_hours,
                contact=settings.contact,
                link=settings.return_link,
            ),
            templates=templates,
            directory=accounts_directory(settings, store, clock, graph),
            post=smtp_post(settings, clock) if graph is None else graph_post(settings, clock, graph),
            staff_address=settings.staff_address,
            staff_language=settings.notice_language,
            closing_way=ClosingWay(settings.mailbox_closing) if settings.accounts == "graph" else None,
        ),
        templates=templates,
        visiting=Visiting(
            store=store,
            log=visit_log,
            clock=clock,
            signing=signing,
            municipality=municipality,
            mail_orders=MailOrdersGiven(clock=clock, signing=signing)
            if settings.graph_laptop_client_id
            else None,
        ),
        secret=files.read_secret(),
        graph=graph,
        checking=None if graph is None else checking(settings, store, clock, policy, graph),
        mail_ordering=mail_ordering(settings, store, clock, policy),
    )


def mail_ordering(settings: Settings, store: Store, clock: Clock, policy: TermPolicy) -> MailOrdering | None:
    """Return what ordering laptops to look at their holders' mailboxes needs, or None."""
    if not settings.graph_laptop_client_id:
        return None
    where = cloud(settings)
    return MailOrdering(
        store=store,
        clock=clock,
        policy=policy,
        authority=f"{where.authority.rstrip('/')}/{settings.graph_tenant}",
        client_id=settings.graph_laptop_client_id,
        graph=where.graph,
        mail_fixer=LookedAtBy(settings.mail_fixer),
    )


def checking(
    settings: Settings, store: Store, clock: Clock, policy: TermPolicy, graph: GraphClient
) -> Checking:
    """Return what a look at the trustees' mailboxes needs."""
    return Checking(
        store=store,
        clock=clock,
        policy=policy,
        people=GraphPeople(graph),
        mailboxes=GraphMailboxes(graph),
        mail_fixer=LookedAtBy(settings.mail_fixer),
    )


def accounts_directory(
    settings: Settings, store: Store, clock: Clock, graph: GraphClient | None
) -> Directory:
    """Return who blocks sign-in and closes mailboxes: people by tasks, or the server through Graph."""
    if settings.accounts == "graph" and graph is not None:
        return GraphAccounts(graph, store, clock, ClosingWay(settings.mailbox_closing))
    return StaffTasks(store, clock)


def graph_post(settings: Settings, clock: Clock, graph: GraphClient) -> Post | None:
    """Return the city's mailbox that sends notices, else the mail server, or None."""
    if settings.graph_sender:
        return GraphPost(graph, sender=settings.graph_sender, reply_to=settings.mail_reply_to)
    return smtp_post(settings, clock)


def smtp_post(settings: Settings, clock: Clock) -> SmtpPost | None:
    """Return the mail server that the settings name, or None.

    Raises:
        InputError: Its password cannot be read.
    """
    if not settings.smtp_host:
        return None
    server = SmtpServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        sender=settings.mail_from,
        sender_name=settings.name,
        reply_to=settings.mail_reply_to,
        user=settings.smtp_user,
        password_file=settings.smtp_password_file,
    )
    return SmtpPost(server, clock)


async def root_keyids(store: Store) -> tuple[str, ...]:
    """Return the thumbprints that a laptop pins at enrolment."""
    async with store.reading() as tx:
        documents = await tx.directives.keys_documents()
    return documents[0][0].roles[Role.ROOT].keyids if documents else ()
