"""Installation settings: the environment wins, production refuses a moved clock."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from huabao.config import Config, get_config
from huabao.errors import HuabaoError, UsageError


def test_embedded_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUABAO_DATA_DIR", str(tmp_path / "var"))
    config = Config()
    assert config.embedded
    assert config.resolved_database_url == f"sqlite:///{tmp_path / 'var' / 'huabao.db'}"


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "huabao.toml").write_text('lease_s = 3\nlog_level = "DEBUG"\n', "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUABAO_LEASE_S", "7")
    config = Config()
    assert (config.lease_s, config.log_level) == (7, "DEBUG")


def test_postgresql_gets_its_driver() -> None:
    assert Config(database_url="postgresql://somebody@localhost/huabao").resolved_database_url.startswith("postgresql+psycopg://")


def test_a_moved_clock_is_refused_in_production() -> None:
    with pytest.raises(UsageError, match="HUABAO_NOW is refused"):
        _ = Config(env="production", now="2026-11-22T06:30").clock
    assert Config(now="2026-11-22T06:30").clock().isoformat().startswith("2026-11-21T22:30:0")


@pytest.mark.parametrize("field", [{"now": "tomorrow"}, {"lease_s": 0}, {"env": "holiday"}, {"log_level": "LOUD"}, {"database_url": "mysql://somewhere/x"}])
def test_wrong_values_are_refused(field: dict[str, object]) -> None:
    with pytest.raises((ValidationError, HuabaoError)):
        Config(**field)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "environment", "wanted"),
    [
        ("", {"HUABAO_ENV": "prod"}, r"^HUABAO_ENV or its line in huabao.toml: .*'development' or 'production'"),
        ("", {"HUABAO_LEASE_S": "soon"}, r"^HUABAO_LEASE_S .* valid number"),
        ("", {"HUABAO_DATABASE_URL": "mysql://x"}, r"^HUABAO_DATABASE_URL .* begin with postgresql://"),
        ("log_levle = 'INFO'\n", {}, "no installation setting log_levle"),
        ("env = \n", {}, r"huabao.toml: is no TOML: .*line 1"),
    ],
)
def test_what_cannot_be_used_is_named_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, environment: dict[str, str], wanted: str
) -> None:
    (tmp_path / "huabao.toml").write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=wanted) as refused:
        get_config.__wrapped__()
    assert "\n" not in str(refused.value)


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="HUABAO_DATA_DIR"):
        _ = Config(data_dir=tmp_path / "file" / "var").resolved_database_url
