"""The bot: hears a message, and answers, asks back, or leaves it to people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar, Final

from threadpoolctl import threadpool_limits

from hub import (
    Answer,
    Bot,
    Choice,
    ConfigError,
    Context,
    HandOver,
    PluginConfig,
    Problem,
    Text,
    Turn,
    hookimpl,
)
from hub_faq.calibration import SERVICE_DESK
from hub_faq.choices import last_offer, offer, pressed, typed
from hub_faq.config import FaqConfig
from hub_faq.elsewhere import EVERYDAY, read_elsewhere
from hub_faq.engine import Engine, build_engine
from hub_faq.importers import read_sources
from hub_faq.knowledge import Group, Knowledge, KnowledgeError, Language
from hub_faq.language import language_of, language_of_locale
from hub_faq.meaning import load_encoder
from hub_faq.normalise import Normaliser
from hub_faq.phrases import is_greeting, is_thanks, wants_human
from hub_faq.remembered import Remembered
from hub_faq.synonyms import Synonyms, read_synonyms
from hub_faq.texts import TEXTS
from hub_faq.zones import Thresholds, Zone

MOST_RELATED: Final = 3


@dataclass(frozen=True, slots=True)
class Mind:
    """What the bot has in its head while it runs."""

    knowledge: Knowledge
    engine: Engine
    normaliser: Normaliser


def load(config: FaqConfig, folder: Path, files: Path) -> Mind:
    """Read the sources and index them; takes seconds, so call it in a thread. What may help the next time is kept in `files`.

    Raises ConfigError with every fault of every file.
    """
    # Two threads for products this small wait for each other longer than one works, the more the busier the machine is.
    with threadpool_limits(limits=1, user_api="blas"):
        try:
            elsewhere = read_elsewhere(folder / config.elsewhere if config.elsewhere else EVERYDAY)
            knowledge = read_sources(config.sources, folder)
            encoder = load_encoder()
            stored = Remembered(encoder, files / "vectors.npz")
            engine = build_engine(
                knowledge,
                elsewhere,
                partial(read_synonyms, folder / config.synonyms) if config.synonyms else partial(Synonyms, {}),
                SERVICE_DESK,
                Thresholds(config.thresholds.answer, config.thresholds.suggest),
                encoder,
                stored,
            )
        except KnowledgeError as error:
            faults = [Problem(fault.message, fault.place.file, fault.place.line) for fault in error.faults]
            raise ConfigError(faults) from error
    with suppress(OSError):
        # A disk that takes nothing makes the next start longer, that is all.
        stored.save()
    return Mind(knowledge, engine, Normaliser())


class Faq(Bot[FaqConfig]):
    """Answers from a knowledge base in Chinese and English."""

    Config: ClassVar[type[PluginConfig]] = FaqConfig
    requires_hub: ClassVar[str] = ">=0.1"

    def __init__(self, config: FaqConfig, ctx: Context) -> None:
        super().__init__(config, ctx)
        self._mind: Mind | None = None

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Load the knowledge in a thread; forget it at the end."""
        self._mind = await self.ctx.run_sync(load, self.config, self.ctx.folder, self.ctx.files)
        self.ctx.log.info("knowledge loaded", groups=len(self._mind.knowledge.groups))
        yield
        self._mind = None

    @hookimpl
    async def answer(self, turn: Turn) -> Answer | None:
        """Answer the customer; unsure where the knowledge does not reach."""
        mind = self._mind
        if mind is None:
            return None
        text = _words_of(turn)
        language = self._language(text, turn.locale)
        plain = mind.normaliser.spell(text).strip()
        if group := mind.knowledge.groups.get(pressed(turn.message.body) or typed(plain, turn.history) or ""):
            return self._give(mind.knowledge, group, language)
        if wants_human(plain):
            return Answer((HandOver("asked"),))
        if is_greeting(plain):
            return Answer.of(self.config.greeting.get(language) or TEXTS["greeting"][language])
        if is_thanks(plain):
            return Answer.of(TEXTS["thanks"][language])
        if not plain:
            return Answer.of(TEXTS["words_only"][language], unsure=True)
        return await self._search(mind, text, turn, language)

    async def _search(self, mind: Mind, text: str, turn: Turn, language: Language) -> Answer:
        result = await self.ctx.run_sync(mind.engine.search, text)
        if result.zone is Zone.ANSWER:
            return self._give(mind.knowledge, result.groups[0], language)
        if result.zone is Zone.HANDOVER:
            return Answer.of(TEXTS["unsure"][language], unsure=True)
        choices = offer(result.groups, "pick", language, TEXTS["did_you_mean"][language])
        asked_before = any(kind == "pick" for kind, _ in last_offer(turn.history))
        return Answer.of(choices, Text(TEXTS["otherwise"][language]), unsure=asked_before)

    def _give(self, knowledge: Knowledge, group: Group, language: Language) -> Answer:
        answer = group.answer(language)
        related = knowledge.related(group)[:MOST_RELATED]
        if not related:
            return Answer.of(answer)
        return Answer.of(answer, offer(related, "more", language, TEXTS["related"][language]))

    def _language(self, text: str, locale: str) -> Language:
        wanted = language_of(text, fallback=language_of_locale(locale))
        return wanted if wanted in self.config.languages else self.config.languages[0]


def _words_of(turn: Turn) -> str:
    """What the customer said in words; a pressed button of somebody else counts by its label."""
    parts = (
        element.text if isinstance(element, Text) else element.label
        for element in turn.message.body
        if isinstance(element, Text | Choice)
    )
    return "\n".join(parts)
