"""Settings: a TOML file, and ``SEALSTAMP_*`` variables over it.

Durations are written ``30 s`` or ``250 ms``, never as bare numbers; inside they are milliseconds.
"""

from __future__ import annotations

import os
import re
import tomllib
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from sealstamp.core.suggest import did_you_mean
from sealstamp.core.timing import parse_duration, write_duration
from sealstamp.errors import ConfigurationError
from sealstamp.keys.limits import RateLimit, parse_rate_limit, write_rate_limit
from sealstamp.keys.rules import is_host, is_origin
from sealstamp.server.mailing.messages import parse_mailbox
from sealstamp.server.mailing.smtp import parse_smtp_url
from sealstamp.stores.urls import shown_url
from sealstamp.stores.valkey.urls import shown_valkey_url

CONFIG_VARIABLE = "SEALSTAMP_CONFIG"
"""Names the TOML file for processes that were not given one."""
PREFIX = "SEALSTAMP_"

Network = IPv4Network | IPv6Network
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2


def _words(value: Any) -> Any:
    return [word for word in value.replace(",", " ").split() if word] if isinstance(value, str) else value


def _networks(value: Any) -> Any:
    words = _words(value)
    return [ip_network(word) if isinstance(word, str) else word for word in words] if isinstance(words, list) else words


def _duration(value: Any) -> int:
    return parse_duration(str(value))  # a bare number is refused: one reader would mean seconds, the next milliseconds


def check_address(text: str) -> str:
    """Return an address with a port. Raises ValueError for anything else."""
    host, colon, port = text.rpartition(":")
    if not (is_host(host.lower()) and colon and port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise ValueError("not an address and a port, such as 127.0.0.1:8080 or [::1]:8080")
    return text


def _decision_address(text: str) -> str:
    """Check an address of the decisions' own listener; empty for none."""
    if text.startswith("unix:"):
        if not text.removeprefix("unix:"):
            raise ValueError("it names no path; write unix:/run/sealstamp/decide.sock")
        return text
    return check_address(text) if text else text


def _header_name(text: str) -> str:
    if text and _TOKEN.fullmatch(text) is None:
        raise ValueError("not the name of a header, such as X-Forwarded-For")
    return text


def _rate(value: Any) -> Any:
    if isinstance(value, RateLimit):
        return value
    try:
        return parse_rate_limit("", str(value))
    except ConfigurationError as error:
        raise ValueError(error.problem) from None


def _origin(text: str) -> str:
    if not is_origin(text):
        raise ValueError("not an origin, such as https://api.example.com, without a path and a slash at the end")
    return text


def _smtp_url(url: SecretStr) -> SecretStr:
    parse_smtp_url(url.get_secret_value())
    return url


def _mailbox(text: str) -> str:
    parse_mailbox(text)
    return text


Address = Annotated[str, AfterValidator(check_address)]
DecisionAddress = Annotated[str, AfterValidator(_decision_address)]
HeaderName = Annotated[str, AfterValidator(_header_name)]
Milliseconds = Annotated[int, BeforeValidator(_duration), PlainSerializer(write_duration, return_type=str)]
StoreUrl = Annotated[str, PlainSerializer(shown_url)]
ReplayStore = Annotated[str, PlainSerializer(shown_valkey_url)]
Networks = Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_networks)]


def _host(text: str) -> str:
    if not is_host(text):
        raise ValueError("not a lower-case host name or address without a port")
    return text


Hosts = Annotated[tuple[Annotated[str, AfterValidator(_host)], ...], NoDecode, BeforeValidator(_words)]
Rate = Annotated[RateLimit, BeforeValidator(_rate), PlainSerializer(write_rate_limit, return_type=str)]
Mailbox = Annotated[str, AfterValidator(_mailbox)]
Origin = Annotated[str, AfterValidator(_origin)]
Secrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_words)]


