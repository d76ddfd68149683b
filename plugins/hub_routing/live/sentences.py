"""Decisions and answers in words, Chinese and English."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from hub import worded
from hub_routing.engine import Decision

Both = dict[str, str]
LANGUAGES: Final = ("zh-CN", "en")
TeamName = Callable[[str, str], str]
"""A team's name by its id, for a language."""


def by_id(id: str, locale: str) -> str:
    """The name where no team has one."""
    return id



RULES: Final[Mapping[str, tuple[str, str]]] = {
    "owner": ("专属客服", "the customer's own agent"),
    "last_agent": ("上次接待的客服", "whom the customer spoke with last"),
    "awaited": ("等到了指定客服", "the agent they waited for became free"),
    "least_loaded": ("负载最低", "least loaded"),
    "longest_idle": ("空闲最久", "longest idle"),
    "specialist_first": ("专长最窄者优先", "specialists first"),
    "plugin": ("插件选择", "a plugin's choice"),
    "taken": ("客服主动领取", "taken by hand"),
    "accepted": ("已接受", "accepted"),
}

STEPS: Final[Mapping[str, tuple[str, str]]] = {
    "owner": ("专属客服", "their own agent"),
    "pool": ("{name} 团队", "team {name}"),
    "any skilled": ("任何能胜任者", "anybody able"),
    "emergency": ("应急：{name}", "emergency: {name}"),
    "queue": ("队列内", "of the queue"),
    "freed": ("有人空出", "somebody became free"),
    "(burst)": ("动用额外余量", "above capacity"),
}

SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    "chosen": (
        "分配给 {agent}（{rule}）：{able} 人能胜任，{free} 人有余量，已等待 {waited} 秒，决定用时 {micros} 微秒{more}",
        "Given to {agent} ({rule}): {able} able, {free} with room, waited {waited} s, decided in {micros} µs{more}",
    ),
    "queued": (
        "进入队列 {queue}：{able} 人能胜任，没有人有余量{more}",
        "Waits in queue {queue}: {able} able, nobody has room{more}",
    ),
    "nobody_able": (
        "进入队列 {queue}：目前没有人能胜任{more}",
        "Waits in queue {queue}: nobody is able now{more}",
    ),
    "passed_over": (
        "进入队列 {queue}：能胜任者没有接下，稍后可再次分配{more}",
        "Waits in queue {queue}: nobody who is able took it, it is offered again later{more}",
    ),
    "wait_owner": (
        "等待专属客服 {agent}，最多 {wait} 秒，保留排队位置",
        "Waits for their own agent {agent}, {wait} s at most, and keeps the place",
    ),
    "wait_last_agent": (
        "等待上次的客服 {agent}，最多 {wait} 秒，保留排队位置",
        "Waits for the last agent {agent}, {wait} s at most, and keeps the place",
    ),
    "closed": ("队列 {queue} 不在服务时间", "Queue {queue} is closed now"),
    "offer_callback": ("等待过久：提供回呼", "Waited long: a call back was offered"),
    "offer_message": ("等待过久：提供留言", "Waited long: leaving a message was offered"),
    "offer_bot": ("等待过久：提供机器人", "Waited long: the bot was offered"),
    "offered": ("请 {agent} 接受", "{agent} was asked to accept"),
    "requeue_gone": (
        "{agent} 已离开，重新分配，保留等待时间",
        "{agent} is gone: given to others, the age is kept",
    ),
    "requeue_silent": (
        "{agent} 没有回答，重新分配，保留等待时间",
        "{agent} did not answer: given to others, the age is kept",
    ),
    "requeue_missed": (
        "{agent} 没有接受，重新分配，保留等待时间",
        "{agent} did not accept: given to others, the age is kept",
    ),
    "requeue_declined": (
        "{agent} 拒绝了，重新分配，保留等待时间",
        "{agent} declined: given to others, the age is kept",
    ),
    "requeue_lock": (
        "与原客服的绑定已到期或其已满，重新分配",
        "The bond with their agent is over, or no room is left: given anew",
    ),
    "requeue_returned": (
        "{agent} 退回，重新分配，保留等待时间",
        "{agent} gave it back: given to others, the age is kept",
    ),
    "moved": ("转入队列 {queue}，保留等待时间", "Moved to queue {queue}, the age is kept"),
    "warn": ("客户等待回答已久，提醒 {agent}", "No answer for long: {agent} was reminded"),
    "supervisor": ("客户等待回答已久，通知主管", "No answer for long: a supervisor was told"),
    "callback_asked": ("客户要求回电", "The customer asked to be called back"),
    "callback_withdrawn": (
        "客户不用回电了，在这里等待，位置不变",
        "The customer wants no call back any more and waits here, at the same place",
    ),
    "callback_late": (
        "承诺的回呼时间已过，仍在排队",
        "The promised time of the call back is over, and they still wait",
    ),
    "park": ("客户沉默，{agent} 的余量已归还", "The customer is silent: {agent} has the room back"),
    "wake": ("客户又说话了，占用 {agent} 的余量", "The customer speaks again and takes {agent}'s room"),
    # why is this customer waiting
    "with_agent": ("由 {agent} 接待", "Is with {agent}"),
    "offered_now": ("等待 {agent} 接受", "{agent} is being asked to accept"),
    "not_here": ("不在路由中：由机器人接待或已结束", "Not in routing: with the bots, or over"),
    "waits": (
        "在队列 {queue} 排第 {place} 位，已等待 {waited} 秒",
        "Is number {place} in queue {queue}, waiting for {waited} s",
    ),
    "to_be_called": ("要求回电：轮到时由客服联系", "To be called back when it is their turn"),
    "estimate": ("预计等待：{band}", "Estimated wait: {band}"),
    "able": ("能胜任 {able} 人：{states}", "{able} able: {states}"),
    "none_able": ("没有客服具备所需：{need}", "No agent has what is needed: {need}"),
    "none_left": (
        "能胜任者（{count} 人）没有接下：谢绝、未应答或退回，稍后可再次分配",
        "Nobody who is able ({count}) took it: declined, not answered or given back; it is offered again later",
    ),
    "next_ring": ("{seconds} 秒后放宽要求", "The search widens in {seconds} s"),
    "is_vip": ("贵宾，优先 {seconds} 秒", "A VIP, {seconds} s ahead of others"),
    "reserved": ("{count} 位空闲客服为贵宾保留", "Idle, but kept for VIPs: {count}"),
    "excluded": ("暂不再分配给：{agents}", "Not offered again for now to: {agents}"),
    "state_full": ("{count} 人已满", "{count} full"),
    "state_break": ("{count} 人小休", "{count} on a break"),
    "state_training": ("{count} 人培训", "{count} in training"),
    "state_offline": ("{count} 人离线", "{count} offline"),
    "state_away": ("{count} 人已断开", "{count} disconnected"),
    "state_off": ("{count} 人未开启该渠道", "{count} with this channel switched off"),
    "state_free": ("{count} 人有余量", "{count} with room"),
    # why do I get no work
    "work_flows": (
        "可以接待：余量 {free}/{capacity}，现在没有您能胜任的客户在等",
        "Ready: room {free}/{capacity}, nobody you can serve is waiting",
    ),
    "you_gone": ("页面已断开", "No page of yours is open"),
    "you_break": ("正在小休（{why}）", "You are on a break ({why})"),
    "you_missed": (
        "因未接受分配而暂停，自 {since} 起",
        "Paused since {since}: something offered was not accepted",
    ),
    "you_training": ("正在培训", "You are in training"),
    "you_offline": ("离线", "You are offline"),
    "you_full": ("已满：{used}/{capacity}", "Full: {used}/{capacity}"),
    "you_off": ("已关闭渠道：{channels}", "Switched off: {channels}"),
    "you_lack": ("有 {count} 位客户在等，但需要 {need}", "Waiting, but for somebody with {need}: {count}"),
    "you_passed": (
        "有 {count} 位客户在等，您刚才没有接下，暂不再分配给您",
        "Waiting, but not taken by you and not offered to you again for now: {count}",
    ),
    "you_kept": ("您被保留给贵宾", "You are kept for VIPs"),
    "you_unknown": ("不是客服", "Nobody who serves"),
    "minutes": ("{minutes} 分钟以内", "under {minutes} min"),
    "longer": ("超过 {minutes} 分钟", "more than {minutes} min"),
    "unknown": ("暂无法估计", "nobody knows yet"),
}

