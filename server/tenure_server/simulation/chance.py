"""Chance that a seed decides: the same seed makes the same choices, on every machine and in every run.

Two kinds, and both are pure functions of the seed: a stream of choices for writing a script ahead, and an
answer that depends on what is asked only, so that leaving out one happening does not change what chance says
about another (that is what makes a story short enough to read).
"""

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from random import Random  # noqa: TID251 - a simulation with a seed (style.md 12)
from typing import TypeVar

T = TypeVar("T")
AN_ID = 32
"""Bytes of an id where nobody says how many."""


class Chance:
    """A stream of choices; `fork` makes others that do not disturb it."""

    def __init__(self, *seed: object) -> None:
        self._seed = seed
        self._random = Random("/".join(str(part) for part in seed))  # noqa: S311 - no secret is made of it

    def fork(self, *name: object) -> "Chance":
        """Return a stream of its own, by name."""
        return Chance(*self._seed, *name)

    def number(self, least: int, most: int) -> int:
        """Return a whole number, both ends included."""
        return self._random.randint(least, most)

    def share(self) -> float:
        """Return a number from 0 to 1."""
        return self._random.random()

    def happens(self, probability: float) -> bool:
        """Tell whether something so probable happens."""
        return self._random.random() < probability

    def one_of(self, choices: Sequence[T]) -> T:
        """Return one of these."""
        return choices[self._random.randrange(len(choices))]

    def some_of(self, choices: Sequence[T], count: int) -> list[T]:
        """Return so many different ones of these, or all."""
        return self._random.sample(list(choices), min(count, len(choices)))

    def spell(self, least: timedelta, most: timedelta) -> timedelta:
        """Return a length of time in whole seconds."""
        seconds = self._random.uniform(least.total_seconds(), most.total_seconds())
        return timedelta(seconds=round(seconds))


def share_of(*asked: object) -> float:
    """Return a number from 0 to 1 that depends on what is asked, and on nothing else."""
    named = "/".join(str(part) for part in asked)
    return int.from_bytes(hashlib.blake2b(named.encode(), digest_size=8).digest(), "big") / 2**64


@contextmanager
def ids_by_seed(seed: str) -> Iterator[None]:
    """Let the product's ids come from the seed while the block lasts: lists are told apart by them in a tie.

    Keys, tokens and nonces stay as they are: nothing is decided by their order.
    """
    made, real = 0, secrets.token_hex

    def token_hex(nbytes: int | None = None) -> str:
        nonlocal made
        made += 1
        named = f"{seed}/{made}".encode()
        return hashlib.blake2b(named, digest_size=nbytes or AN_ID).hexdigest()

    secrets.token_hex = token_hex
    try:
        yield
    finally:
        secrets.token_hex = real
