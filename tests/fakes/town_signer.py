"""The real signer beside a town: its own journal and limits, the town's store as its courier."""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from fakes.town import Laptop, Town
from tenure_policies.envelope import SignedDocument
from tenure_policies.payloads import Act, DirectiveState, Outcome
from tenure_server.domain.signer_exchange import Inbox
from tenure_server.signer.journal import Journal, Stop
from tenure_server.signer.resume import approvers_of_resume
from tenure_server.signer.rounds import Round, Signer
from tenure_server.signer.settings import SignerSettings
from tenure_server.usecases.signer_exchange import signer_inbox, store_release


@dataclass(slots=True)
class Carrier:
    """What one round is shown, and what it hands over."""

    shown: Inbox
    posted: list[SignedDocument] = field(default_factory=list)

    def inbox(self, after: int) -> Inbox:
        return self.shown

    def post_release(self, document: SignedDocument) -> None:
        self.posted.append(document)


@dataclass(slots=True)
class TownSigner:
    """A signer of a town."""

    town: Town
    folder: Path
    settings: SignerSettings = field(init=False)

    def __post_init__(self) -> None:
        self.settings = SignerSettings(
            municipality=self.town.id, server="https://tenure.example", audience="tenure"
        )
        journal = Journal.create(self.folder / "journal.sqlite")
        journal.pin_keys(self.town.keys.keys.number, self.town.keys.documents[-1], self.town.now)
        journal.close()

    def limits(self, **limits: object) -> None:
        self.settings = msgspec.structs.replace(self.settings, **limits)

    async def round(self, inbox: Inbox | None = None) -> Round:
        """Do one round over what the server shows, or over what an attacker shows instead."""
        journal = Journal.open(self.folder / "journal.sqlite")
        shown = inbox or await signer_inbox(self.town.store, after=self.town.keys.keys.number)
        carrier = Carrier(shown)
        try:
            done = Signer(
                settings=self.settings,
                journal=journal,
                key=self.town.keys.release,
                courier=carrier,
                clock=self.town.clock,
            ).round()
        finally:
            journal.close()
        if inbox is None:
            for document in carrier.posted:
                await store_release(self.town.store, self.town.clock, document)
            await self.town.sweep()
        return done

    def stop(self, name: str) -> None:
        """Let one person stop everything."""
        with_journal = Journal.open(self.folder / "journal.sqlite")
        with_journal.add_stop(Stop(id=name, at=self.town.now, reason="wrong list?"))
        with_journal.close()

    def resume(self, name: str, approvers: int = 2) -> None:
        """Let approvers lift a stop."""
        signed = approvers_of_resume(
            [self.town.resume(name, approvers)],
            stop=name,
            municipality=self.town.id,
            keys=self.town.keys.trusted,
        )
        journal = Journal.open(self.folder / "journal.sqlite")
        journal.lift_stop(name, signed, self.town.now)
        journal.close()


def serials(done: Round) -> set[str]:
    """Return whom a round released."""
    return set(done.released)


def held(done: Round) -> dict[str, str]:
    """Return serial -> why it is held."""
    return {item.serial or "*": item.hold for item in done.held}


async def wipe_what_is_ordered(town: Town, *laptops: Laptop, outcome: Outcome = Outcome.DONE) -> list[str]:
    """Let laptops visit; those that are ordered to wipe do so and say so. Return their serials."""
    from fakes.town import REAL_PROOF

    wiped = []
    for laptop in laptops:
        await town.visit(laptop)
        if laptop.directive.state is DirectiveState.WIPED:
            proof = None if outcome is Outcome.FAILED else REAL_PROOF
            await town.visit(laptop, receipts=(laptop.receipt(Act.WIPE, outcome, proof=proof),))
            wiped.append(laptop.serial)
    return wiped
