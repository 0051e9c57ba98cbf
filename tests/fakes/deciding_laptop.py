"""A laptop of a town that follows what it is given by the agent's rules: `judge_directive` and `decide`."""

from dataclasses import dataclass, field
from typing import Any

from fakes.keys import key_id
from fakes.town import REAL_PROOF, Laptop, Town
from tenure_agent.decide import (
    AcceptWipe,
    ActRecord,
    AwaitReport,
    Erase,
    Lock,
    Refuse,
    Resume,
    Situation,
    Unlock,
    Withdraw,
    decide,
)
from tenure_policies.directive import Held, Identity, judge_directive, open_manifest
from tenure_policies.envelope import PayloadType, SignedDocument, digest, read_unverified
from tenure_policies.payloads import Act, Directive, Outcome, Release, Role
from tenure_policies.trusted_keys import Refusal, RefusedDocumentError
from tenure_policies.wire import VisitAnswer


@dataclass(slots=True)
class DecidingLaptop:
    """One laptop: what it holds, and what it did of its own judgement."""

    town: Town
    spoken: Laptop
    manifest: SignedDocument | None = None
    release: SignedDocument | None = None
    replaced: set[str] = field(default_factory=set)
    acts: list[ActRecord] = field(default_factory=list)
    unfinished: ActRecord | None = None
    refused: list[Refusal] = field(default_factory=list)
    wiped_under: str | None = None
    through: int = 0
    unsent: list[SignedDocument] = field(default_factory=list)

    @property
    def identity(self) -> Identity:
        return Identity(
            municipality=self.town.id,
            device=self.spoken.answer.device,
            device_key=key_id(self.spoken.key),
            epoch=self.spoken.answer.epoch,
            serial=self.spoken.serial,
        )

    async def visit(self, *, gets_through: bool = True) -> None:
        """Report, take in the answer, and act; with nothing more to say, the visit is over."""
        for _ in range(6):
            answer = await self._exchange() if gets_through else None
            if answer is not None:
                self.take(answer)
            if not self._act(signed=answer is not None):
                return

    async def _exchange(self) -> VisitAnswer:
        before, sent = self.spoken.held, tuple(self.unsent)
        visited = await self.town.visit(self.spoken, receipts=sent)
        self.spoken.held = before
        del self.unsent[: len(sent)]
        return visited.answer

    def take(self, answer: VisitAnswer) -> None:
        """Take in what an answer brings, as the agent does: manifest and release first."""
        keys = self.town.keys.trusted
        self.through = max(self.through, answer.receipts_through)
        try:
            if answer.manifest is not None:
                open_manifest(answer.manifest, keys)
                self.manifest = answer.manifest
            if answer.release is not None:
                keys.open(answer.release, PayloadType.RELEASE, Release, Role.RELEASE)
                self.release = answer.release
            if answer.directive is not None:
                self.follow(answer.directive)
        except RefusedDocumentError as error:
            self.refused.append(error.refusal)

    def follow(self, document: SignedDocument) -> None:
        """Judge a directive, and hold it if it holds."""
        held = self.spoken.held
        judged = judge_directive(
            document,
            held=None if held is None else Held(directive=self.spoken.directive, digest=digest(held)),
            replaced_locks=frozenset(self.replaced),
            identity=self.identity,
            keys=self.town.keys.trusted,
            now=self.town.now,
        )
        if judged is None:
            return
        if held is not None and self.spoken.directive.lock_id != judged.directive.lock_id:
            self.replaced.add(self.spoken.directive.lock_id)
        self.spoken.held = document

    def situation(self, *, signed: bool) -> Situation:
        """Return all that the decision rests on."""
        return Situation(
            identity=self.identity,
            keys=self.town.keys.trusted,
            is_real=False,
            directive=None if self.spoken.held is None else self.spoken.directive,
            locked_under=self.spoken.locked_under,
            trusted=self.town.now,
            wall=self.town.now,
            signed_now=self.town.now if signed else None,
            manifest=self.manifest,
            release=self.release,
            unfinished=self.unfinished,
            last_lock=next((one for one in reversed(self.acts) if one.act is Act.LOCK), None),
            last_wipe=next((one for one in reversed(self.acts) if one.act is Act.WIPE), None),
            receipts_through=self.through,
        )

    def _act(self, *, signed: bool) -> bool:
        """Take the next steps; tell whether there is something to report."""
        while True:
            step = decide(self.situation(signed=signed))
            match step:
                case Lock(by_lease=by_lease):
                    self.spoken.locked_under = self.spoken.directive.lock_id
                    self._note(Act.LOCK, Outcome.DONE, by_lease=by_lease)
                case Unlock(lock_id=lock_id):
                    self.spoken.locked_under = None
                    self._note(Act.UNLOCK, Outcome.DONE, lock_id=lock_id)
                case AcceptWipe():
                    self.unfinished = self._note(Act.WIPE, Outcome.ACCEPTED)
                case AwaitReport():
                    return bool(self.unsent)
                case Erase(record=record) | Resume(record=record):
                    self.wiped_under = record.lock_id
                    self._note(Act.WIPE, Outcome.DONE, proof=REAL_PROOF)
                    self.unfinished = None
                case Withdraw():
                    self._note(Act.WIPE, Outcome.FAILED, error="a newer directive came")
                    self.unfinished = None
                case Refuse(refusal=refusal):
                    self.refused.append(refusal)
                    return bool(self.unsent)
                case _:
                    return bool(self.unsent)

    def _note(self, act: Act, outcome: Outcome, **facts: Any) -> ActRecord:
        document = self.spoken.receipt(act, outcome, **facts)
        self.unsent.append(document)
        record = ActRecord(
            id=len(self.acts) + 1,
            act=act,
            outcome=outcome,
            lock_id=facts.get("lock_id", self.spoken.directive.lock_id),
            seq=self.spoken.directive.seq,
            by_lease=bool(facts.get("by_lease", False)),
            receipt=self.spoken.receipts,
        )
        self.acts.append(record)
        return record


def directive_of(document: SignedDocument) -> Directive:
    """Read a directive."""
    return read_unverified(document, Directive)
