"""Read proposed charges, and put one together with its evidence for whoever decides, bills or is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tenure_server.domain.charge import CHARGES, Charge
from tenure_server.domain.errors import NotFoundError
from tenure_server.domain.message import N_, say
from tenure_server.usecases.ports import Store
from tenure_server.usecases.propose_charges import evidence_digest


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeFile:
    """One proposal with the names that its reader needs."""

    charge: Charge
    person_name: str
    model: str
    digest: str
    """SHA-256 of the evidence, as the audit log names it."""


async def charges(store: Store) -> Sequence[Charge]:
    """Return every proposal, oldest first."""
    async with store.reading() as tx:
        return await tx.records.all(CHARGES)


async def find_charge(store: Store, name: str) -> Charge:
    """Return a proposal by its id, or by a laptop's serial if there is one only.

    Raises:
        NotFoundError: There is none, or more than one.
    """
    found = [one for one in await charges(store) if name in (one.id, one.serial)]
    if not found:
        raise NotFoundError(say(N_("There is no charge {charge}."), charge=name))
    if len(found) > 1:
        sentence = N_("{name} has several charges: name one of {charges}.")
        raise NotFoundError(say(sentence, name=name, charges=", ".join(one.id for one in found)))
    return found[0]


async def charge_file(store: Store, name: str) -> ChargeFile:
    """Return a proposal with its evidence; errors as in `find_charge`."""
    charge = await find_charge(store, name)
    async with store.reading() as tx:
        facts = await tx.register.facts()
    person = facts.people.get(charge.person)
    asset = next((one for one in facts.assets if one.serial == charge.serial), None)
    return ChargeFile(
        charge=charge,
        person_name=person.name if person else "",
        model=asset.model if asset else "",
        digest=evidence_digest(charge),
    )


def charge_document(charge: Charge) -> dict[str, object]:
    """Return a proposal as JSON values, in English."""
    return {
        "id": charge.id,
        "person_ext_id": charge.person,
        "serial": charge.serial,
        "state": charge.state.value,
        "right_ended": _moment(charge.ends),
        "deadline": _moment(charge.deadline),
        "proposed_at": _moment(charge.at),
        "changed_at": _moment(charge.changed_at),
        "price_eur": _sum(charge.price_eur),
        "price_vat_eur": _sum(charge.price_vat_eur),
        "amount_eur": _sum(charge.amount_eur),
        "decided_by": charge.decided_by or None,
        "reason": charge.reason or None,
        "why": None if charge.why is None else str(charge.why),
    }


def evidence_document(file: ChargeFile) -> dict[str, object]:
    """Return a proposal with its evidence as JSON values."""
    return {
        **charge_document(file.charge),
        "person_name": file.person_name,
        "model": file.model,
        "evidence_sha256": file.digest,
        "evidence": [
            {
                "topic": line.topic,
                "at": _moment(line.at),
                "until": _moment(line.until),
                **dict(line.values),
            }
            for line in file.charge.evidence
        ],
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def _sum(amount: object) -> str | None:
    return None if amount is None else str(amount)
