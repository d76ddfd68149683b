"""The envelope, against vectors that are not ours: those wechatpy publishes with its tests, and one seen in the wild."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from hub import Refused
from hub_wecom.envelope import Envelope
from hub_wecom.xml import fields_of
from tests.wecom.kit import KEY, OLD_KEY
from tests.wecom.simulator import Seal


class Vector(NamedTuple):
    """A sealed text with everything around it."""

    token: str
    key: str
    receiver: str
    signature: str
    timestamp: str
    nonce: str
    sealed: str


WECHATPY_KEY = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"
WECHATPY_CORP = "wx49f0ab532d5d035a"
ECHO = Vector(
    "123456", WECHATPY_KEY, WECHATPY_CORP, "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96", "1411443780", "437374425",
    "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q==",
)  # fmt: skip
MESSAGE = Vector(
    "123456", WECHATPY_KEY, WECHATPY_CORP, "74d92dfeb87ba7c714f89d98870ae5eb62dff26d", "1411525903", "461056294",
    "RgqEoJj5A4EMYlLvWO1F86ioRjZfaex/gePD0gOXTxpsq5Yj4GNglrBb8I2BAJVODGajiFnXBu7mCPatfjsu6IHCrsTyeDXzF6Bv283dGymzxh6ydJRvZsryDyZb"
    "LTE7rhnus50qGPMfp2wASFlzEgMW9z1ef/RD8XzaFYgm7iTdaXpXaG4+BiYyolBug/gYNx410cvkKR2/nPwBiT+P4hIiOAQqGp/TywZBtDh1yCF2KOd0gpiMZ5jS"
    "w3e29mTvmUHzkVQiMS6td7vXUaWOMZnYZlF3So2SjHnwh4jYFxdgpkHHqIrH/54SNdshoQgWYEvccTKe7FS709/5t6NMxuGhcUGAPOQipvWTT4dShyqio7mlsl5n"
    "oTrb++x6En749zCpQVhDpbV6GDnTbcX2e8K9QaNWHp91eBdCRxthuL0=",
)  # fmt: skip
REPLY = Vector(
    "123456", WECHATPY_KEY, WECHATPY_CORP, "407518b7649e86ef23978113f92d27afa9296533", "1411525903", "461056294",
    "9s4gMv99m88kKTh/H8IdkOiMg6bisoy3ypwy9H4hvSPe9nsGaqyw5hhSjdYbcrKk+j3nba4HMOTzHrluLBYqxgNcBqGsL8GqxlhZgURnAtObvesEl5nZ+uBE8bvi"
    "Y0LWke8Zy9V/QYKxNV2FqllNXcfmstttyIkMKCCmVbCFM2JTF5wY0nFhHZSjPUL2Q1qvSUCUld+/WIXrx0oyKQmpB6o8NRrrNrsDf03oxI1p9FxUgMnwKKZeOA/u"
    "u+2IEvEBtb7muXsVbwbgX05UPPJvFurDXafG0RQyPR+mf1nDnAtQmmNOuiR5MIkdQ39xn1vWwi1O5oazPoQJz0nTYjxxEE8kv3kFxtAGVRe3ypD3WeK2XeFYFMNM"
    "patF9XiKzHo3",
)  # fmt: skip
REPLY_TEXT = """<xml>
<MsgType><![CDATA[text]]></MsgType>
<Content><![CDATA[test]]></Content>
<FromUserName><![CDATA[wx49f0ab532d5d035a]]></FromUserName>
<ToUserName><![CDATA[messense]]></ToUserName>
<AgentID>1</AgentID>
<CreateTime>1411525903</CreateTime>
</xml>"""
IN_THE_WILD = Vector(
    "jF9WQd6XtH7", "8tcbqHabYBnQ2N7ID8BXtkordA4b1MzossELoCPvK8z", "ww54047ef57875c719",
    "0af7077e1d70aed01bf9a6f40b2b52a7536ec807", "1647328566", "1648278214",
    "9eOdb3odwWMVTiGRTm+uiVrx3SGwzjGyq6oWu4b2tWC51YbHQasEVD9ZdS6Nx+XBxB2C/qxZ8bl8+qRBUb8CVg==",
)  # fmt: skip
ALL = {"echo": ECHO, "message": MESSAGE, "reply": REPLY, "in the wild": IN_THE_WILD}


def envelope(vector: Vector) -> Envelope:
    return Envelope(vector.receiver, vector.token, [vector.key])


def seal(vector: Vector) -> Seal:
    return Seal(vector.token, vector.key, vector.receiver)


@pytest.mark.parametrize("vector", ALL.values(), ids=ALL)
def test_the_channel_knows_the_published_signatures(vector: Vector) -> None:
    envelope(vector).check(vector.signature, vector.timestamp, vector.nonce, vector.sealed)


@pytest.mark.parametrize("vector", ALL.values(), ids=ALL)
def test_the_simulator_signs_and_reads_as_published(vector: Vector) -> None:
    assert seal(vector).sign(vector.timestamp, vector.nonce, vector.sealed) == vector.signature
    assert seal(vector).decrypt(vector.sealed) == envelope(vector).open(vector.sealed)


def test_the_published_texts_come_out() -> None:
    assert envelope(ECHO).open(ECHO.sealed) == "5927782489442352469"
    assert envelope(IN_THE_WILD).open(IN_THE_WILD.sealed) == "7205136330722672511"
    fields = fields_of(envelope(MESSAGE).open(MESSAGE.sealed))
    assert (fields["Content"], fields["FromUserName"]) == ("test", "messense")
    assert envelope(REPLY).open(REPLY.sealed) == REPLY_TEXT


def test_the_simulator_seals_as_published() -> None:
    assert seal(REPLY).encrypt(REPLY_TEXT, salt=b"1234567890123456") == REPLY.sealed


@pytest.mark.parametrize("text", ["", "a", "中文 😀 ]]> <b>&", "x" * 5000])
def test_what_the_simulator_seals_the_channel_opens(text: str) -> None:
    assert Envelope("ww1", "t", [KEY]).open(Seal("t", KEY, "ww1").encrypt(text)) == text


def test_a_changed_signature_is_refused() -> None:
    for signature in ("", ECHO.signature[:-1] + "0", "é" * 40):
        with pytest.raises(Refused, match="signature"):
            envelope(ECHO).check(signature, ECHO.timestamp, ECHO.nonce, ECHO.sealed)


def test_the_key_before_opens_too() -> None:
    both = Envelope("ww1", "t", [KEY, OLD_KEY])
    assert both.open(Seal("t", OLD_KEY, "ww1").encrypt("旧")) == "旧"
    assert both.open(Seal("t", KEY, "ww1").encrypt("新")) == "新"


OTHERS = [
    pytest.param(Seal("t", KEY, "ww2").encrypt("x"), id="of another account"),
    pytest.param(Seal("t", OLD_KEY, "ww1").encrypt("x"), id="by another key"),
]


@pytest.mark.parametrize("sealed", ["", "AAAA", "%%%", "é", "A" * 43 + "=", *OTHERS])
def test_what_is_not_for_us_is_refused(sealed: str) -> None:
    with pytest.raises(Refused) as refused:
        Envelope("ww1", "t", [KEY]).open(sealed)
    assert refused.value.status == 403


@pytest.mark.parametrize(
    "xml",
    [
        "", "no xml", "<xml>", "<xml><a></xml>", "{}", "<xml><a>&b;</a></xml>", b"\xff\xfe<xml/>",
        "<xml><a><b><c/></b></a></xml>",
        '<!DOCTYPE x [<!ENTITY a "b">]><xml><A>&a;</A></xml>',
        '<!DOCTYPE x SYSTEM "file:///etc/hostname"><xml><A>1</A></xml>',
        "<xml>" + "".join(f"<a{number}/>" for number in range(200)) + "</xml>",
    ],
)  # fmt: skip
def test_what_is_no_callback_is_malformed(xml: str | bytes) -> None:
    with pytest.raises(Refused) as refused:
        fields_of(xml)
    assert refused.value.status == 400
