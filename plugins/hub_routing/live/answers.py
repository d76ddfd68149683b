"""Answers, at any moment: why does this customer wait, why do I get no work, what place, how long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from hub_routing.engine import Staff, Task
from hub_routing.engine.floor import bits, receives
from hub_routing.engine.groups import Group
from hub_routing.live.dispatcher import Dispatcher
from hub_routing.live.sentences import band_words, sentence
from hub_routing.policy import Announce

Answer = dict[str, Any]
USUAL = Announce().bands


class Answers:
    """Asked of a running dispatcher; sentences in the language that is asked for."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    # -- customers ----------------------------------------------------------------------------------

    def place(self, conversation_id: int, locale: str) -> Answer | None:
        """``{"place", "seconds", "band", "text", "callback"}`` of somebody who waits, else None."""
        router = self._dispatcher.router
        task = self._waiting(conversation_id)
        if task is None:
            return None
        queue = router.plan.queue(task.queue)
        place, seconds = router.estimate(task)
        bands = queue.announce.bands if queue.announce is not None else USUAL
        band = next((one for one in bands if seconds is not None and seconds <= one), None)
        return {
            "place": place, "band": band, "text": band_words(seconds, bands, locale),
            "callback": queue.callback is not None and not task.callback,
        }  # fmt: skip

    def number(self, conversation_id: int) -> int:
        """The place alone, 0 where there is none: cheap, for lists."""
        task = self._waiting(conversation_id)
        return self._dispatcher.router.line(task.queue).place(task.key, task.seq) if task is not None else 0

    def _waiting(self, conversation_id: int) -> Task | None:
        task = self._dispatcher.router.tasks.get(conversation_id)
        return task if task is not None and task.status in ("waiting", "private") else None

    def why_waiting(self, conversation_id: int, locale: str) -> Answer:
        """``{"state", "reasons"}``: where a conversation is, and in sentences why it is still there."""
        router, names = self._dispatcher.router, self._dispatcher.names
        task = router.tasks.get(conversation_id)
        if task is None:
            return {"state": "none", "reasons": [sentence(locale, "not_here")]}
        if task.status in ("held", "offered"):
            code = "with_agent" if task.status == "held" else "offered_now"
            return {"state": task.status, "reasons": [sentence(locale, code, agent=names.get(task.agent, task.agent))]}
        if task.status == "closed":
            return {"state": "closed", "reasons": [sentence(locale, "closed", queue=self._team(task.queue, locale))]}
        return {"state": task.status, "reasons": self._reasons(task, locale)}

    def _reasons(self, task: Task, locale: str) -> list[str]:
        router, now = self._dispatcher.router, self._dispatcher.now
        place, seconds = router.estimate(task)
        waited = f"{now - task.arrived:.0f}"
        lines = [sentence(locale, "waits", queue=self._team(task.queue, locale), place=place, waited=waited)]
        announce = router.plan.queue(task.queue).announce
        bands = announce.bands if announce is not None else USUAL
        lines.append(sentence(locale, "estimate", band=band_words(seconds, bands, locale)))
        if task.callback:
            lines.append(sentence(locale, "to_be_called"))
        group: Group | None = task.group
        if group is not None and not group.elig:
            passed = router.groups.passed_over(group)
            code = "none_left" if passed else "none_able"
            lines.append(sentence(locale, code, count=len(passed), need=self._asked(group, locale)))
        elif group is not None:
            lines.append(sentence(locale, "able", able=group.elig.bit_count(), states=self._states(task, group, locale)))
            if not group.vip and (kept := router.matching.kept() & group.elig):
                lines.append(sentence(locale, "reserved", count=kept.bit_count()))
        _, ring = router.plan.ring_at(task, now)
        if ring is not None:
            lines.append(sentence(locale, "next_ring", seconds=f"{ring - now:.0f}"))
        if task.vip and router.policy.vip is not None:
            lines.append(sentence(locale, "is_vip", seconds=f"{router.policy.vip.head_start:.0f}"))
        if task.excluded:
            names = self._dispatcher.names
            lines.append(sentence(locale, "excluded", agents=", ".join(names.get(one, one) for one in sorted(task.excluded))))
        return lines

    def _states(self, task: Task, group: Group, locale: str) -> str:
        """What keeps those who are able: how many are full, away, on a break …"""
        floor, counts = self._dispatcher.router.floor, dict[str, int]()
        for at in bits(group.elig):
            staff = floor.staff[at]
            if staff is not None:
                state = self._state(staff, task, group)
                counts[state] = counts.get(state, 0) + 1
        separator = "，" if locale.startswith("zh") else ", "
        return separator.join(sentence(locale, f"state_{state}", count=count) for state, count in counts.items())

    def _state(self, staff: Staff, task: Task, group: Group) -> str:
        if staff.state != "online":
            return staff.state
        if not staff.connected:
            return "away"
        if not receives(staff, task.door):
            return "off"
        room = staff.units - staff.used[group.lane] >= group.floor_units
        return "free" if room else "full"

    # -- agents -------------------------------------------------------------------------------------

    def why_no_work(self, agent_id: int, locale: str) -> Answer:
        """How an agent is, what is offered to them, and why nothing comes, in sentences.

        ``{"state", "used", "capacity", "talks", "off", "offers", "reasons"}``.
        """
        router = self._dispatcher.router
        staff = router.floor.by_id.get(str(agent_id))
        if staff is None:
            return {"state": "none", "reasons": [sentence(locale, "you_unknown")]}
        return {
            "state": staff.state, "connected": staff.connected, "used": staff.used[0], "capacity": staff.units,
            "talks": len(staff.talks), "off": sorted(staff.off), "offers": self._offers(staff),
            "reasons": self._why(staff, locale),
        }  # fmt: skip

    def _offers(self, staff: Staff) -> list[Answer]:
        """What waits for this agent's word, and until when (ms), the one that ends first before the others."""
        seconds = self._dispatcher.router.policy.offer.seconds
        offered = [task for task in staff.talks.values() if task.status == "offered"]
        made = [{"conversation": str(one.id), "until": int((one.held_at + seconds(one.channel)) * 1000)} for one in offered]
        return sorted(made, key=lambda one: int(one["until"]))

    def _why(self, staff: Staff, locale: str) -> list[str]:
        router = self._dispatcher.router
        lines: list[str] = []
        if not staff.connected:
            lines.append(sentence(locale, "you_gone"))
        if staff.state == "break" and staff.why == "missed":
            since = datetime.fromtimestamp(staff.state_since, UTC).astimezone(router.plan.zone)
            lines.append(sentence(locale, "you_missed", since=f"{since:%H:%M}"))
        elif staff.state != "online":
            lines.append(sentence(locale, f"you_{staff.state}", why=staff.why or "-"))
        if staff.off:
            lines.append(sentence(locale, "you_off", channels=", ".join(self._titles(staff.off))))
        free = staff.units - staff.used[0]
        least = min(self._costs(), default=1)
        if free < least:
            lines.append(sentence(locale, "you_full", used=staff.used[0], capacity=staff.units))
        elif router.matching.kept() & staff.bit:
            lines.append(sentence(locale, "you_kept"))
        lines += self._lacking(staff, locale)
        return lines or [sentence(locale, "work_flows", free=free, capacity=staff.units)]

    def _titles(self, instances: Iterable[str]) -> list[str]:
        """As people call these channels; one that does not run by its name in the configuration."""
        running = self._dispatcher.ctx.house.channels
        return sorted((running[one].title if one in running else "") or one for one in instances)

    def _costs(self) -> Sequence[int]:
        router = self._dispatcher.router
        return [group.cost for group in router.groups.all] or [router.plan.cost("web")]

    def _lacking(self, staff: Staff, locale: str) -> list[str]:
        """Who waits for what this agent has not."""
        lines = []
        groups = self._dispatcher.router.groups
        for group in groups.nonempty(groups.waiting):
            if not group.elig & staff.bit and groups.head(group) is not None:
                count = sum(entry[3].version == entry[2] for entry in group.heap)
                code = "you_passed" if staff in groups.passed_over(group) else "you_lack"
                lines.append(sentence(locale, code, count=count, need=self._asked(group, locale)))
        return lines[:5]

    def _team(self, id: str, locale: str) -> str:
        return self._dispatcher.ctx.house.team_name(id, locale)

    def _asked(self, group: Group, locale: str) -> str:
        """What a search asks for: skills, else teams."""
        skills = [f"{skill} ≥ {level}" for skill, level in group.wanted.need]
        teams = sorted(self._team(one, locale) for one in group.wanted.teams or (group.queue,))
        return ("、" if locale.startswith("zh") else ", ").join(skills or teams)
