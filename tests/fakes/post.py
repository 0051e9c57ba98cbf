"""A mail server that keeps what it takes, and fails as it is told to."""

from dataclasses import dataclass, field

from tenure_server.domain.mail import Mail


@dataclass(slots=True)
class FakePost:
    """Takes mail; whatever stands in `answers` is raised first, one for each mail."""

    taken: list[Mail] = field(default_factory=list)
    answers: list[Exception | None] = field(default_factory=list)
    takes_before_failing: bool = False
    """Whether a mail whose answer is lost was taken all the same."""

    async def send(self, mail: Mail) -> None:
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            if self.takes_before_failing:
                self.taken.append(mail)
            raise answer
        self.taken.append(mail)

    @property
    def subjects(self) -> list[str]:
        return [mail.subject for mail in self.taken]

    def to(self, address: str) -> list[Mail]:
        return [mail for mail in self.taken if mail.to == address]
