"""Short things people say that are no question: that they want a person, hello, thanks.

All patterns expect the spelling of `Normaliser.spell` (simplified, half-width, lower case).
"""

from __future__ import annotations

import re
from typing import Final

_STAFF_ZH: Final = r"(?:人工客服|人工服务|人工坐席|真人客服|在线客服|人工|真人|活人|客服人员|客服|坐席|专员)"
_ASK_ZH: Final = (
    r"(?:我要|我想要?|我需要|请|麻烦|帮我|给我|帮忙|能不能|能否|可不可以|可以|能|还是|那|直接|"
    r"快点?|赶紧|马上|立刻|现在)*"
)
_HUMAN_ZH: Final = re.compile(
    rf"(?:转接?|接入?|换成?|找|呼叫|联系|叫)(?:一下|个|位|到|给|你们的?)?{_STAFF_ZH}(?!.*(?:时间|几点|多少|电话))"
    rf"|^{_ASK_ZH}(?:个|位|一个|一位)?{_STAFF_ZH}(?:吗|吧|呢|啊|来|谢谢|在吗|在不在|帮我|处理|解决|回答|服务|聊)*$"
    r"|(?:跟|和|与|找|换|叫|让|来)(?:个|一个|你们的?)?(?:真人|活人|人)(?:聊|说话|说|讲|沟通|对话|谈|来(?:处理|回答|解决)?|工)"
    r"|(?:不要|不想|别)(?:跟|和|用|让)?(?:机器人|智能客服|ai)(?:聊|说|回答|回复|了|说话|$)"
)
_REFUSED_ZH: Final = re.compile(
    r"(?:不用|不要|不需要|不必|无需|别|先不|不想)(?:再|给我|帮我)?(?:转|接|换|找|呼叫|联系|叫)"
)

_STAFF_EN: Final = (
    r"(?:(?:real|live|human|actual|customer service|support|service|another)\s+)*"
    r"(?:human(?: being)?|person|people|agent|representative|rep|operator|staff|somebody|someone|colleague|advisor)"
)
_CLEARLY_EN: Final = (
    r"(?:(?:real|live|human|actual) (?:person|human|agent|people)|human(?: being)?|agent|representative|operator)"
)
_HUMAN_EN: Final = re.compile(
    rf"\b(?:talk|speak|chat)\s+(?:to|with)\s+(?:an?|the|some|one of your|your)?\s*{_STAFF_EN}\b"
    r"|\b(?:connect|transfer|switch|hand|put|pass)\s+(?:me\s+)?(?:over\s+)?(?:through\s+)?(?:to|with)\s+"
    rf"(?:an?|the|some|your)?\s*{_STAFF_EN}\b"
    rf"|\b(?:want|need|get|give|like|have)\s+(?:me\s+)?(?:an?|the|some)?\s*{_CLEARLY_EN}\b(?!\s+to\s+(?:deliver|collect|pick))"
    rf"|^(?:please\s+)?(?:an?\s+)?(?:{_CLEARLY_EN}|customer service|customer support|live chat)(?:\s+please)?$"
)
_REFUSED_EN: Final = re.compile(r"\b(?:do not|don't|no need|need not|needn't|without|rather not|why can't i)\b")

_HELLO: Final = re.compile(
    r"(?:你好|您好|哈喽|哈啰|嗨|在吗|在不在|有人吗|早上好|上午好|中午好|下午好|晚上好|早安|亲|hi there|hello there|hi|hello|hey|"
    r"good (?:morning|afternoon|evening)|[\s,.!?~啊呀哦哈])+"
)
_THANKS: Final = re.compile(
    r"(?:谢谢你?您?|多谢|感谢|谢了|好的|好滴|ok|okay|明白了?|知道了|了解了?|收到|没有?(?:别的)?(?:问题|事)了|拜拜|再见|"
    r"thanks?(?: a lot| so much| very much)?|thank you(?: so much| very much)?|thx|great|bye|goodbye|got it|i see|"
    r"that helped|[\s,.!?~啊呀哦哈啦了])+"
)


def wants_human(text: str) -> bool:
    """Does the text ask for a person? “When are your agents available” does not."""
    if _HUMAN_ZH.search(text):
        return not _REFUSED_ZH.search(text)
    return bool(_HUMAN_EN.search(text)) and not _REFUSED_EN.search(text)


def is_greeting(text: str) -> bool:
    """Is the text a hello and nothing else?"""
    return bool(text) and _HELLO.fullmatch(text) is not None


def is_thanks(text: str) -> bool:
    """Is the text a thank-you, an OK or a goodbye and nothing else?"""
    return bool(text) and _THANKS.fullmatch(text) is not None
