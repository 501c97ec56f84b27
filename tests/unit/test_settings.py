"""Settings come from the environment, and every one of them is documented."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic.fields import FieldInfo

from gridmap.cli.common import known_settings
from gridmap.cli.main import main
from gridmap.errors import InvalidInput
from gridmap.settings import Settings, load_settings

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENT = (REPOSITORY / "docs" / "settings.md").read_text("utf-8")
# | `NAME` | default | meaning |
ROWS = {
    name: (default, meaning)
    for name, default, meaning in re.findall(r"^\| `([A-Z_]+)` \| (.+?) \| (.+?) \|$", DOCUMENT, re.MULTILINE)
}
_OF_TESTS = {"GRIDMAP_REFERENCE"}


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("GRIDMAP_") or name == "DATABASE_URL":
            monkeypatch.delenv(name)


def variable(name: str, field: FieldInfo) -> str:
    return str(field.validation_alias or f"GRIDMAP_{name.upper()}")


def variables() -> dict[str, FieldInfo]:
    return {variable(name, field): field for name, field in Settings.model_fields.items()}


def variables_in_sources() -> set[str]:
    sources = [p for room in ("gridmap", "web", "scripts") for p in (REPOSITORY / room).rglob("*.py")]
    sources += (REPOSITORY / "scripts").glob("*.sh")
    text = "\n".join(p.read_text("utf-8") for p in sources if "static" not in p.parts)
    return set(re.findall(r"\bGRIDMAP_[A-Z_]*[A-Z]\b", text)) | {"DATABASE_URL"}


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    assert set(variables()) <= set(ROWS)
    assert set(ROWS) == set(variables()) | (variables_in_sources() - _OF_TESTS)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_each_setting_is_explained_in_both_languages(name: str) -> None:
    meaning = ROWS[name][1]
    assert re.search(r"[\u4e00-\u9fff]", meaning), meaning
    assert re.search(r"[A-Za-z]{4}", meaning), meaning


@pytest.mark.parametrize(("name", "field"), sorted(variables().items()))
def test_the_documented_default_is_the_real_one(name: str, field: FieldInfo) -> None:
    default = ROWS[name][0]
    if field.default_factory is not None:
        assert "/var/lib/gridmap" in default
    elif field.default is None:
        assert default.startswith("not set")
    else:
        assert default == f"`{field.default}`"


def test_an_undocumented_setting_would_be_noticed() -> None:
    class More(Settings):
        undocumented: int = 1

    names = {variable(name, field) for name, field in More.model_fields.items()}
    assert names - set(ROWS) == {"GRIDMAP_UNDOCUMENTED"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GRIDMAP_PORT", "65536"),
        ("GRIDMAP_PORT", "-1"),
        ("GRIDMAP_PORT", "http"),
        ("GRIDMAP_THREADS", "0"),
        ("GRIDMAP_THREADS", "65"),
        ("GRIDMAP_POSITION_DAYS", "31"),
        ("GRIDMAP_POSITION_DAYS", "0"),
        ("GRIDMAP_TIMEZONE", "Asia/Fengqiao"),
        ("GRIDMAP_TIMEZONE", "../etc/passwd"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_the_name_of_its_setting(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInput) as refused:
        load_settings()
    assert name in str(refused.value)
    assert "docs/settings.md" in str(refused.value)


def test_the_environment_sets_what_it_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    values = {"GRIDMAP_HOME": str(tmp_path), "GRIDMAP_PORT": "0", "GRIDMAP_TIMEZONE": "Asia/Urumqi"}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    loaded = load_settings()
    assert (loaded.home, loaded.port, loaded.timezone) == (tmp_path, 0, "Asia/Urumqi")
    assert loaded.embedded


def test_a_home_that_is_relative_is_meant_from_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRIDMAP_HOME", "town")
    assert load_settings().home == tmp_path / "town"


def test_an_empty_address_is_none_and_an_address_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "GRIDMAP_APP_DATABASE_URL"):
        monkeypatch.setenv(name, "")
    assert load_settings().embedded
    assert load_settings().app_database_url is None
    for name in ("DATABASE_URL", "GRIDMAP_APP_DATABASE_URL"):
        monkeypatch.setenv(name, "postgresql://u:do-not-tell@h/d")
    loaded = load_settings()
    assert not loaded.embedded
    assert "do-not-tell" not in repr(loaded) + str(loaded)


def test_settings_do_not_change(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().port = 1  # type: ignore[misc]


def test_a_workspace_that_nobody_named_is_not_made_without_a_terminal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    usual = tmp_path / "usual"
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("platformdirs.user_data_dir", lambda _name: str(usual))
    done = CliRunner().invoke(main, ["teams", "export", str(tmp_path / "t.csv")])
    assert (done.exit_code, "home-unset" in done.output, usual.exists()) == (1, True, False)
    (usual / "database").mkdir(parents=True)
    assert known_settings().home == usual
    monkeypatch.setenv("GRIDMAP_HOME", str(tmp_path / "named"))
    assert known_settings().home == tmp_path / "named"
