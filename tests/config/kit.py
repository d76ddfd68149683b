"""Plugins to configure, and a folder with documents to load."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any, Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from hub import Bot, Channel, ConfigError, Duration, Plugin, PluginConfig, Problem, Size
from hub.config import LoadedConfig, load


class Shop(PluginConfig):
    url: str
    floors: int = Field(1, ge=1, le=9)


class ToyConfig(PluginConfig):
    """Something of each kind that a plugin may ask for."""

    token: SecretStr = SecretStr("")
    wait: Duration = 5.0
    most: Size = 0
    mode: Literal["loud", "quiet"] = "quiet"
    shops: tuple[Shop, ...] = ()
    by_name: dict[str, Shop] = Field(default={})
    nearest: Shop | None = None
    nickname: str = ""

    @field_validator("token", mode="before")
    @classmethod
    def _no_spaces(cls, value: Any) -> Any:
        if isinstance(value, str) and " " in value:
            raise ValueError(f"a token without spaces, not {value!r}")
        return value

    @model_validator(mode="after")
    def _talkative(self) -> ToyConfig:
        if self.nickname.startswith("key:"):
            raise KeyError(self.nickname)
        if self.nickname == "boss" and self.token.get_secret_value():
            raise ValueError(f"the boss has no token, but {self.token.get_secret_value()}")
        return self


class Toy(Channel[ToyConfig]):
    """Rings when somebody plays."""

    Config = ToyConfig


class NeededConfig(PluginConfig):
    url: str


class Needed(Bot[NeededConfig]):
    Config = NeededConfig


class Future(Plugin[PluginConfig]):
    requires_hub = ">=99"


class NeedsBot(Plugin[PluginConfig]):
    needs = (Bot,)


PLUGINS: dict[str, type[Plugin[Any]]] = {"toy": Toy, "needed": Needed, "future": Future, "needs-bot": NeedsBot}


class Folder:
    """A folder of documents; `env` is all the environment there is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.env: dict[str, str] = {}

    def write(self, name: str, text: str) -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text), encoding="utf-8")
        return file

    def load(self, text: str | None = None, *, locale: str = "en") -> LoadedConfig:
        """Load hub.yaml, written from `text` where that is given."""
        if text is not None:
            self.write("hub.yaml", text)
        return load(self.path / "hub.yaml", self.env, PLUGINS, locale=locale)

    def problems(self, text: str | None = None, *, locale: str = "en") -> tuple[Problem, ...]:
        try:
            self.load(text, locale=locale)
        except ConfigError as error:
            return error.problems
        raise AssertionError("the document is right")

    def told(self, text: str | None = None, *, locale: str = "en") -> list[str]:
        """The problems as people read them, without the folder's path."""
        return [str(problem).replace(f"{self.path}/", "") for problem in self.problems(text, locale=locale)]
