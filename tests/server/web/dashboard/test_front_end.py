"""The front end's sources: a lock without hosts, and colours that can be read."""

import json
import re
from pathlib import Path

import pytest

from tenure_server.web.dashboard import rendering

FRONT_END = Path(rendering.__file__).parent / "frontend"
PAIRS = [
    ("ink", "page"),
    ("ink", "surface"),
    ("ink", "surface-head"),
    ("ink", "demo"),
    ("ink-quiet", "page"),
    ("ink-quiet", "surface"),
    ("ink-quiet", "surface-head"),
    ("ink-quiet", "demo"),
    ("link", "page"),
    ("link", "surface"),
    ("link", "demo"),
    ("accent", "surface"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("on-notice", "notice"),
    ("on-grave", "grave"),
    ("grave-ink", "surface"),
    ("on-done", "done"),
    ("on-band", "band-calm"),
    ("on-band", "band-notice"),
    ("on-band", "band-done"),
]
SHAPES = [
    ("calm", "surface"),
    ("notice-shape", "notice"),
    ("line-strong", "surface"),
    ("line-strong", "page"),
    ("focus", "surface"),
    ("focus", "page"),
    ("grave-ink", "surface"),
]


def tokens() -> dict[str, dict[str, str]]:
    light, dark = (FRONT_END / "src/tokens.css").read_text("utf-8").split("@media", 1)
    themes = {
        name: dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6});", text))
        for name, text in [("light", light), ("dark", dark)]
    }
    assert set(themes["light"]) <= set(themes["dark"]), (
        "a token of the light theme has no value in the dark one"
    )
    return themes


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    brighter, darker = sorted([luminance(one), luminance(other)], reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_can_be_read_on_its_ground(theme, text, ground):
    colours = tokens()[theme]
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_shapes_and_borders_can_be_told_from_their_ground(theme, shape, ground):
    colours = tokens()[theme]
    assert contrast(colours[shape], colours[ground]) >= 3


def test_the_lock_names_no_host_and_pins_every_package_by_its_digest():
    text = (FRONT_END / "package-lock.json").read_text("utf-8")
    assert "http" not in text
    packages = json.loads(text)["packages"]
    assert all("resolved" not in package for package in packages.values())
    assert all(package["integrity"].startswith("sha512-") for name, package in packages.items() if name)


def test_the_packages_are_named_by_exact_version():
    package = json.loads((FRONT_END / "package.json").read_text("utf-8"))
    versions = {**package["dependencies"], **package["devDependencies"]}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions.values())
