"""Publishing: another policy for a hub that runs, kept with the one before it.

Each is a row; which is in force is another. The policy of the configuration counts as number 0, and wins as soon as it is no
longer the one over which the published one was. The command line, which may not write into the store of a running hub, leaves
what
it wants as a file in the instance's folder, where it is found within half a second, and reads the answer there.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from hub import Context, HubError, Refused
from hub.tables import Change
from hub_routing.checks import misfits_of
from hub_routing.policy import RoutingConfig
from hub_routing.tables import Statements

LOOK_EVERY: Final = 0.5
REQUESTS: Final = "requests"


def dumped(policy: RoutingConfig) -> str:
    """A policy as text that `RoutingConfig` reads again."""
    return policy.model_dump_json(by_alias=True, exclude_defaults=True)


def fingerprint(policy: RoutingConfig) -> str:
    """What tells one policy from another."""
    return hashlib.sha256(dumped(policy).encode()).hexdigest()


class Publishing:
    """The policies of one instance."""

    def __init__(self, ctx: Context, configured: RoutingConfig, act: Callable[[RoutingConfig], None]) -> None:
        self._ctx = ctx
        self._configured = configured
        self._act = act
        self.in_force = 0

    async def start(self) -> RoutingConfig:
        """The policy in force."""
        self.in_force = 0
        chosen = await self._ctx.reader.one("SELECT * FROM routing_choice WHERE instance = ?", self._ctx.name)
        if chosen is None or chosen["base"] != fingerprint(self._configured):
            return self._configured
        policy = await self._read(chosen["policy_id"])
        if policy is None:
            return self._configured
        self.in_force = chosen["policy_id"]
        return policy

    async def _read(self, id: int) -> RoutingConfig | None:
        """A published policy; None where this version of the program does not understand it."""
        if id == 0:
            return self._configured
        text = await self._ctx.reader.value("SELECT text FROM routing_policy WHERE id = ?", id)
        try:
            return None if text is None else RoutingConfig.model_validate_json(text)
        except ValidationError as error:
            self._ctx.log.error("a published policy cannot be read any more", policy=id, error=str(error))
            return None

    async def apply(self, wanted: Any, author: str) -> int:
        """Publish a policy (as JSON would be read); returns its number. Raises Refused 422 that tells what is wrong."""
        try:
            policy = RoutingConfig.model_validate(wanted)
        except ValidationError as error:
            told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_url=False))
            raise Refused(422, "bad_policy", told) from error
        house = self._ctx.house
        teams = [team.id for team in house.teams]
        staff, pickers = list(house.agent_settings.values()), house.calls.implementers("pick_agent")
        found = [message for _, message in misfits_of(policy, staff, teams, self._ctx.locale, pickers)]
        if found:
            raise Refused(422, "bad_policy", "; ".join(found))
        change, id = Change(), self._ctx.new_id()
        now = int(self._ctx.clock.now() * 1000)
        change.write(Statements.add_policy, (id, self.in_force, now, author[:200], dumped(policy)))
        await self._choose(change, id)
        self._act(policy)
        return id

    async def rollback(self) -> int:
        """Back to the policy before; returns its number (0: the configuration's). Raises Refused 409 where there is none."""
        if self.in_force == 0:
            raise Refused(409, "no_previous", "there is no policy before this one")
        before = await self._ctx.reader.value("SELECT previous FROM routing_policy WHERE id = ?", self.in_force)
        policy = await self._read(before or 0)
        if policy is None:
            raise Refused(409, "no_previous", "the policy before this one cannot be read any more")
        await self._choose(Change(), before or 0)
        self._act(policy)
        return self.in_force

    async def _choose(self, change: Change, id: int) -> None:
        change.write(Statements.put_choice, (self._ctx.name, id, fingerprint(self._configured)))
        change.event("routing.policy", int(self._ctx.clock.now() * 1000), data={"policy": str(id), "before": str(self.in_force)})
        await self._ctx.commit(change)
        self.in_force = id

    # -- the command line's way ---------------------------------------------------------------------

    async def watch(self) -> None:
        """Do what is asked in the folder, for as long as the instance runs."""
        folder = self._ctx.files / REQUESTS
        folder.mkdir(exist_ok=True)
        while True:
            for path in await self._ctx.run_sync(_found, folder):
                await self._asked(path)
            await self._ctx.clock.sleep(LOOK_EVERY)

    async def _asked(self, path: Path) -> None:
        try:
            said = json.loads(await self._ctx.run_sync(path.read_text, "utf-8"))
            if said["do"] == "apply":
                id = await self.apply(said["policy"], str(said.get("by", "hub route")))
            else:
                id = await self.rollback()
            answer = {"policy": str(id)}
        except (ValueError, KeyError, TypeError) as error:
            answer = {"error": f"this request cannot be read: {error}"}
        except HubError as error:
            answer = {"error": str(error)}
        await self._ctx.run_sync(put, path.with_suffix(".answer"), answer)
        await self._ctx.run_sync(path.unlink)


def _found(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))


def put(path: Path, value: Any) -> None:
    """Write JSON so that it is there whole or not at all, also after the power was gone."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with beside.open("w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
