"""What is said to visitors when something is refused, in their language."""

from __future__ import annotations

from typing import Final

from hub import Refused, worded

_WORDS: Final[dict[str, tuple[int, str, str]]] = {
    "wrong_origin": (403, "这个网站没有被允许使用本客服。", "This site may not use this chat."),
    "invalid_token": (
        401,
        "会话已失效，请重新打开聊天窗口。",
        "This session is no longer valid; please open the chat again.",
    ),
    "expired_token": (401, "会话已过期，正在为您续期。", "This session has expired; it can be renewed."),
    "no_identity": (403, "本客服没有启用身份验证。", "Signed identities are not switched on here."),
    "invalid_identity": (403, "身份信息无法验证。", "The identity could not be verified."),
    "malformed": (400, "请求的格式不正确。", "The request is malformed."),
    "too_large": (413, "内容太大了。", "This is too large."),
    "unknown_command": (422, "不支持这个操作。", "There is no such command."),
    "bad_message": (422, "这条消息的内容不正确。", "The content of this message is not right."),
    "bad_data": (422, "操作的 data 不正确：{why}", "The data of this command is not right: {why}"),
    "too_long": (422, "消息太长了，最多 {limit} 个字。", "This message is too long: at most {limit} characters."),
    "unknown_media": (422, "找不到这个文件，请重新上传。", "There is no such file; please upload it again."),
    "too_many": (429, "发送得太快了，请稍等一会儿。", "That is too fast; please wait a moment."),
    "media_link": (403, "这个文件的链接已失效。", "The address of this file is no longer good."),
    "not_found": (404, "找不到这条内容。", "There is no such thing."),
    "no_file": (422, "没有收到文件。", "No file came with the request."),
    "empty": (422, "文件是空的。", "The file is empty."),
    "type_not_allowed": (415, "不能发送这种文件。", "Files of this kind cannot be sent."),
    "lying_type": (415, "文件内容与类型不符。", "The file is not what its name or type says."),
    "picture_too_large": (422, "图片的尺寸太大了。", "This picture has too many pixels."),
    "file_large": (413, "文件太大了，最大 {limit} MB。", "This file is too large: at most {limit} MB."),
    "no_files": (422, "本客服不支持收发文件。", "This chat takes no files."),
    "files_later": (503, "暂时无法收发文件，请稍后再试。", "Files cannot be taken at the moment; please try again soon."),
    "upload_quota": (429, "上传的文件太多了，请一小时后再试。", "Too many files; please try again in an hour."),
}


def refused(code: str, locale: str, **values: object) -> Refused:
    """The refusal called `code`, worded for a reader of `locale`."""
    status, chinese, english = _WORDS[code]
    return Refused(status, code, worded((chinese, english), locale, **values))


def reworded(error: Refused, locale: str, **values: object) -> Refused:
    """What the hub refused, in the visitor's language where we have words for it; status and code stay."""
    known = _WORDS.get("file_large" if error.code == "too_large" else error.code)
    if known is None:
        return error
    return Refused(error.status, error.code, worded(known[1:], locale, **values))
