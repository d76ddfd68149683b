"""Everything a plugin may take, and the ledger that gives it back.

An instance gets one `Context`. Each thing taken (a route, a job, a subscription, a task, an HTTP session)
is written down with the way to undo it; when the instance stops they are undone in reverse order, and
`held()` is empty again. That is what makes stopping, restarting and testing a plugin safe.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hub.records import Conversation, Event

if TYPE_CHECKING:
    import aiohttp
    from aiohttp import web

    from hub.clock import Clock
    from hub.families import SurveyAnswer
    from hub.house import House
    from hub.hub import Hub
    from hub.intents import Intent
    from hub.log import Logger
    from hub.people.dossiers import Dossier
    from hub.people.reading import Reading
    from hub.plugin import Accepted, Inbound, MediaStore
    from hub.store.change import Change
    from hub.store.data import InstanceData
    from hub.store.reader import Reader
    from hub.web.operations import Operation

T = TypeVar("T")
Handler = Callable[["web.Request"], Awaitable["web.StreamResponse"]]
JobHandler = Callable[[dict[str, Any]], Awaitable[None]]
EventHandler = Callable[[Sequence[Event]], Awaitable[None]]
Undo = Callable[[], Awaitable[None] | None]
TaskEnded = Callable[["asyncio.Task[None]"], None]


class Context:
    """What the hub gives to one instance of a plugin.

    `name` is the instance's name in the YAML, `folder` where relative paths of its configuration start,
    `locale` the hub's default language (zh-CN or en).
    """

    def __init__(self, hub: Hub, name: str, folder: Path, task_ended: TaskEnded | None = None) -> None:
        self.name = name
        self.folder = folder
        self.log: Logger = hub.log.bind(instance=name)
        self._hub = hub
        self._task_ended = task_ended
        self._ledger: list[tuple[str, Undo]] = []

    # -- what is always there -------------------------------------------------------------------

    @property
    def clock(self) -> Clock:
        """The hub's clock. Never ask the machine for the time: tests turn this one."""
        return self._hub.clock

    @property
    def locale(self) -> str:
        """The hub's default language."""
        return self._hub.settings.hub.locale

    @property
    def public_url(self) -> str:
        """How customers reach this hub, without a slash at the end; may be empty."""
        return self._hub.settings.hub.public_url

    @property
    def reading(self) -> Reading:
        """Read people, conversations and messages."""
        return self._hub.reading

    @property
    def media(self) -> MediaStore[Any]:
        """Keep and hand out files. Raises Unsupported when no plugin does that, NotReady while it does not run."""
        return self._hub.media

    @property
    def files(self) -> Path:
        """A folder of this instance's own in the hub's data folder, made when it is first asked for."""
        folder = self._hub.data / self.name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def data(self) -> InstanceData:
        """Small durable values of this instance (cursors, tokens), by key."""
        return self._hub.store.data(self.name)

    @property
    def house(self) -> House:
        """For a plugin that serves the people who work here: agents, conversations, how the hub is; see `hub.house`."""
        # It offers contexts itself, so it cannot be imported above.
        from hub.house import House

        return House(self._hub, self)

    # -- tables of its own ----------------------------------------------------------------------

    @property
    def reader(self) -> Reader:
        """Reads rows by SQL with ``?``, mostly those of the plugin's own tables (`Plugin.tables`, `hub.tables`)."""
        return self._hub.store.reader

    async def commit(self, change: Change) -> None:
        """Store all of `change`, or nothing. Raises Conflict, StoreUnavailable."""
        await self._hub.store.commit(change)

    def submit(self, change: Change) -> None:
        """The same without waiting. Raises StoreUnavailable when the hub is stopping."""
        self._hub.store.committer.submit(change)

    def new_id(self) -> int:
        """An id that is greater than all before it."""
        return self._hub.store.ids.next()

    # -- secrets and counters -------------------------------------------------------------------

    def secret(self, purpose: str) -> bytes:
        """32 bytes that are stable, this instance's own, and different for each purpose: for signing."""
        return hmac.digest(self._hub.secret, f"{self.name}:{purpose}".encode(), hashlib.sha256)

    def count(self, name: str, number: int = 1) -> None:
        """Count something for the metrics page."""
        self._hub.count(name, number)

    # -- messages -------------------------------------------------------------------------------

    def accept(self, inbound: Inbound) -> Awaitable[Accepted]:
        """Await it to store a customer's message; returns once it is safe, so that the channel may acknowledge it.

        Raises Busy when there is too much at once and StoreUnavailable when nothing can be kept: then
        nothing was stored and the platform has to send it again.
        """
        return self._hub.path.accept(self.name, inbound)

    async def act(self, conversation_id: int, *intents: Intent) -> None:
        """Do something in a conversation, in its order with everything else that happens there."""
        await self._hub.path.act(self.name, conversation_id, intents)

    async def receipt(self, message_id: int, state: str, error: str = "") -> None:
        """The platform told how a message fared: ``delivered``, ``read`` or ``failed`` (with the reason)."""
        await self._hub.path.receipt(message_id, state, error)

    async def dossier(self, external_id: str, scope: str = "") -> Dossier | None:
        """What the hub has in mind about somebody this channel knows; None for somebody who never wrote."""
        return await self._hub.people.find((self._hub.registry.platform_of(self.name), scope or self.name, external_id))

    async def customer_typing(self, external_id: str, on: bool, scope: str = "") -> None:
        """A customer is typing: whoever shows that to agents is told. Passing news, never stored."""
        dossier = await self.dossier(external_id, scope)
        if dossier is not None and dossier.conversation is not None:
            facts = {"person": dossier.person, "conversation": dossier.conversation, "on": on}
            await self._hub.calls.notify("customer_typing", **facts)

    def place_in_queue(self, conversation: Conversation) -> int:
        """1 for the one who is next in the queue this conversation waits in."""
        return self._hub.people.place_in_queue(conversation)

    def owner_name(self, conversation: Conversation) -> str:
        """The name of who owns a conversation, for people to read."""
        return self._hub.agents.owner_name(conversation)

    async def survey_answered(self, answer: SurveyAnswer) -> None:
        """Store a survey's answer and tell all `survey_answered` hooks."""
        await self._hub.path.survey_answered(self.name, answer)

    # -- things that are given back --------------------------------------------------------------

    def route(self, method: str, path: str, handler: Handler, *, doc: Operation | None = None) -> None:
        """Serve `path` (``/shop/{id}``) while this instance runs; `doc` describes it in the OpenAPI document.

        Raises ConfigError when another instance serves it already.
        """
        self.undo(f"route {method} {path}", self._hub.routes.add(method, path, handler, owner=self.name, doc=doc))

    def static(self, prefix: str, directory: Path, *, spa: bool = False, headers: Mapping[str, str] | None = None) -> None:
        """Serve the files of `directory` under `prefix`; with `spa` an unknown page gets ``index.html``.

        Files with a hash in their name (``app-4f3a9c21.js``) may be cached for ever, others are revalidated;
        ``.br`` and ``.gz`` files beside them are used.
        """
        undo = self._hub.routes.add_static(prefix, directory, owner=self.name, spa=spa, headers=headers)
        self.undo(f"static {prefix}", undo)

    @cached_property
    def http(self) -> aiohttp.ClientSession:
        """An HTTP client of this instance's own; refuses private addresses unless the configuration allows them."""
        session = self._hub.outgoing.session(self.name)
        self.undo("http session", session.close)
        return session

    def task(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Run `work` beside everything else; cancelled at stop. If it raises, the instance is restarted with backoff."""
        task = asyncio.create_task(work, name=f"{self.name}: {name}")
        if self._task_ended is not None:
            task.add_done_callback(self._task_ended)
        self.undo(f"task {name}", partial(_cancel, task))
        return task

    def job(self, name: str, handler: JobHandler) -> None:
        """Name something that can be scheduled; what was scheduled before a restart finds it again by its name."""
        self.undo(f"job {name}", self._hub.timers.handle(self.name, name, handler))

    async def schedule(self, job: str, after: float, payload: dict[str, Any] | None = None, *, key: str = "") -> None:
        """Call the job once in `after` seconds. Durable. The same `key` again replaces the earlier date."""
        await self._hub.timers.schedule(self.name, job, after, payload or {}, key)

    async def every(self, job: str, *, seconds: float = 0, cron: str = "") -> None:
        """Call the job again and again: each `seconds`, or by a five-field `cron` line in the hub's time zone.

        Each date runs once, also when the hub was down at that moment (then once, late), and when the clocks are changed.
        """
        await self._hub.timers.every(self.name, job, seconds=seconds, cron=cron)

    def subscribe(self, name: str, handler: EventHandler, *, kinds: Sequence[str] = ()) -> None:
        """Read the event log in order, from where this subscription stood; at most 100 events a call.

        The position moves on when `handler` returns; when it raises, the same events come again, later.
        A new subscription starts at the end of the log.
        """
        self.undo(f"subscription {name}", self._hub.feeds.subscribe(self.name, name, handler, tuple(kinds)))

    def live(self, hear: Callable[[Sequence[Event]], None]) -> None:
        """While this instance runs, `hear` is told at once what was stored, in the order of the log, and must not wait.

        What may not be missed is for `subscribe`; `position` is where the log ends.
        """
        self._hub.live.append(hear)
        self.undo("live events", lambda: self._hub.live.remove(hear))

    @property
    def position(self) -> int:
        """The end of the event log: the id of the last event that is stored."""
        return self._hub.store.committer.position

    def farewell(self, end: Callable[[], Awaitable[None]]) -> None:
        """Await `end` when this instance stops, and before: when the hub is about to wait for requests to be answered.

        For requests that stay open for hours, such as sockets. It may be called twice.
        """
        self._hub.farewells.append(end)
        self.undo("farewell", partial(self._leave, end))

    async def _leave(self, end: Callable[[], Awaitable[None]]) -> None:
        self._hub.farewells.remove(end)
        await end()

    async def run_sync(self, function: Callable[..., T], *args: Any) -> T:
        """Call something that blocks, in one of a few threads, so that the hub's loop goes on."""
        return await self._hub.run_sync(function, *args)

    # -- the ledger ------------------------------------------------------------------------------

    def undo(self, label: str, undo: Undo) -> None:
        """Write down how something taken is given back."""
        self._ledger.append((label, undo))

    def held(self) -> tuple[str, ...]:
        """What the instance holds now, in the order it was taken."""
        return tuple(label for label, _ in self._ledger)

    async def release(self) -> None:
        """Give everything back, the last taken first. What fails to go is logged and does not keep the rest."""
        while self._ledger:
            label, undo = self._ledger.pop()
            try:
                done = undo()
                if inspect.isawaitable(done):
                    await done
            except (OSError, RuntimeError, ValueError) as error:
                self.log.error("could not give back", what=label, error=str(error))


async def _cancel(task: asyncio.Task[None]) -> None:
    if task is asyncio.current_task():
        return
    task.cancel()
    await asyncio.wait([task])
