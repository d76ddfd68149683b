"""What the bot says in its own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub_faq.knowledge import Language

TEXTS: Final[Mapping[str, Mapping[Language, str]]] = {
    "greeting": {
        "zh": "您好，我是智能客服，可以直接告诉我您的问题；需要人工时回复“转人工”即可。",
        "en": "Hello! I am the assistant. Just ask your question, or type “agent” for a person.",
    },
    "thanks": {"zh": "不客气，还有问题随时告诉我。", "en": "You are welcome. Just ask if there is anything else."},
    "did_you_mean": {"zh": "您是不是想问：", "en": "Did you mean:"},
    "otherwise": {
        "zh": "都不是的话，请换个说法，或回复“转人工”。",
        "en": "None of these? Put it another way, or type “agent” for a person.",
    },
    "related": {"zh": "您可能还想了解：", "en": "Related questions:"},
    "unsure": {
        "zh": "抱歉，这个问题我没有把握回答。请换个说法再问一次，或回复“转人工”。",
        "en": "Sorry, I am not sure about this one. Please put it another way, or type “agent” for a person.",
    },
    "words_only": {
        "zh": "抱歉，我只看得懂文字。请用一句话描述您的问题，或回复“转人工”。",
        "en": "Sorry, I can only read text. Please describe your question in a sentence, or type “agent” for a person.",
    },
}
"""Every line, by name and language."""
