"""Installation settings: the environment wins, production refuses a moved clock."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from huabao.config import Config
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


@pytest.mark.parametrize("field", [{"now": "tomorrow"}, {"lease_s": 0}, {"env": "holiday"}])
def test_wrong_values_are_refused(field: dict[str, object]) -> None:
    with pytest.raises((ValidationError, HuabaoError)):
        Config(**field)  # type: ignore[arg-type]
