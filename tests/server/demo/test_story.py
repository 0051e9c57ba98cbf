"""A story ends well only if every chapter saw what it should, the proof included."""

import io
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from rich.console import Console

from tenure_server.demo import story
from tenure_server.demo.premises import Premises
from tenure_server.demo.scene import Chapter, Scene
from tenure_server.demo.telling import NotObservedError, Teller, insist, see
from tenure_server.demo.town import Town, settings_for, settings_text
from tenure_server.domain.errors import InputError, RefusedError
from tenure_server.domain.message import N_, say
from tenure_server.language import translator
from tenure_server.settings import read_settings

SEEN = say(N_("Laptops"))


class Stage:
    """A town that runs nothing, and what is told of it."""

    def __init__(self, folder: Path, *, language: str = "en") -> None:
        self.paper = io.StringIO()
        premises = Premises(root=folder)
        self.town = Town(premises=premises, settings=settings_for(premises, 8420))
        teller = Teller(translator(language), Console(file=self.paper, width=200), steps=2)
        self.scene = Scene(town=self.town, teller=teller, patience_seconds=0.1, real_agent=True)

    @property
    def told(self) -> str:
        return self.paper.getvalue()

    async def play(self, *chapters: Chapter) -> bool:
        self.scene.installation = object()  # type: ignore[assignment]
        async with AsyncExitStack() as stack:
            return await story.play(self.scene, chapters, stack)


async def _sees(scene: Scene) -> None:
    scene.teller.observed(SEEN)


async def _sees_nothing(scene: Scene) -> None:
    async def never() -> None:
        return None

    await scene.see(never, say(N_("Nothing was seen.")))


async def _is_refused(_scene: Scene) -> None:
    raise RefusedError(say(N_("It was refused.")))


async def test_every_chapter_is_numbered_and_what_was_seen_is_told(tmp_path: Path):
    stage = Stage(tmp_path)
    assert await stage.play(Chapter(title=SEEN, play=_sees), Chapter(title=SEEN, play=_sees))
    assert " 1/2  Laptops" in stage.told
    assert " 2/2  Laptops" in stage.told
    assert "✓ Laptops" in stage.told


@pytest.mark.parametrize(
    ("play", "words"), [(_sees_nothing, "✗ Nothing was seen."), (_is_refused, "✗ It was refused.")]
)
async def test_a_chapter_that_sees_something_else_ends_the_story(tmp_path: Path, play, words: str):
    stage = Stage(tmp_path)
    assert not await stage.play(Chapter(title=SEEN, play=play), Chapter(title=SEEN, play=_sees))
    assert words in stage.told
    assert "2/2" not in stage.told


@pytest.mark.parametrize(
    ("real_agent", "wiping_is_real", "ends_well"),
    [(True, True, True), (True, False, False), (False, False, True)],
)
async def test_an_emulated_wipe_of_this_machine_never_ends_well(
    tmp_path: Path, monkeypatch, *, real_agent: bool, wiping_is_real: bool, ends_well: bool
):
    async def wipe(scene: Scene) -> None:
        scene.wiping_is_real = wiping_is_real
        scene.installation = object()  # type: ignore[assignment]

    monkeypatch.setattr(story, "CHAPTERS", (Chapter(title=SEEN, play=wipe),))
    stage = Stage(tmp_path)
    told = Console(file=stage.paper, width=200)
    good = await story.tell(stage.town, translator("en"), told, patience_seconds=1, real_agent=real_agent)
    assert good is ends_well
    assert ("Every step was observed." in stage.told) is ends_well


async def test_what_is_seen_in_time_is_returned():
    looks = iter([None, None, "there"])

    async def look() -> str | None:
        return next(looks)

    assert await see(look, SEEN, within_seconds=5) == "there"
    with pytest.raises(NotObservedError):
        insist([], SEEN)


def test_the_written_settings_are_read_as_they_were(tmp_path: Path):
    settings = settings_for(Premises(root=tmp_path), 8420)
    settings.data_directory.mkdir()
    (settings.data_directory / "tenure.toml").write_text(settings_text(settings), encoding="utf-8")
    assert read_settings({"data_directory": settings.data_directory}, {}) == settings


def test_a_folder_with_something_in_it_is_not_used(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError):
        Premises(root=tmp_path).prepare()


def test_every_room_is_for_its_owner_only(tmp_path: Path):
    premises = Premises(root=tmp_path / "city")
    premises.prepare()
    rooms = (premises.root, premises.server, premises.approvers)
    assert {room.stat().st_mode & 0o777 for room in rooms} == {0o700}
