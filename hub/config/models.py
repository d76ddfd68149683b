"""What the YAML may say about the hub itself. Plugins bring their own models (`PluginConfig`)."""

from __future__ import annotations

import re
from importlib.metadata import entry_points
from typing import Annotated, Any, Final, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, Field, IPvAnyNetwork, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from hub.conversations.texts import DEFAULTS
from hub.store.database import STORES
from hub.written import Language, LocalText, Size, in_language, word_of

NAME: Final = r"^[a-z][a-z0-9_-]*$"
_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}")


TextCode = Annotated[str, word_of(*DEFAULTS)]


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise PydanticCustomError("timezone", "Input should be the name of a time zone")
    return name


def _web_url(url: str) -> str:
    if url and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", url):
        raise PydanticCustomError("web_url", "Input should be an address that starts with http:// or https://")
    return url.rstrip("/")


def _database_url(url: SecretStr) -> SecretStr:
    scheme, apart, _ = url.get_secret_value().partition("://")
    if scheme and not (apart and scheme in entry_points(group=STORES).names):
        raise PydanticCustomError("database", "Input should start with postgres://, or be empty for SQLite")
    return url


def _known_placeholders(texts: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    for code, worded in texts.items():
        usable = set(_PLACEHOLDER.findall("".join(DEFAULTS[code].values())))
        found = set(_PLACEHOLDER.findall("".join(worded.values()))) - usable
        if found:
            raise PydanticCustomError("placeholder", "{found} is no placeholder here", {"found": min(found)})
    return texts


class Section(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    """Base of all sections: frozen, and unknown keys are errors. What stands under a key is its description for readers."""

    @model_validator(mode="before")
    @classmethod
    def _without_empty_keys(cls, given: Any) -> Any:
        """A key with nothing behind it (all below it is commented out) is as good as none."""
        return {key: value for key, value in given.items() if value is not None} if isinstance(given, dict) else given


class Log(Section):
    """What is logged to standard error, and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least level that is logged."""
    format: Literal["auto", "json", "text"] = "auto"
    """One JSON object a line, or coloured text; auto is text on a terminal, else JSON."""

    @property
    def json_lines(self) -> bool | None:
        """True for JSON, False for text, None to look whether it goes to a terminal."""
        return None if self.format == "auto" else self.format == "json"


class Limits(Section):
    """What the hub takes at once before it tells channels to come back later."""

    in_flight: int = Field(10_000, ge=1)
    """Messages stored but not yet worked on, all together."""
    per_person: int = Field(200, ge=1)
    """The same for one sender."""
    body_bytes: Size = 1024 * 1024
    """Largest body of an HTTP request, uploads excepted."""


class HubSection(Section):
    """The hub as a whole."""

    name: LocalText = {"zh-CN": "前台", "en": "Front desk"}
    """The service's name, as customers see it."""
    locale: Language = "zh-CN"
    """Language for people who do not say which one they read."""
    timezone: Annotated[str, AfterValidator(_known_zone)] = "Asia/Shanghai"
    """Time zone for jobs at a time of day and for reports."""
    public_url: Annotated[str, AfterValidator(_web_url)] = ""
    """Where customers and platforms reach the hub, such as https://service.example.com."""
    log: Log = Log()
    database: Annotated[SecretStr, AfterValidator(_database_url)] = SecretStr("")
    """postgres://user:password@host/name; empty for a SQLite file in the data folder."""
    limits: Limits = Limits()
    allow_private_networks: tuple[IPvAnyNetwork, ...] = ()
    """Private networks that plugins may fetch from, such as 10.2.0.0/16. All others are refused."""


class Team(Section):
    """A team of agents; conversations wait in a team's queue."""

    id: str = Field(pattern=NAME)
    """Its name in rules and in the API."""
    name: LocalText
    members: tuple[str, ...] = ()
    """Logins of agents that belong to it from the start."""


class AgentSettings(Section):
    """What routing may know of an agent before anybody signs in."""

    login: str = Field(min_length=1)
    """The agent's login."""
    name: str = ""
    """How the agent is called; the login where it is left out."""
    teams: tuple[str, ...] = ()
    """Teams, besides those whose `members` name the login."""
    skills: dict[str, Annotated[int, Field(ge=1, le=5)]] = {}
    """Skills, each with a level from 1 to 5."""
    capacity: int | None = Field(None, ge=0)
    """Units of work the agent takes at once; the routing rules' where it is left out."""
    speed: tuple[Annotated[float, Field(gt=0)], ...] = ()
    """How fast each talk goes when the agent holds one, two, three … at once; 1 is full speed."""
    reception: tuple[str, ...] | None = None
    """Channels (instances or platforms) the agent serves; all of them where it is left out."""


class Service(Section):
    """How a conversation starts, and when a person takes over."""

    first_owner: Literal["bot", "queue"] = "bot"
    """Who gets a new conversation."""
    default_team: str = ""
    """Team for conversations nobody assigned; the first one when empty."""
    unsure_before_handover: int = Field(2, ge=1)
    """After so many unsure answers in a row a person takes over."""
    texts: Annotated[dict[TextCode, LocalText], AfterValidator(_known_placeholders)] = {}
    """What the house itself says, worded anew. {name} in `joined` is the agent."""


class PluginEntry(Section):
    """One instance of a plugin."""

    use: str = Field(min_length=1)
    """The plugin; see `hub plugins`."""
    as_: str = Field("", alias="as")
    """The instance's name; the plugin's when left out."""
    config: dict[str, Any] = {}
    """What the plugin asks for."""
    enabled: bool = True
    """false: known, but not started and not checked."""
    required: bool = False
    """true: the hub does not start without it."""

    @property
    def name(self) -> str:
        """The instance's name."""
        return self.as_ or self.use


class HubConfig(Section):
    """The whole document: an enterprise's service layer."""

    hub: HubSection = HubSection()
    teams: tuple[Team, ...] = Field((Team(id="front", name={"zh-CN": "前台", "en": "Front desk"}),), min_length=1)
    agents: tuple[AgentSettings, ...] = ()
    service: Service = Service()
    plugins: tuple[PluginEntry, ...] = ()

    @property
    def database(self) -> str:
        """The address of the database, with its password; "" for SQLite."""
        return self.hub.database.get_secret_value()

    @property
    def team_ids(self) -> tuple[str, ...]:
        """All teams, in their order."""
        return tuple(team.id for team in self.teams)

    @property
    def default_team(self) -> str:
        """The team for conversations nobody assigned."""
        return self.service.default_team or self.teams[0].id

    def team_name(self, id: str, locale: str) -> str:
        """A team's name for somebody who reads `locale`; its id where the document no longer has it."""
        return next((in_language(team.name, locale) for team in self.teams if team.id == id), id)

    def name_for(self, locale: str) -> str:
        """The service's name for somebody who reads `locale` ("" is the hub's language)."""
        return in_language(self.hub.name, locale or self.hub.locale)
