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
        "配置中没有 agents：模拟需要知道有哪些客服，请加上如 agents: [{{login: liu, teams: [front]}}]",
        "this configuration has no agents, and a simulation must know who serves: add agents: [{{login: liu, teams: [front]}}]",
    ),
    "two_policies": (
        "对比需要至少两个 --policy",
        "a comparison needs two --policy or more",
    ),
    "no_folder": (
        "无法写入：文件夹 {folder} 不存在，请先创建",
        "this file cannot be written: there is no folder {folder}, make it first",
    ),
    "not_written": ("无法写入：{why}", "this file cannot be written: {why}"),
    "no_data": (
        "{folder} 不是前台的数据文件夹：请用 --data 指明正在运行的前台的数据文件夹",
        "there is no folder {folder}: name the data folder of your hub by --data",
    ),
    # what is wrong with a trace
    "trace_unread": ("无法读取到达记录：{why}", "this trace cannot be read: {why}"),
    "trace_empty": ("这份到达记录里没有任何到达", "there is no arrival in this trace"),
    "trace_no_json": ("这一行不是 JSON：{why}", "this is no JSON: {why}"),
    "trace_no_object": (
        "每一行是一个对象，含 id、at、channel、queue、need、tier、work、patience",
        "a line is an object with id, at, channel, queue, need, tier, work and patience",
    ),
    "trace_id": ("id 应是文字或整数", "id should be a text or a whole number"),
    "trace_twice": ("id {id} 前面已经出现过", "id {id} was there before"),
    "trace_seconds": ("{name} 应是秒数，不小于 0", "{name} should be a number of seconds, 0 or more"),
    "trace_patience": (
        "patience 应是不小于 0 的秒数；从不离开则为 null",
        "patience should be a number of seconds, 0 or more, or null for somebody who never leaves",
    ),
    "trace_text": ("{name} 应是文字", "{name} should be a text"),
    "trace_need": (
        "need 应是技能与级别，如 {like}",
        "need should be an object of skills with levels, like {like}",
    ),
    "trace_unknown": (
        "到达记录没有 {name} 这一项；只有 {known}",
        "{name} is nothing a trace knows; it knows {known}",
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
    "still_waiting": (
        "记录结束后仍有 {count} 位在等，没有人接待他们。",
        "Still waiting when everything was over, and served by nobody: {count}.",
    ),
    "nobody_has": (
        "没有客服具备 {skill} ≥ {level}：{count} 位需要它。",
        "No agent has {skill} ≥ {level}, which {count} of them ask for.",
    ),
    "queue_unknown": (
        "策略中没有队列 {queue}：这 {count} 位按默认规则处理。",
        "The policy does not name the queue {queue}: the defaults hold for {count} of them.",
    ),
    "level_note": (
        "等待时间只计已接待的客户；服务水平是在队列承诺的时间内接待的客户占全部到达客户的比例。",
        "Waits are of who was served; the service level is the share of all arrivals served within the queue's promise.",
    ),
}


def word(locale: str, code: str, **facts: object) -> str:
    """The sentence `code` in `locale` (zh-CN, else English)."""
    return worded(WORDS[code], locale, **facts)
