"""What the account says by itself, and what stands for what cannot be shown, in Chinese and English."""

from __future__ import annotations

from typing import Final

from hub import worded

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "scan": ("扫码：{scene}", "QR code: {scene}"),
    "scanned": ("扫码", "QR code"),
    "click": ("菜单：{key}", "Menu: {key}"),
    "unsupported": ("[暂不支持的消息类型：{kind}]", "[A message of a kind that is not supported: {kind}]"),
    "image_gone": ("[图片已过期]", "[This picture has expired]"),
    "voice_gone": ("[语音已过期]", "[This voice message has expired]"),
    "video_gone": ("[视频已过期]", "[This video has expired]"),
    "file_gone": ("[文件已过期]", "[This file has expired]"),
    "image_refused": ("[图片太大或无法保存]", "[A picture that is too large or cannot be kept]"),
    "voice_refused": ("[语音太大或无法保存]", "[A voice message that is too large or cannot be kept]"),
    "video_refused": ("[视频太大或无法保存]", "[A video that is too large or cannot be kept]"),
    "file_refused": ("[文件太大或无法保存]", "[A file that is too large or cannot be kept]"),
    "image_later": ("[图片，正在接收]", "[A picture, on its way]"),
    "voice_later": ("[语音，正在接收]", "[A voice message, on its way]"),
    "video_later": ("[视频，正在接收]", "[A video, on its way]"),
    "file_later": ("[文件，正在接收]", "[A file, on its way]"),
    "passive": ("在推送的应答里", "in the answer to the push"),
    "no_push": ("没有等着应答的推送", "no push was waiting for its answer"),
    "late": ("推送已先应答", "the push had to be answered before"),
    "several": ("一次推送只能应答一条消息", "a push takes one message only"),
    "not_passive": ("这种消息不能作应答", "a message of this kind cannot be the answer"),
    "miniprogram": ("小程序没有被动回复", "mini-programs have no passive reply"),
    "cut": ("推送的连接已断开", "the push's connection was cut"),
    "unknown": ("不清楚是否送达，未重发：{why}", "it is not known whether it arrived, so it was not sent again: {why}"),
    "time_over": (
        "微信只在客户互动后的规定时间内送达（45015）",
        "WeChat delivers for a certain time after the customer did something only (45015)",
    ),
    "used_up": (
        "客户这次互动后的条数已用完（45047）",
        "the messages allowed after the customer's last action are used up (45047)",
    ),
    "40164": ("本机 IP 不在公众平台的白名单里（40164）", "this machine's address is not on the platform's list (40164)"),
    "48001": ("账号没有这个接口的权限（48001）", "the account may not use this interface (48001)"),
    "45009": ("今天的接口调用次数已用完（45009）", "today's calls of this interface are used up (45009)"),
    "busy": ("微信系统繁忙，重试后仍未成功（-1）", "WeChat is busy, and stayed so when tried again (-1)"),
    "token": ("微信不接受 access_token（{code}）", "WeChat does not accept the access token ({code})"),
    "refused": ("微信拒绝了这个请求（{code}）：{text}", "WeChat refused this request ({code}): {text}"),
}  # fmt: skip


def word(locale: str, name: str, /, **values: object) -> str:
    """The words called `name` for a reader of `locale`."""
    return worded(_WORDS[name], locale, **values)


def has(code: str) -> bool:
    """Are there words called `code`?"""
    return code in _WORDS