CUSTOMER: Final[Mapping[str, tuple[str, str]]] = {
    "place": ("您前面还有 {ahead} 位，预计等待{band}。", "{ahead} before you; estimated wait: {band}."),
    "place_next": ("您是下一位，预计等待{band}。", "You are next; estimated wait: {band}."),
    "callback": (
        "不想等？我们可以稍后联系您，位置为您保留。",
        "Rather not wait? We can get back to you, and you keep your place.",
    ),
    "callback_yes": ("请稍后联系我", "Get back to me"),
    "callback_kept": ("好的，轮到您时我们会联系您。", "Fine: we will get back to you when it is your turn."),
    "callback_noted": ("好的，我们会联系您。", "Fine: we will get back to you."),
    "stay": ("不用回电了", "No call back"),
    "stay_short": ("不用回电", "No callback"),
    "stay_hint": ("{noted}想改为在这里等，请回复“{word}”。", "{noted} To wait here instead, reply “{word}”."),
    "stays": (
        "好的，不再回电。您继续在这里排队，位置不变。",
        "Fine: nobody will call. You go on waiting here, at the same place.",
    ),
    "callback_now": ("您好，现在轮到您了。", "Hello, it is your turn now."),
    "message": (
        "也可以留言，我们会尽快回复。",
        "You may also leave a message; we will answer as soon as we can.",
    ),
    "bot": ("也可以继续由机器人为您服务。", "The bot can go on helping you, too."),
    "bot_yes": ("继续与机器人对话", "Go on with the bot"),
    "closed": (
        "现在不是人工服务时间，请留言，我们上班后会尽快回复。",
        "We are closed now. Leave a message: we will answer when we are back.",
    ),
    "closed_bot": ("现在不是人工服务时间，机器人会继续为您服务。", "We are closed now; the bot goes on helping you."),
    # on the card of who waits
    "queue": ("正在为您转接人工", "Connecting you to a person"),
    "ahead": ("前面还有 {ahead} 位", "{ahead} before you"),
    "next": ("您是下一位", "You are next"),
    "band": ("预计等待{band}", "estimated wait: {band}"),
    "nobody": ("客服暂时都不在线", "nobody is online at the moment"),
    "callback_card": ("给我回电", "Call me back"),
    "phone": ("您的电话号码", "Your phone number"),
    "phone_hint": ("轮到您时我们会打给您，排队位置为您保留。", "We will call you when it is your turn; you keep your place."),
    "phone_hint_anew": ("我们会打给您，不必一直等在这里。", "We will call you; you need not wait here."),
    "called": ("已登记回电", "We will call you back"),
    "called_kept": ("轮到您时我们会联系您，位置为您保留", "When it is your turn; your place is kept"),
    "called_noted": ("我们会尽快联系您，可以关闭本页。", "As soon as we can; you may close this page."),
    "message_card": ("留言", "Leave a message"),
    "message_hint": ("请在下方写下留言", "Write your message below"),
    "left": ("留言已收到", "We have your message"),
    "answered": ("客服有空就会回复，回复会显示在这里", "A colleague answers here as soon as one is free"),
    "answered_at": ("我们 {when} 上班后回复，回复会显示在这里", "We answer here when we open: {when}"),
    "bot_card": ("继续问机器人", "Go on with the bot"),
    "shut": ("现在不是人工服务时间", "We are closed now"),
    "opens": ("{when} 开始人工服务", "We open {when}"),
    "shut_for_long": ("上班后我们会尽快回复", "We answer when we are back"),
}

