"""The filters: what plugins make of a message before it is stored.

Both ways they run in the person's lane and before the commit, so what is stored is what everybody sees and gets:
agents, the customer's open pages, their history, any channel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from hub.conversations.scene import Scene
from hub.errors import HookFailed, Refused, Rejected
from hub.message import Body, check_body
from hub.records import Message
from hub.sentences import sentences, worded

if TYPE_CHECKING:
    from hub.hub import Hub

_WORDS: Final = sentences("filters")


class Filters:
    """Calls `filter_inbound` and `filter_outbound`. Only the body is taken from what they return."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def inbound(self, message: Message, scene: Scene) -> Message:
        """A customer's message as the filters want it. Raises HookFailed where one fails or refuses."""
        around = {"conversation": scene.conversation, "person": scene.person}
        filtered = await self._hub.calls.fold("filter_inbound", message, **around)
        return replace(message, body=_checked("filter_inbound", filtered))

    async def outbound(self, scene: Scene) -> None:
        """Pass all that a scene says to the customer through the filters.

        What a filter refuses (Rejected) becomes a note, and where a bot was refused people take over. A line of the house
        becomes a note also when a filter fails; otherwise that raises HookFailed.
        """
        if not scene.outgoing or not self._hub.calls.implementers("filter_outbound"):
            return
        done = 0
        while done < len(scene.outgoing):
            message, leg = scene.outgoing[done]
            try:
                around = {"conversation": scene.conversation, "channel": leg.channel}
                body = _checked("filter_outbound", await self._hub.calls.fold("filter_outbound", message, **around))
            except HookFailed as error:
                self._keep_back(scene, message, error)
                continue
            if body != message.body:
                scene.reword(message, body)
            done += 1

    def _keep_back(self, scene: Scene, message: Message, error: HookFailed) -> None:
        refused, of_the_house = isinstance(error.cause, Rejected), message.author.kind == "system"
        if not of_the_house and (scene.actor or not refused):
            # Who asked for it is told, and a bot's answer is asked for again later.
            raise error
        reason = str(error.cause) if refused else str(error)
        self._hub.log.warning("a filter kept a message back", message=message.id, instance=error.instance, reason=reason)
        scene.keep_back(message, reason)
        conversation = scene.conversation
        assert conversation is not None
        if message.author.kind == "bot" and conversation.owner_kind == "bot" and conversation.status == "open":
            scene.hand_over("bot_failed", "")

    def refusal(self, error: HookFailed) -> Refused:
        """What somebody is told whose message a filter refused, or failed on."""
        locale = self._hub.settings.hub.locale
        if isinstance(error.cause, Rejected):
            return Refused(422, "kept_back", str(error.cause) or worded(_WORDS["kept_back"], locale))
        return Refused(503, "not_checked", worded(_WORDS["not_checked"], locale))


def _checked(hook: str, filtered: Message) -> Body:
    """The body the filters left. Raises HookFailed where that is no message."""
    try:
        check_body(filtered.body)
    except ValueError as error:
        raise HookFailed("filters", hook, error) from error
    return filtered.body
