"""What people read of routing, in Chinese and English."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    # the word of the command line
    "route": (
        "路由：模拟、对比、导出、说明、发布策略",
        "routing: simulate, compare, export, explain, publish a policy",
    ),
    "simulate": ("用一份到达记录重放路由策略", "replay a trace of arrivals by a policy"),
    "compare": ("用同一份到达记录对比两份策略", "lay two policies side by side on one trace"),
    "export": ("导出某一天真实的到达记录", "export a day's real arrivals as a trace"),
    "explain_help": ("说明一个会话的每一次路由决定", "tell every routing decision about a conversation"),
    "apply": (
        "检查并发布一份新的路由策略，两秒内生效，无需重启",
        "check and publish a policy; it acts within 2 s, without a restart",
    ),
    "rollback": ("回到上一份路由策略", "go back to the policy before"),
    "trace_help": ("到达记录，每行一个 JSON", "the trace: one JSON object a line"),
    "policy_help": ("含 routing 与 agents 的配置文件", "a configuration with routing and agents"),
    "out_help": ("每位客户一行 JSON 的结果文件", "a file with one JSON line for each customer"),
    "day_help": ("日期，如 2026-03-01", "the day, such as 2026-03-01"),
    "trace_out": ("写入此文件", "the file to write"),
    "conversation_help": ("会话编号", "the conversation's number"),
    "read": ("已读取 {count} 行", "{count} lines read"),
    "replayed": ("已重放 {count} / {all}", "{count} of {all} replayed"),
    "exported": ("已导出 {count} 条到达记录", "{count} arrivals exported"),
    "left_out": ("{count} 个尚未结束的会话未导出", "{count} conversation(s) that are not over were left out"),
    "in_force": (
        "策略 {number} 已生效（0 为配置文件中的策略）",
        "policy {number} is in force (0 is the configuration's)",
    ),
    "left_for_later": (
        "没有正在运行的前台应答：下次启动时生效",
        "no running hub answered: it will act when a hub starts",
    ),
    "no_agents": (
        "配置中没有 agents：模拟需要知道有哪些客服",
        "this configuration has no agents: a simulation must know who serves",
    ),
    "no_decisions": ("没有关于会话 {id} 的路由决定", "there is no routing decision about conversation {id}"),
    "bad_day": ("{day} 不是日期，应写作 2026-03-01", "{day} is no day; write it like 2026-03-01"),
    # reports
    "everybody": ("全部", "everybody"),
    "difference": ("差异", "difference"),
    "column_class": ("类别", "class"),
    "column_policy": ("策略", "policy"),
    "column_arrived": ("到达", "arrived"),
    "column_served": ("接待", "served"),
    "column_lost": ("放弃", "abandoned"),
    "column_mean": ("平均等待 s", "mean wait s"),
    "column_p50": ("p50", "p50"),
    "column_p95": ("p95", "p95"),
    "column_p99": ("p99", "p99"),
    "column_longest": ("最长", "longest"),
    "column_level": ("服务水平", "service level"),
    "column_agent": ("客服", "agent"),
    "column_busy": ("忙碌", "busy"),
    "column_held": ("平均会话数", "talks held"),
    "level_note": (
        "等待时间只计已接待的客户；服务水平是在队列承诺的时间内接待的客户占全部到达客户的比例。",
        "Waits are of who was served; the service level is the share of all arrivals served within the queue's promise.",
    ),
}


def word(locale: str, code: str, **facts: object) -> str:
    """The sentence `code` in `locale` (zh-CN, else English)."""
    return WORDS[code][not locale.startswith("zh")].format(**facts)