WEEKDAYS: Final = ("一二三四五六日", ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def sentence(locale: str, code: str, **facts: Any) -> str:
    """The sentence `code` in `locale` (zh-CN, else English)."""
    return worded(SENTENCES[code], locale, **facts)


def customers(locale: str, code: str, **facts: Any) -> str:
    """The same for what customers read."""
    return worded(CUSTOMER[code], locale, **facts)


def moment(at: datetime, locale: str) -> str:
    """A day and a time of day in words that stay true tomorrow."""
    if locale.startswith("zh"):
        return f"{at.month}月{at.day}日（周{WEEKDAYS[0][at.weekday()]}）{at:%H:%M}"
    return f"{WEEKDAYS[1][at.weekday()]} {at.day} {MONTHS[at.month - 1]}, {at:%H:%M}"


def both(code: str, **facts: Any) -> Both:
    """The sentence in both languages."""
    return {language: sentence(language, code, **facts) for language in LANGUAGES}


def rule_name(rule: str, locale: str) -> str:
    """A rule in words."""
    word, _, more = rule.partition(" ")
    found = RULES.get(word)
    if found is None:
        return rule
    comma = "，" if locale.startswith("zh") else ", "
    return found[not locale.startswith("zh")] + (comma + step_name(more, locale) if more else "")


def step_name(step: str, locale: str, team: TeamName = by_id) -> str:
    """A step of the search in words: ``pool:vip_pool (burst)``, ``freed``, …"""
    word, _, name = step.removesuffix(" (burst)").partition(":")
    at = not locale.startswith("zh")
    told = STEPS[word][at].format(name=team(name, locale)) if word in STEPS else step
    extra = STEPS["(burst)"][at] if step.endswith(" (burst)") else ""
    return f"{told}{'，' if not at else ', '}{extra}" if extra else told


def decision_words(decision: Decision, names: Mapping[str, str], team: TeamName) -> Both:
    """A decision, told in both languages."""
    return {language: _told(decision, names, team, language) for language in LANGUAGES}


def _told(decision: Decision, names: Mapping[str, str], team: TeamName, locale: str) -> str:
    queue = team(decision.queue, locale)
    more = "" if not decision.vip else ("，贵宾" if locale.startswith("zh") else ", a VIP")
    if decision.ring:
        more += f"，第 {decision.ring} 圈" if locale.startswith("zh") else f", ring {decision.ring}"
    if step := decision.more.get("step"):
        told = step_name(str(step), locale, team)
        more += f"（{told}）" if locale.startswith("zh") else f" ({told})"
    if decision.chosen:
        facts = {"waited": f"{decision.waited:.0f}", "micros": f"{decision.micros:.0f}", "free": decision.free}
        agent = names.get(decision.chosen, decision.chosen)
        rule = rule_name(decision.rule, locale)
        return sentence(locale, "chosen", agent=agent, rule=rule, able=decision.able, more=more, **facts)
    if decision.rule == "queued":
        code = "queued" if decision.able else "passed_over" if decision.more.get("passed_over") else "nobody_able"
        return sentence(locale, code, queue=queue, able=decision.able, more=more)
    if decision.rule in ("wait_owner", "wait_last_agent"):
        agent = names.get(str(decision.more.get("for")), "")
        return sentence(locale, decision.rule, agent=agent, wait=f"{decision.more.get('wait', 0):.0f}")
    if decision.rule in SENTENCES:
        return sentence(locale, decision.rule, queue=queue)
    return decision.rule


def band_words(seconds: float | None, bands: tuple[float, ...], locale: str) -> str:
    """An estimated wait as a band: never a number, only what it is likely under."""
    if seconds is None:
        return sentence(locale, "unknown")
    for band in bands:
        if seconds <= band:
            return sentence(locale, "minutes", minutes=f"{band / 60:g}")
    return sentence(locale, "longer", minutes=f"{bands[-1] / 60:g}")