class Settings(BaseSettings):
    """Everything an operator can set for the service."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, validate_default=False)
    file: ClassVar[Path | None] = None

    listen: Address = Field("127.0.0.1:8080", description="address and port to listen on")
    store: StoreUrl = Field("sqlite:///sealstamp.sqlite3", description="URL of the store of APIs, consumers and keys")
    store_connections: int = Field(10, ge=1, description="most connections to PostgreSQL, per worker; one more hears")
    sealing_key: SecretStr | None = Field(None, description="the key that seals secrets: 32 bytes in base64 or hex")
    sealing_key_file: Path = Field(
        Path("sealstamp.key"), description="file with the sealing key, made at first start if there is none"
    )
    older_sealing_keys: Secrets = Field((), description="sealing keys used before, which still open what they sealed")
    trusted_addresses: Networks = Field(
        (ip_network("127.0.0.0/8"), ip_network("::1/128")),
        description="networks of proxies and probes: their word on forwarded requests counts, and they see /metrics",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level that is logged")
    refresh_interval: Milliseconds = Field(250, ge=10, description="how often the store is asked whether it changed")
    max_staleness: Milliseconds = Field(5_000, ge=100, description="refuse when the store was silent for longer")
    replay_tolerance: Milliseconds = Field(
        0, ge=0, description="accept what is stamped this much before a restart, at the price of replays in that time"
    )
    max_body: int = Field(1_048_576, ge=0, description="largest body in bytes that is read for a scheme that signs it")
    upstream_connect_timeout: Milliseconds = Field(5_000, ge=1, description="for connecting to an upstream")
    upstream_timeout: Milliseconds = Field(60_000, ge=1, description="for each read from and write to an upstream")
    upstream_connections: int = Field(200, ge=1, description="most connections to upstreams, per worker")
    management_hosts: Hosts = Field(
        (), description="host names under which /v1/ is the management API, such as 127.0.0.1; none turns it off"
    )
    management_addresses: Networks = Field(
        (ip_network("127.0.0.0/8"), ip_network("::1/128")),
        description="networks from which the management API may be called",
    )
    decision_listen: DecisionAddress = Field(
        "", description="a second address, for decisions alone: host:port, or unix:/path; several times as fast"
    )
    grpc_listen: DecisionAddress = Field(
        "", description="an address for Envoy's external authorization over gRPC: host:port, or unix:/path"
    )
    client_address_header: HeaderName = Field(
        "", description="where trusted proxies tell the client's address, such as X-Forwarded-For; nowhere if empty"
    )
    failures_from_address: Rate = Field(
        RateLimit(300, 60_000), description="wrong signatures that an address may send, whatever the access key"
    )
    failures_for_key: Rate = Field(
        RateLimit(30, 60_000), description="wrong signatures that an address may send for one access key"
    )
    failures_under_attack: Rate = Field(
        RateLimit(1_000, 60_000),
        description="wrong signatures for one access key, from everywhere, after which an address may send one",
    )
    replay_store: ReplayStore = Field(
        "",
        description="URL of the Valkey in which machines share what they accepted, and rates; this host alone if empty",
    )
    replay_timeout: Milliseconds = Field(1_000, ge=10, description="for each connection to and answer from Valkey")
    max_clock_distance: Milliseconds = Field(
        1_000,
        ge=10,
        description="how far this clock may be from Valkey's, else refuse, and from PostgreSQL's, else be not ready",
    )
    assertion_key_file: Path | None = Field(
        None, description="file with the key that signs assertions for upstreams: a secret, or Ed25519 in PEM"
    )
    assertion_lifetime: Milliseconds = Field(
        60_000, ge=2_000, description="how long an assertion is good, at least half of which is left when it is shown"
    )
    workers: int = Field(1, ge=1, le=256, description="processes that serve; several share what they accept")
    replay_capacity: int = Field(
        1_000_000, ge=1_000, description="most live claims that several workers remember; each takes 66 bytes of disk"
    )
    public_url: Origin = Field(
        "http://127.0.0.1:8080", description="origin at which customers reach the service; links in mail begin with it"
    )
    access_requests: bool = Field(False, description="whether anybody may ask for access at the management API")
    smtp_url: Annotated[SecretStr, AfterValidator(_smtp_url)] | None = Field(
        None, description="server that mail is sent through, such as smtps://user:password@mail.example.com"
    )
    mail_from: Mailbox | None = Field(None, description="who mail is from, such as Shop <keys@shop.example>")
    mail_operators: Mailbox | None = Field(None, description="who is told of access requests; nobody if not given")
    mail_templates: Path | None = Field(None, description="folder of templates in place of the built-in ones")
    max_cached_keys: int = Field(100_000, ge=1, description="most access keys that a worker keeps ready in memory")

    usage_interval: Milliseconds = Field(
        10_000, ge=100, description="how often usage is written to the store; a worker that is killed loses so much"
    )
    usage_kept: Milliseconds = Field(400 * 86_400_000, ge=3_600_000, description="how long usage is kept")
    limited_keys: int = Field(
        100_000,
        ge=1,
        description="most access keys with a rate limit that can be in use at once, where there is no Valkey",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let arguments win over variables, and variables over the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, cls.file)

    @property
    def address(self) -> tuple[str, int]:
        """The host and port to listen on."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)

    def shown(self) -> dict[str, object]:
        """Return every setting as a file could have it, secrets as asterisks."""
        return self.model_dump(mode="json")


def load_settings(path: Path | None = None, **given: Any) -> Settings:
    """Read the settings from ``path``, or the file that SEALSTAMP_CONFIG names, or variables alone.

    ``given`` wins over both. Raises ConfigurationError for the first thing that is wrong, and never shows what may be
    a secret.
    """
    path = path or (Path(os.environ[CONFIG_VARIABLE]) if os.environ.get(CONFIG_VARIABLE) else None)
    _check_file(path)
    source = type("Settings", (Settings,), {"file": path, "__module__": __name__})
    try:
        settings: Settings = source(**given)
    except ValidationError as error:
        raise _told(error, path) from None
    return settings


def _check_file(path: Path | None) -> None:
    if path is None:
        return
    try:
        tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(
            str(path), f"cannot be read: {error.strerror}", "give the path of a TOML file"
        ) from None
    except ValueError as error:
        raise ConfigurationError(str(path), f"not TOML: {error}", "see https://toml.io for the syntax") from None


def _told(error: ValidationError, path: Path | None) -> ConfigurationError:
    first = error.errors(include_input=False, include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else "settings"
    variable = f"{PREFIX}{name.upper()}"
    place = variable if variable in os.environ else f"{path or 'settings'}, {name}"
    if first["type"] == "extra_forbidden":
        return ConfigurationError(place, f"there is no setting {name!r}", did_you_mean(name, Settings.model_fields))
    about = Settings.model_fields[name].description if name in Settings.model_fields else ""
    problem = first["msg"].removeprefix("Value error, ")
    return ConfigurationError(place, problem[:1].lower() + problem[1:], f"{name}: {about}")
