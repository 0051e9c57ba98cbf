"""Trustees' mailboxes are looked at and fixed through the real adapters, against the simulated tenant."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fakes.checked_town import CheckedTown, checked_town, council
from fakes.graph_simulator import SimulatedTenant, running
from fakes.tenant import forward, read_only
from fakes.tenant_stages import OnSimulator, on_simulator, simulated
from tenure_server.usecases.check_mailboxes import MailCheck, check_mailboxes
from tenure_server.usecases.checking import Checking


@dataclass(slots=True, kw_only=True)
class Graphed:
    """A town and the simulated tenant that it looks at."""

    here: CheckedTown
    tenant: SimulatedTenant
    stage: OnSimulator

    async def check(self) -> MailCheck:
        checking = Checking(
            store=self.here.town.store,
            clock=self.here.town.clock,
            policy=self.here.town.terms,
            people=self.stage.people,
            mailboxes=self.stage.mailboxes,
        )
        result = await check_mailboxes(checking)
        self.here.passes(hours=1)
        return result

    def patches(self) -> list[str]:
        return [one.path for one in self.tenant.log if one.method == "PATCH"]


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Graphed]:
    tenant = simulated()
    async with checked_town(tmp_path) as here, running(tenant) as simulator:
        stage = on_simulator(tenant, simulator, tmp_path)
        yield Graphed(here=here, tenant=tenant, stage=stage)
        await stage.client.close()


async def test_the_whole_way_from_a_forward_to_a_mail_about_it(there: Graphed) -> None:
    here, stage = there.here, there.stage
    await here.know(council("aino", "bert", "cecilia", "dora"))
    stage.has_user("aino", rules=[forward("r1", "aino@gmail.com"), forward("r2", "bert@kuntala.example")])
    stage.has_user("bert", rules=[])
    stage.has_user("cecilia", rules=[read_only("r3")])
    result = await there.check()
    assert result.finished, result.why
    verdicts = {person: await here.verdict(person) for person in ("aino", "bert", "cecilia", "dora")}
    assert verdicts == {"aino": "violation", "bert": "ok", "cecilia": "unknown", "dora": "unknown"}
    assert there.patches() == [], "it is only reported before the city says otherwise"

    await here.fixing()
    result = await there.check()
    assert result.fixes.done == 1
    assert stage.rule("aino", "r1")["isEnabled"] is False
    assert stage.rule("aino", "r2")["isEnabled"] is True
    assert await here.verdict("aino") == "ok"
    assert len(there.patches()) == 1
    await here.follow()
    assert here.post is not None
    (mail,) = here.post.to("aino@kuntala.example")
    assert "gmail.com" in mail.text
    assert "aino@gmail.com" not in mail.text

    await there.check()
    assert len(there.patches()) == 1


async def test_chains_groups_and_who_changed_are_followed_in_the_real_tenant(there: Graphed) -> None:
    here, stage = there.here, there.stage
    await here.know(council("aino", "bert"))
    stage.has_user("aino", rules=[forward("r1", "clerk@kuntala.example")])
    stage.has_user("bert", rules=[forward("r1", "all@kuntala.example")])
    stage.has_user("clerk", rules=[forward("r9", "c@gmail.com")])
    stage.has_contact("k1", "k@partner.example")
    stage.has_group("inner", "inner@kuntala.example", ["k1"])
    stage.has_group("all", "all@kuntala.example", ["inner"])
    await there.check()
    assert await here.verdict("aino") == "violation"
    assert await here.verdict("bert") == "violation"
    stage.loses_user("clerk")
    stage.has_group("all", "all@kuntala.example", [])
    stage.forgets_bookmarks()
    await there.check()
    assert await here.verdict("aino") == "ok"
    assert await here.verdict("bert") == "ok"


async def test_a_tenant_that_takes_consent_away_or_goes_down_leaves_what_was_known(there: Graphed) -> None:
    here, stage = there.here, there.stage
    await here.know(council("aino"))
    stage.has_user("aino", rules=[forward("r1", "aino@gmail.com")])
    await there.check()
    before = await here.state("aino")
    stage.goes_down()
    result = await there.check()
    assert result.why is not None
    assert not result.finished
    assert await here.state("aino") == before
