"""The follow-up sweep: from a person's end to the last effect, once."""

from pathlib import Path

from fakes.city import City
from fakes.follow_up import city_address, followed_town, private_address


async def test_a_leaver_who_returns_nothing_is_told_blocked_closed_and_proposed_to_be_charged(
    tmp_path: Path,
) -> None:
    register = City().seat("aino", until="2029-05-31").laptop("L1", "aino")
    async with followed_town(tmp_path) as here:
        here.town.goes_to("2029-04-28")
        await here.know(register)
        await here.lives_through("2029-04-29", "2029-07-05")
        assert await here.told("aino") == [
            (key, "sent") for key in ("T-30", "T-14", "T-7", "T-1", "T+7", "T+21", "M-7")
        ]
        assert here.post is not None
        assert [mail.to for mail in here.post.taken] == [city_address("aino")] * 4 + [
            private_address("aino")
        ] * 3
        assert here.directory.calls == [("block_sign_in", "aino"), ("close_mailbox", "aino")]
        (charge,) = await here.charges()
        assert (charge.person, charge.serial, charge.state) == ("aino", "L1", "proposed")
        assert await here.task_kinds() == ["decide_charge"]
        again = await here.follow()
        assert not again.did_anything
