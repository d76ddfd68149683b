"""Template and subscribe messages: outside of all windows, worded in the YAML, sent by events, by other plugins, or by a job."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from typing import Any, Final

from hub import Context, Event, HubError, NotReady, Rejected, Unsupported
from hub_wechat.client import Api
from hub_wechat.config import Template, WeChatConfig

JOB: Final = "template"


class _Blank(dict[str, str]):
    """What nobody said is left empty."""

    def __missing__(self, name: str) -> str:
        return ""


class Templates:
    """Those of the YAML, by name."""

    def __init__(self, ctx: Context, api: Api, config: WeChatConfig) -> None:
        self._ctx = ctx
        self._api = api
        self._config = config
        ctx.job(JOB, self._job)
        kinds = sorted({kind for one in config.templates.values() for kind in one.on})
        if kinds:
            ctx.subscribe("templates", self._heard, kinds=kinds)

    async def send(self, name: str, openid: str, values: Mapping[str, str], key: str = "") -> str:
        """Send the template `name`; the platform's id of the message. `key` keeps it from being sent twice.

        Raises Unsupported for a template the YAML does not have, Rejected when the customer does not want it.
        """
        template = self._config.templates.get(name)
        if template is None:
            raise Unsupported(self._ctx.name, f"template {name}")
        answer = await self._sent(template, openid, values, key)
        return str(answer.get("msgid", "")) if isinstance(answer, dict) else ""

    async def _sent(self, template: Template, openid: str, values: Mapping[str, str], key: str) -> Any:
        filled = {field: {"value": fill(text, values)} for field, text in template.data.items()}
        page = fill(template.page, values)
        target = {"appid": template.app_id, "pagepath": page} if template.app_id else None
        if template.kind == "template":
            data = {"touser": openid, "template_id": template.id, "data": filled}
            # wechatpy's own call lacks the id by which the platform drops a second copy.
            more = {"url": fill(template.url, values), "miniprogram": target, "client_msg_id": key[:32]}
            return await self._api.post("message/template/send", data=data | {k: v for k, v in more.items() if v})
        if self._config.account == "miniprogram":
            return await self._api.wxa.send_subscribe_message(openid, template.id, filled, page or None)
        return await self._api.message.send_subscribe_message(openid, template.id, filled, target, page or None)

    async def _job(self, payload: dict[str, Any]) -> None:
        try:
            await self.send(payload["name"], payload["openid"], payload.get("values", {}), str(payload.get("key", "")))
        except NotReady:
            raise
        except HubError as error:
            reason = str(error)
            self._ctx.log.warning("a template message was not sent", template=payload["name"], reason=reason)
            if isinstance(error, Rejected):
                self._ctx.count("wechat_template_refused")

    async def _heard(self, events: Sequence[Event]) -> None:
        for event in events:
            for name, template in self._config.templates.items():
                if event.kind in template.on and event.conversation_id:
                    await self._on(name, event)

    async def _on(self, name: str, event: Event) -> None:
        legs = await self._ctx.reading.legs(event.conversation_id)
        leg = next((leg for leg in reversed(legs) if leg.channel == self._ctx.name), None)
        if leg is None:
            return
        dossier = await self._ctx.dossier(leg.address, self._config.app_id)
        person = dossier.person.name if dossier is not None else ""
        values = {"name": person, "event": event.kind, **{k: str(v) for k, v in event.data.items()}}
        key = f"e{event.id}-{name}"
        payload = {"name": name, "openid": leg.address, "values": values, "key": key}
        await self._ctx.schedule(JOB, 0, payload, key=key)


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with ``{name}`` replaced by its value, empty where there is none."""
    if not text:
        return ""
    try:
        return string.Formatter().vformat(text, (), _Blank(values))
    except (ValueError, LookupError, AttributeError):
        return text
