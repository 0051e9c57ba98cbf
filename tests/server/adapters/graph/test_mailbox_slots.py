import asyncio

import pytest

from tenure_server.adapters.graph.mailbox_slots import MailboxSlots, mailbox_of


@pytest.mark.parametrize(
    ("path", "mailbox"),
    [
        ("/users/Aino%40kuntala.example/mailFolders/inbox/messageRules", "aino@kuntala.example"),
        ("/users/u1/sendMail", "u1"),
        ("https://graph.example/v1.0/users/u1/mailFolders/inbox/messageRules?$skip=1", "u1"),
        ("/users/u1", ""),
        ("/users/delta", ""),
        ("/users/u1/revokeSignInSessions", ""),
        ("/$batch", ""),
    ],
)
def test_a_call_counts_for_the_mailbox_it_goes_to(path: str, mailbox: str) -> None:
    assert mailbox_of(path) == mailbox


async def test_no_more_than_four_are_in_one_mailbox_and_others_do_not_wait() -> None:
    slots, inside, most = MailboxSlots(), 0, 0

    async def call() -> None:
        nonlocal inside, most
        async with slots.one("aino"):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    calls = [asyncio.create_task(call()) for _ in range(20)]
    await asyncio.sleep(0)
    assert not slots.is_free("aino")
    assert slots.is_free("bo")
    async with slots.one("bo"):
        pass
    await asyncio.gather(*calls)
    assert most == 4


async def test_only_mailboxes_that_are_called_are_remembered_even_if_a_call_is_given_up() -> None:
    slots = MailboxSlots(at_once=1)
    async with slots.one("aino"):
        waiting = asyncio.create_task(slots.take("aino"))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert slots.mailboxes == 1
    async with slots.one(""):
        assert slots.mailboxes == 0
