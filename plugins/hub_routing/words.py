"""What people read of routing, in Chinese and English."""

from __future__ import annotations

from typing import Final

from hub import worded

WORDS: Final[dict[str, tuple[str, str]]] = {
    # the word of the command line
    "route": (
        "路由：模拟、对比、导出、说明、发布策略",
        "routing: simulate, compare, export, explain, publish a policy",
    ),
    "simulate": ("用一份到达记录重放路由策略", "replay a trace of arrivals by a policy"),
    "compare": ("用同一份到达记录对比两份策略", "lay two policies side by side on one trace"),
    "export": ("导出某一天真实的到达记录", "export a day's real arrivals as a trace"),
    "explain_help": (
        "说明一个会话的每一次路由决定，以及回电",
        "tell every routing decision about a conversation, and of its call back",
    ),
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
    "read": ("已读取 {count} 行", "lines read: {count}"),
    "replayed": ("已重放 {count} / {all}", "{count} of {all} replayed"),
    "exported": ("已导出 {count} 条到达记录", "arrivals exported: {count}"),
    "left_out": ("{count} 个尚未结束的会话未导出", "left out, for they are not over: {count}"),
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
    # the report of an experiment
    "experiment": ("实验报告：按队列对比两组", "the report of an experiment: its two arms by queue"),
    "days_help": ("最近几天（默认 {days}）", "so many days back ({days} where left out)"),
    "bad_days": ("--days 至少为 1", "--days is at least 1"),
    "no_experiment": (
        "最近 {days} 天没有带实验分组的路由决定",
        "no decision belongs to an experiment, so far back as --days {days}",
    ),
    "experiment_of": ("实验 {name}，队列 {queue}", "experiment {name}, queue {queue}"),
    "column_arm": ("组", "arm"),
    "column_cases": ("会话", "cases"),
    "column_answered": ("接待", "answered"),
    "column_left": ("离开", "left"),
    "column_in_time": ("按时", "in time"),
    "column_handling": ("处理 s", "handling s"),
    "column_room": ("余量", "room"),
    "column_adjusted_in_time": ("按时（校正）", "in time, adjusted"),
    "column_adjusted_mean": ("平均等待 s（校正）", "mean wait s, adjusted"),
    "load_same": (
        "两组的负载相当：{hours} 的会话落在不同时段，余量相差 {room}。",
        "Both arms saw the same load: {hours} of the cases fell into other hours, room differs by {room}.",
    ),
    "load_apart": (
        "注意：两组的负载不同（{hours} 的会话落在不同时段，余量相差 {room}），只看校正后的数字。",
        "Mind: other loads ({hours} of the cases in other hours, room differs by {room}): compare the adjusted figures only.",
    ),
    "load_one_arm": ("只有一组有会话，无法比较。", "Only one arm has cases: there is nothing to compare."),
    "experiment_note": (
        (
            "a 组按策略选择，b 组由插件选择。按时：承诺时间内接待的占已接待与已离开者的比例。"
            "余量：会话到来时有余量的客服占能胜任者的比例。"
            "校正：按小时分层，以各小时占全部会话的份额加权，只计两组都有的小时。"
        ),
        (
            "Arm a is picked by the policy, b by the plugin. In time: within the queue's promise, of all answered or left."
            " Room: the share of able agents who had room when a case came. Adjusted: by hour of the day, each weighed by its"
            " share of all cases, hours with both arms only."
        ),
    ),
    "level_note": (
        "等待时间只计已接待的客户；服务水平是在队列承诺的时间内接待的客户占全部到达客户的比例。",
        "Waits are of who was served; the service level is the share of all arrivals served within the queue's promise.",
    ),
}


def word(locale: str, code: str, **facts: object) -> str:
    """The sentence `code` in `locale` (zh-CN, else English)."""
    return worded(WORDS[code], locale, **facts)
