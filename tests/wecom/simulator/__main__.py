"""One corp at a port, with customers who write by HTTP; see the package."""

from __future__ import annotations

import argparse
import asyncio

from aiohttp import web

from tests.wecom.simulator import Account, Corp, Platform, Server


async def main(options: argparse.Namespace) -> None:
    corp = Corp(options.corp, options.secret, options.token, options.aes_key, accounts={options.account: Account()})

    async def say(request: web.Request) -> web.Response:
        account, customer = request.match_info["account"], request.match_info["customer"]
        corp.says(account, customer, content=str((await request.json())["text"]))
        return web.json_response((await server.push(options.hub, corp, account))._asdict())

    async def heard(request: web.Request) -> web.Response:
        account, customer = corp.accounts[request.match_info["account"]], request.match_info["customer"]
        return web.json_response([one.payload for one in account.sent if one.customer == customer])

    customers = "/customers/{account}/{customer}"
    server = Server(Platform({corp.corp_id: corp}), options.port, [web.post(customers, say), web.get(customers, heard)])
    async with server:
        print(f"WeCom at {server.url}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="WeCom customer service, as far as hub_wecom meets it")
    parser.add_argument("--hub", required=True, help="where the channel is, such as http://127.0.0.1:8080/wecom")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--corp", default="ww0123456789abcdef")
    parser.add_argument("--secret", default="a-secret-of-the-application")
    parser.add_argument("--token", default="callbacktoken")
    parser.add_argument("--aes-key", default="kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aQ")
    parser.add_argument("--account", default="wk1")
    asyncio.run(main(parser.parse_args()))
