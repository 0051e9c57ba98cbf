"""What every enforcer owes, on the fake and on the sandbox: with cryptsetup, and without it."""

import json
import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fakes.enforcer import FakeEnforcer
from fakes.municipality import REASON, RETURN
from tenure_agent.errors import EnforcerError
from tenure_agent.platform.commands import CRYPTSETUP, Command
from tenure_agent.platform.sandbox_enforcer import MARKER, PAGE, VOLUME, VOLUME_KEY, SandboxEnforcer
from tenure_agent.ports import Enforcer, LockOrder
from tenure_policies.payloads import Sentences

NO_CRYPTSETUP = Command(name="cryptsetup", paths=("/nonexistent/cryptsetup",))

needs_cryptsetup = pytest.mark.skipif(
    not CRYPTSETUP.is_present(), reason="cryptsetup is not on this machine (apt install cryptsetup)"
)


def order(lock_id: str = "lock-1", *, reason: Sentences = REASON) -> LockOrder:
    since = datetime(2029, 5, 31, 21, tzinfo=UTC)
    return LockOrder(lock_id=lock_id, since=since, by_lease=True, reason=reason, instructions=RETURN)


def fake(_: Path) -> Enforcer:
    return FakeEnforcer()


def sandbox(directory: Path) -> SandboxEnforcer:
    enforcer = SandboxEnforcer(directory / "sandbox")
    enforcer.prepare()
    return enforcer


def emulated(directory: Path) -> SandboxEnforcer:
    enforcer = SandboxEnforcer(directory / "sandbox", cryptsetup=NO_CRYPTSETUP)
    enforcer.prepare()
    return enforcer


@pytest.fixture(
    params=[
        fake,
        pytest.param(sandbox, marks=[needs_cryptsetup, pytest.mark.cryptsetup]),
        emulated,
    ]
)
def enforcer(request: pytest.FixtureRequest, tmp_path: Path) -> Enforcer:
    make: Callable[[Path], Enforcer] = request.param
    return make(tmp_path)


def test_a_laptop_begins_unlocked(enforcer: Enforcer):
    assert enforcer.locked_under() is None


def test_a_lock_shows_under_which_lock_id(enforcer: Enforcer):
    enforcer.lock(order("lock-7"))
    assert enforcer.locked_under() == "lock-7"


def test_locking_twice_ends_as_locking_once(enforcer: Enforcer):
    enforcer.lock(order())
    enforcer.lock(order())
    assert enforcer.locked_under() == "lock-1"


def test_another_lock_replaces_the_one_before(enforcer: Enforcer):
    enforcer.lock(order("lock-1"))
    enforcer.lock(order("lock-2"))
    assert enforcer.locked_under() == "lock-2"


def test_unlocking_takes_the_lock_away_however_often(enforcer: Enforcer):
    enforcer.lock(order())
    enforcer.unlock()
    enforcer.unlock()
    assert enforcer.locked_under() is None


def test_a_wipe_leaves_nothing_that_opens(enforcer: Enforcer):
    opened = enforcer.opens()
    proof = enforcer.wipe(opened_before=opened)
    assert opened
    assert not enforcer.opens()
    assert not proof.opens_after
    assert proof.key_slots == 0


def test_a_wipe_repeated_after_a_crash_gives_the_same_proof(enforcer: Enforcer):
    first = enforcer.wipe(opened_before=True)
    assert enforcer.wipe(opened_before=True) == first


def test_a_wipe_of_what_did_not_open_before_proves_nothing(enforcer: Enforcer):
    assert not enforcer.wipe(opened_before=False).proven


def test_a_wipe_leaves_the_lock_as_it_is(enforcer: Enforcer):
    enforcer.lock(order())
    enforcer.wipe(opened_before=True)
    assert enforcer.locked_under() == "lock-1"


def test_readiness_tells_of_a_laptop_that_could_be_locked(enforcer: Enforcer):
    assert enforcer.readiness().can_lock


def test_without_cryptsetup_the_sandbox_says_that_it_emulates_and_proves_nothing(tmp_path: Path):
    enforcer = emulated(tmp_path)
    readiness = enforcer.readiness()
    assert readiness.is_emulated
    assert not readiness.can_wipe
    assert "emulated" in readiness.why[0]
    proof = enforcer.wipe(opened_before=enforcer.opens())
    assert proof.emulated
    assert not proof.proven


