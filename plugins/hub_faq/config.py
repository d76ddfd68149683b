"""What an enterprise may set."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from hub import PluginConfig
from hub_faq.knowledge import LANGUAGES, Language

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Path = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]


class ZoneConfig(BaseModel):
    """Calibrated probabilities. The defaults come from the calibration set and are explained in the README."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    answer: Share = Field(0.9, description="From here on the best answer is given at once.")
    suggest: Share = Field(0.5, description="From here on the bot asks “did you mean”; below it hands over.")

    @model_validator(mode="after")
    def _in_order(self) -> ZoneConfig:
        if self.suggest > self.answer:
            raise ValueError(f"suggest ({self.suggest}) must not be above answer ({self.answer})")
        return self


class FaqConfig(PluginConfig):
    """Configuration of the knowledge base bot. Paths are relative to the document they stand in."""

    sources: tuple[Path, ...] = Field(min_length=1, description="Files (.yaml, .md, .csv) or directories of them.")
    synonyms: str = Field("", description="A YAML file of words that mean the same; empty for none.")
    elsewhere: str = Field(
        "", description="A YAML file of subjects that are none of ours; empty for the everyday list."
    )
    thresholds: ZoneConfig = ZoneConfig()
    languages: tuple[Language, ...] = Field(
        LANGUAGES, min_length=1, description="The languages to answer in; the first one for everybody else."
    )
    greeting: dict[Language, Line] = Field({}, description="The answer to a mere “hello”, by language.")
