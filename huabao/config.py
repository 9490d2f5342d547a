"""Installation settings: where the database is, where the broker is, who we are to the outside.

They come from the environment (`HUABAO_*`) or from `huabao.toml` in the working
directory; the environment wins. What a paper calls a setting (thresholds,
windows, texts) is no installation setting: it lives in the database, see
`huabao.settings`.
"""

from __future__ import annotations

import tomllib
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from huabao.clock import Clock, clock_from, parse_time
from huabao.errors import UsageError


class Config(BaseSettings):
    """Each field is one `HUABAO_<NAME>`; its description is what `huabao config` prints."""

    model_config = SettingsConfigDict(env_prefix="HUABAO_", toml_file="huabao.toml", extra="ignore")

    env: Literal["development", "production"] = Field("development", description="production refuses rehearsal switches")
    data_dir: Path = Field(Path("var"), description="folder for the embedded database and files written at run time")
    database_url: str = Field("", description="SQLAlchemy URL; empty means SQLite in data_dir")
    redis_url: str = Field("", description="Redis for Celery and shared throttles; empty means embedded mode")
    wap_base_url: str = Field("http://127.0.0.1:8080/wap", description="what links in messages begin with")
    report_wait_s: float | None = Field(None, description="overrides the setting report_wait_s for this process")
    now: str = Field("", description="the clock of one command begins here; refused in production")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")
    secret_key: SecretStr = Field(SecretStr(""), description="signs the nonces of HTTP Digest at /mm7 (made at start when empty; web processes share it) and, where set, WAP links")
    dialects_dir: Path | None = Field(None, description="folder of your own code tables (dialects); unset means data_dir/dialects")
    handsets_dir: Path | None = Field(None, description="folder of your own class_rules.toml; unset means data_dir/handsets")
    designs: Path | None = Field(None, description="folder of your own designs, one folder each; unset means data_dir/designs")
    feed_dialects: Path | None = Field(None, description="folder of your own dialects of check files; unset means data_dir/feed-dialects")
    feed_sftp_boss: SecretStr = Field(SecretStr(""), description="server of BOSS's check files, sftp://user:password@host:22/folder; empty means that they are laid into the inbox")
    feed_sftp_misc: SecretStr = Field(SecretStr(""), description="server of MISC's check files, likewise")
    feed_known_hosts: Path | None = Field(None, description="file of the keys of those servers, as OpenSSH writes it; unset means data_dir/known_hosts")
    feed_key: Path | None = Field(None, description="private key that signs in at those servers; unset means the password")
    boss_url: str = Field("", description="where BOSS takes orders, cancellations and states of accounts; empty means that nobody tells it, and orders wait for the file of orders")
    boss_secrets: SecretStr = Field(
        SecretStr(""),
        description="secrets shared with BOSS, with commas: the first signs what we send, each counts at /boss/events; empty means that nobody may call there",
    )
    console_url: str = Field("", description="where people open the console, for links in messages (https://console.example.com); empty means that messages carry none")
    smtp_url: SecretStr = Field(SecretStr(""), description="server for our e-mail, smtp://user:password@host:587 or smtps://…; empty means that none is sent")
    mail_from: str = Field("huabao@localhost", description="from whom our e-mail comes")
    webhook_secret: SecretStr = Field(SecretStr(""), description="signs what is sent to webhooks; empty means that none is sent")
    heartbeat_url: SecretStr = Field(SecretStr(""), description="asked (GET) every minute while the house works, by a watchdog outside that calls when it is not; empty for none")
    otlp_endpoint: str = Field("", description="where traces go by OTLP over HTTP (http://collector:4318/v1/traces); empty means that nothing is traced")
    otlp_sample: float = Field(1.0, ge=0, le=1, description="share of the dispatches that are traced")
    otlp_batch_share: float = Field(0.02, ge=0, le=1, description="share of a traced dispatch's batches and reports that are traced too")
    oidc_issuer: str = Field("", description="identity provider that people may sign in at, https://…, whose metadata lies at /.well-known/openid-configuration; empty means none")
    oidc_client_id: str = Field("", description="who this console is to the identity provider")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="its secret there; empty for a public client (PKCE is used in any case)")
    oidc_redirect_url: str = Field("", description="where the provider sends people back: the console's own address with /sign-in/oidc/back, as the provider has it")
    oidc_claim: Literal["sub", "preferred_username", "email"] = Field(
        "sub", description="what names the account at the first sign-in: sub takes only accounts that an administrator linked; email counts where the provider verified it"
    )
    oidc_scopes: str = Field("openid profile email", description="what the provider is asked for")
    oidc_label: str = Field("OIDC", description="what the button of the sign-in calls the provider")
    lease_s: float = Field(15.0, gt=0, le=300, description="seconds after which a silent worker's work is taken over")

    @cached_property
    def dialects_folder(self) -> Path:
        """Where this installation's own dialects lie; one object, asked for with every answer of a peer."""
        return self.dialects_dir or self.data_dir / "dialects"

    @cached_property
    def boss_keys(self) -> tuple[bytes, ...]:
        """The secrets shared with BOSS, the one that signs first."""
        return tuple(one.strip().encode() for one in self.boss_secrets.get_secret_value().split(",") if one.strip())

    @property
    def designs_folder(self) -> Path:
        """Where this installation's own designs lie."""
        return self.designs or self.data_dir / "designs"

    @property
    def feed_dialects_folder(self) -> Path:
        """Where this installation's own dialects of check files lie."""
        return self.feed_dialects or self.data_dir / "feed-dialects"

    @field_validator("now")
    @classmethod
    def _time(cls, value: str) -> str:
        if value:
            parse_time(value)
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _capitals(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value and value.partition(":")[0].partition("+")[0] not in ("sqlite", "postgresql"):
            raise ValueError("it must begin with postgresql:// or sqlite:///")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def production(self) -> bool:
        """True where rehearsal switches are refused and what protects readers is on by itself."""
        return self.env == "production"

    @property
    def embedded(self) -> bool:
        """True when no broker is configured: the job table is worked in this process."""
        return not self.redis_url

    @property
    def resolved_database_url(self) -> str:
        """The URL that is really used; the SQLite folder is made when missing.

        Raises:
            UsageError: that folder cannot be made.
        """
        if self.database_url:
            return self.database_url.replace("postgresql://", "postgresql+psycopg://", 1)
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"the folder {self.data_dir} cannot be made: {error.strerror}; let HUABAO_DATA_DIR name another") from error
        return f"sqlite:///{(self.data_dir / 'huabao.db').resolve()}"

    @property
    def clock(self) -> Clock:
        """The clock of this process.

        Raises:
            UsageError: `HUABAO_NOW` is set in production.
        """
        if self.now and self.production:
            raise UsageError("HUABAO_NOW is refused where HUABAO_ENV=production; unset it")
        return clock_from(parse_time(self.now) if self.now else None)


@lru_cache(maxsize=1)
def get_config() -> Config:
    """The settings of this process, read once.

    Raises:
        UsageError: the environment or `huabao.toml` holds what cannot be used; the message names it.
    """
    try:
        _refuse_unknown_keys(Path("huabao.toml"))
        return Config()
    except ValidationError as error:
        raise UsageError("; ".join(f"HUABAO_{str(fault['loc'][0]).upper()} or its line in huabao.toml: {_reason(fault['msg'])}" for fault in error.errors())) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"huabao.toml: is no TOML: {error}; mend that line") from error
    except OSError as error:
        raise UsageError(f"huabao.toml: cannot be read: {error.strerror}") from error


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ").removeprefix("Input ")


def _refuse_unknown_keys(file: Path) -> None:
    """A key that nobody reads is a key that somebody misspelt."""
    if file.is_file():
        unknown = sorted(tomllib.loads(file.read_text("utf-8")).keys() - Config.model_fields.keys())
        if unknown:
            raise UsageError(f"huabao.toml: there is no installation setting {', '.join(unknown)}; `huabao config` shows them all")