@needs_cryptsetup
@pytest.mark.cryptsetup
class TestSandbox:
    """The real thing: cryptsetup on a container file."""

    def test_the_wipe_of_a_real_volume_is_proven(self, tmp_path: Path):
        enforcer = sandbox(tmp_path)
        assert enforcer.readiness().can_wipe
        assert enforcer.wipe(opened_before=enforcer.opens()).proven

    def test_the_erased_volume_has_no_key_slots_by_cryptsetups_own_word(self, tmp_path: Path):
        enforcer = sandbox(tmp_path)
        enforcer.wipe(opened_before=True)
        path = CRYPTSETUP.path()
        assert path is not None
        volume = tmp_path / "sandbox" / VOLUME
        dumped = subprocess.run(
            [path, "luksDump", "--dump-json-metadata", str(volume)], capture_output=True, check=True
        )
        assert json.loads(dumped.stdout)["keyslots"] == {}

    def test_a_volume_that_opens_is_kept_at_the_next_enrolment(self, tmp_path: Path):
        enforcer = sandbox(tmp_path)
        before = (tmp_path / "sandbox" / VOLUME).read_bytes()[:65536]
        enforcer.prepare()
        assert (tmp_path / "sandbox" / VOLUME).read_bytes()[:65536] == before

    def test_an_erased_volume_is_made_anew_at_the_next_enrolment(self, tmp_path: Path):
        enforcer = sandbox(tmp_path)
        enforcer.wipe(opened_before=True)
        enforcer.prepare()
        assert enforcer.opens()

    def test_the_key_and_the_volume_are_for_the_owner_only(self, tmp_path: Path):
        sandbox(tmp_path)
        for name in (VOLUME, VOLUME_KEY):
            assert (tmp_path / "sandbox" / name).stat().st_mode & 0o077 == 0

    def test_another_key_does_not_open_and_counts_as_closed(self, tmp_path: Path):
        enforcer = sandbox(tmp_path)
        (tmp_path / "sandbox" / VOLUME_KEY).write_text("another key")
        assert not enforcer.opens()
        assert not enforcer.readiness().can_wipe

    def test_case_27_what_is_no_luks_volume_is_refused(self, tmp_path: Path):
        enforcer = sandbox(tmp_path)
        (tmp_path / "sandbox" / VOLUME).write_bytes(b"my holiday pictures" * 1000)
        for act in (enforcer.opens, lambda: enforcer.wipe(opened_before=True)):
            with pytest.raises(EnforcerError, match="manual recovery"):
                act()
        assert (tmp_path / "sandbox" / VOLUME).read_bytes().startswith(b"my holiday pictures")

    def test_a_volume_that_is_gone_is_an_error_and_not_a_wipe(self, tmp_path: Path):
        enforcer = sandbox(tmp_path)
        (tmp_path / "sandbox" / VOLUME).unlink()
        with pytest.raises(EnforcerError):
            enforcer.wipe(opened_before=True)

    @pytest.mark.parametrize("link", [os.symlink, os.link])
    def test_a_volume_elsewhere_is_never_touched_through_a_link(
        self, tmp_path: Path, link: Callable[[Path, Path], None]
    ):
        elsewhere = sandbox(tmp_path / "other")
        enforcer = sandbox(tmp_path)
        volume = tmp_path / "sandbox" / VOLUME
        volume.unlink()
        link(tmp_path / "other" / "sandbox" / VOLUME, volume)
        with pytest.raises(EnforcerError, match="refused"):
            enforcer.wipe(opened_before=True)
        volume.unlink()
        assert elsewhere.opens()

    def test_a_sandbox_that_is_a_link_to_another_directory_is_refused(self, tmp_path: Path):
        elsewhere = sandbox(tmp_path / "other")
        (tmp_path / "sandbox").symlink_to(tmp_path / "other" / "sandbox")
        enforcer = SandboxEnforcer(tmp_path / "sandbox")
        with pytest.raises(EnforcerError, match="refused"):
            enforcer.wipe(opened_before=True)
        assert elsewhere.opens()

    @pytest.mark.parametrize("mode", [0o777, 0o770])
    def test_a_sandbox_that_others_can_write_to_is_refused(self, tmp_path: Path, mode: int):
        enforcer = sandbox(tmp_path)
        (tmp_path / "sandbox").chmod(mode)
        with pytest.raises(EnforcerError, match="refused"):
            enforcer.wipe(opened_before=True)
        (tmp_path / "sandbox").chmod(0o700)
        assert enforcer.opens()

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a device node")
    def test_a_block_device_is_refused(self, tmp_path: Path):
        enforcer = sandbox(tmp_path)
        volume = tmp_path / "sandbox" / VOLUME
        volume.unlink()
        try:
            os.mknod(volume, 0o060600, os.makedev(7, 200))
        except OSError:
            pytest.skip("this machine makes no device nodes")
        with pytest.raises(EnforcerError, match="refused"):
            enforcer.wipe(opened_before=True)


def test_a_link_planted_in_place_of_the_marker_is_replaced_and_not_followed(tmp_path: Path):
    enforcer = emulated(tmp_path)
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "sandbox" / MARKER).symlink_to(victim)
    enforcer.lock(order())
    assert victim.read_text() == "precious"
    assert enforcer.locked_under() == "lock-1"


def test_a_damaged_marker_is_a_lock_under_no_known_id(tmp_path: Path):
    enforcer = emulated(tmp_path)
    (tmp_path / "sandbox" / MARKER).write_text("{")
    assert enforcer.locked_under() == ""


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def page(tmp_path: Path, reason: Sentences = REASON) -> _Page:
    emulated(tmp_path).lock(order(reason=reason))
    return _Page((tmp_path / "sandbox" / PAGE).read_text(encoding="utf-8"))


def test_the_locked_screen_speaks_three_languages_and_marks_each(tmp_path: Path):
    shown = page(tmp_path)
    sections = [attributes.get("lang") for tag, attributes in shown.tags if tag == "section"]
    assert sections == ["fi", "sv", "en"]
    for sentence in (REASON.fi, REASON.sv, REASON.en, "lock-1"):
        assert sentence in shown.text


def test_the_locked_screen_has_a_title_one_main_and_a_heading_for_each_language(tmp_path: Path):
    tags = [tag for tag, _ in page(tmp_path).tags]
    assert (tags.count("title"), tags.count("main"), tags.count("h1")) == (1, 1, 3)


def test_the_locked_screen_runs_and_loads_nothing_whatever_a_reason_says(tmp_path: Path):
    hostile = '<script src="https://evil.example/x.js"></script><img src=x onerror=alert(1)>'
    shown = page(tmp_path, Sentences(fi=hostile, sv=hostile, en=hostile))
    assert not {"script", "img", "link", "iframe"} & {tag for tag, _ in shown.tags}
    assert hostile in shown.text


def test_unlocking_takes_the_screen_away(tmp_path: Path):
    enforcer = emulated(tmp_path)
    enforcer.lock(order())
    enforcer.unlock()
    assert not (tmp_path / "sandbox" / PAGE).exists()
