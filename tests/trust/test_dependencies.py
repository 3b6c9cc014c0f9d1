"""What is installed by the lock is, byte for byte, what was locked."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_file_of_the_lock_has_a_hash_and_comes_from_the_package_index() -> None:
    locked = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]
    others = [package for package in locked if package["source"] != {"editable": "."}]
    assert len(others) > 100
    for package in others:
        assert package["source"] == {"registry": "https://pypi.org/simple"}, package["name"]
        files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
        assert files, package["name"]
        for file in files:
            assert re.fullmatch(r"sha256:[0-9a-f]{64}", file["hash"]), file
            assert file["url"].startswith("https://"), file


def test_everything_that_is_asked_for_is_locked_at_a_release_that_fits() -> None:
    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    locked = {
        package["name"]: package.get("version", "")
        for package in tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]
    }
    asked = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    for wanted in map(Requirement, asked):
        if wanted.name != project["name"]:
            assert wanted.specifier.contains(locked[wanted.name.lower().replace("_", "-")], prereleases=True), wanted
