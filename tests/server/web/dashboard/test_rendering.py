import json

import pytest

from tenure_server.web.dashboard.rendering import BUILT, Assets, NotBuiltError


def test_the_built_script_and_style_are_found_by_their_names():
    assets = Assets.read()
    assert assets.script.startswith("/static/build/assets/")
    assert assets.script.endswith(".js")
    assert assets.style.endswith(".css")


@pytest.mark.parametrize("content", [None, "", "[]", "{}", json.dumps({"src/main.js": {"file": "x.js"}})])
def test_a_missing_or_broken_build_says_how_to_build_it(tmp_path, content):
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(NotBuiltError, match="uv sync"):
        Assets.read(tmp_path)


def test_the_built_files_fetch_nothing_from_elsewhere():
    for path in BUILT.rglob("*.css"):
        text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text
        assert "https://" not in text
        assert "@import" not in text


def test_the_licences_of_what_is_bundled_are_shipped_with_it():
    licences = (BUILT / "licences.md").read_text("utf-8")
    assert "hds-core" in licences
    assert "htmx.org" in licences
