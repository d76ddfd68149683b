"""What is impossible in a policy, told when it is loaded, with the numbers: skills nobody has, promises nobody can keep."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from hub_routing.agents import AgentSettings
from hub_routing.calendars import BUILT_IN
from hub_routing.policy import ANY, QueuePolicy, RoutingConfig, To

Found = tuple[tuple[str | int, ...], str]
"""Where in the policy, and a sentence."""


def misfits_of(
    policy: RoutingConfig, agents: Sequence[AgentSettings], teams: Collection[str], locale: str,
    pickers: Collection[str] | None = None,
) -> Iterator[Found]:  # fmt: skip
    """Everything that cannot work. Without `agents` in the document nothing is said about skills and staffing.

    `pickers` are the instances an experiment may ask; None where they are not known.
    """
    known = {*teams, *(team for one in agents for team in one.teams)}
    say = _Say(locale)
    yield from _references(policy, agents, known, say)
    picker = policy.experiment.picker if policy.experiment is not None else ""
    if picker and pickers is not None and picker not in pickers:
        told = say(f"没有会选择客服的插件实例 {picker}", f"there is no plugin instance {picker} that picks agents")
        yield ("experiment", "policy_b"), told
    for name, queue in policy.queues.items():
        yield from _rings(name, queue, say)
    yield from _circles(policy, say)
    if agents:
        yield from _skills(policy, agents, say)
        yield from _room(policy, agents, say)
        yield from _promise(policy, agents, say)


class _Say:
    def __init__(self, locale: str) -> None:
        self._chinese = locale.startswith("zh")

    def __call__(self, chinese: str, english: str) -> str:
        return chinese if self._chinese else english


def _references(policy: RoutingConfig, agents: Sequence[AgentSettings], teams: set[str], say: _Say) -> Iterator[Found]:
    for name, queue in policy.queues.items():
        for way, said in _named(name, queue, {*policy.queues, *teams}, {*policy.calendars, *BUILT_IN}, teams, say):
            yield ("queues", name, *way), said
    for at, step in enumerate(policy.affinity):
        place = step.else_.removeprefix("pool:")
        if place and place not in policy.queues and place not in teams:
            yield ("affinity", at, "else"), say(f"没有队列或团队 {place}", f"there is no queue and no team {place}")
    # Without agents in the document nobody knows the logins.
    helpers = {*teams, *(one.login for one in agents)}
    for at, word in enumerate(policy.vip.steps if policy.vip is not None else ()):
        kind, _, name = word.partition(":")
        known = {"pool": teams, "emergency": helpers if agents else {name}}.get(kind)
        if known is not None and name not in known:
            yield ("vip", "steps", at), say(f"没有团队或客服 {name}", f"there is no team and no agent {name}")


def _named(
    name: str, queue: QueuePolicy, places: set[str], calendars: set[str], teams: set[str], say: _Say
) -> Iterator[Found]:
    """What a queue names and is not there."""
    named = [(("teams", at), team) for at, team in enumerate(queue.teams)]
    for number, ring in enumerate(queue.rings):
        named += [(("rings", number, "add", at), team) for at, team in enumerate(ring.add)]  # type: ignore[misc]
    yield from ((way, say(f"没有团队 {team}", f"there is no team {team}")) for way, team in named if team not in teams)
    for act in queue.overflow.do if queue.overflow is not None else ():
        if isinstance(act, To) and act.to not in places:
            yield ("overflow", "do"), say(f"没有队列 {act.to}", f"there is no queue {act.to}")
    calendar = queue.hours.calendar if queue.hours is not None else "always"
    if calendar not in calendars:
        known = ", ".join(sorted(calendars))
        told = say(f"没有日历 {calendar}，可用：{known}", f"there is no calendar {calendar}; known: {known}")
        yield ("hours", "calendar"), told


def _rings(name: str, queue: QueuePolicy, say: _Say) -> Iterator[Found]:
    need, before = dict(queue.need), 0.0
    for at, ring in enumerate(queue.rings):
        way = ("queues", name, "rings", at)
        if ring.after <= before:
            yield (*way, "after"), say("每一圈都要比前一圈晚", "each ring begins later than the one before")
        before = ring.after
        widens = bool(ring.add)
        for skill, level in ring.need.items():
            if skill not in need:
                told = say(f"{skill} 原本没有要求，圈只能放宽", f"{skill} was not needed before; rings only widen")
                yield (*way, "need", skill), told
            elif level > need[skill]:
                told = say(
                    f"{skill} 从 {need[skill]} 升到 {level}，圈只能放宽",
                    f"{skill} rises from {need[skill]} to {level}; rings only widen",
                )
                yield (*way, "need", skill), told
            else:
                widens = widens or level < need[skill]
                need[skill] = level
        for number, skill in enumerate(ring.drop):
            if skill not in need:
                yield (*way, "drop", number), say(f"{skill} 原本没有要求", f"{skill} was not needed before")
            else:
                widens = True
                need.pop(skill)
        if not widens:
            yield way, say("这一圈没有放宽任何要求", "this ring widens nothing")


def _circles(policy: RoutingConfig, say: _Say) -> Iterator[Found]:
    leads = {
        name: [act.to for act in queue.overflow.do if isinstance(act, To)] if queue.overflow is not None else []
        for name, queue in policy.queues.items()
    }
    for name in leads:
        seen, here = [name], leads[name]
        while here:
            following = here[0]
            if following == name:
                circle = " → ".join((*seen, name))
                yield ("queues", name, "overflow", "do"), say(f"溢出成环：{circle}", f"overflow goes in a circle: {circle}")
                break
            if following in seen:
                break
            seen.append(following)
            here = leads.get(following, [])


def _skills(policy: RoutingConfig, agents: Sequence[AgentSettings], say: _Say) -> Iterator[Found]:
    for name, queue in policy.queues.items():
        for skill, level in queue.need.items():
            if "$" in skill:
                continue
            best = max((one.skills.get(skill, 0) for one in agents), default=0)
            if best < level:
                most = say(f"最高 {best}" if best else "没有人会", f"the best has {best}" if best else "nobody has it")
                told = say(f"没有客服具备 {skill} {level} 级（{most}）", f"no agent has {skill} at level {level} ({most})")
                yield ("queues", name, "need", skill), told
        fixed = {skill: level for skill, level in queue.need.items() if "$" not in skill}
        each = all(any(_has(one, skill, level) for one in agents) for skill, level in fixed.items())
        if each and not any(all(_has(one, skill, level) for skill, level in fixed.items()) for one in agents):
            told = ", ".join(f"{skill} {level}" for skill, level in fixed.items())
            yield ("queues", name, "need"), say(f"没有一位客服同时具备 {told}", f"no single agent has all of {told}")


def _room(policy: RoutingConfig, agents: Sequence[AgentSettings], say: _Say) -> Iterator[Found]:
    """A talk that is more than an agent's whole capacity is nobody's."""
    costs = policy.agents.cost
    for channel, cost in costs.items():
        if channel == ANY and len(costs) > 1:
            # Of what is not named nobody knows whether it comes.
            continue
        able = [one for one in agents if channel == ANY or one.reception is None or channel in one.reception]
        most = max((one.capacity if one.capacity is not None else policy.agents.capacity for one in able), default=cost)
        if cost > most:
            told = say(
                f"一个会话占 {cost} 个单位，而客服最多只有 {most} 个：没有人能接",
                f"a talk takes {cost} units and no agent has more than {most}: nobody can take one",
            )
            yield ("agents", "cost", channel), told


def _has(agent: AgentSettings, skill: str, level: int) -> bool:
    return agent.skills.get(skill, 0) >= level


def _promise(policy: RoutingConfig, agents: Sequence[AgentSettings], say: _Say) -> Iterator[Found]:
    """``assign_within`` needs room that ordinary customers cannot take: a burst slot on each channel, or a reserve."""
    vip = policy.vip
    if vip is None or not vip.assign_within:
        return
    named = {name for queue in policy.queues.values() for name in queue.channels} or {*policy.agents.cost} or {"web"}
    pools = {one.pool: one.idle for one in vip.reserve}
    for channel in sorted(named):
        cost = policy.cost(channel)
        able = [one for one in agents if one.reception is None or channel in one.reception]
        kept = pools.get(channel, 0)
        pooled = max((idle for pool, idle in pools.items() if any(pool in one.teams for one in able)), default=0)
        numbers = f"{len(able)} × {cost}, burst {vip.burst}, reserve {kept or pooled}"
        if not able:
            told = say(f"没有客服接待渠道 {channel}", f"no agent takes channel {channel}")
        elif len(able) <= (kept or pooled):
            told = say(
                f"渠道 {channel}：只有 {len(able)} 位客服，却要保留 {kept or pooled} 位",
                f"channel {channel}: {kept or pooled} are to be kept of {len(able)}",
            )
        elif vip.burst < cost and not kept and not pooled:
            told = say(
                f"渠道 {channel} 满负荷时无法在 {vip.assign_within:g} 秒内分配（{numbers}）：burst 至少 {cost}，或保留空闲客服",
                f"on channel {channel} nobody can be given within {vip.assign_within:g} s at full load ({numbers}): "
                f"burst should be at least {cost}, or keep a reserve",
            )
        else:
            continue
        yield ("vip", "assign_within"), told
