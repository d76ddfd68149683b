"""What libraries log comes in the hub's own lines, and quotes nobody's cookies."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from hub_cli.libraries import told_in
from tests.web_core.plain_kit import Place, open_place
from tests.web_core.realtime_kit import Lines


async def raw(place: Place, request: bytes) -> bytes:
    """The whole answer to what need not be HTTP."""
    reader, writer = await asyncio.open_connection("127.0.0.1", place.server.port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    return answer


async def test_a_malformed_request_is_one_line_without_its_words(tmp_path: Path) -> None:
    async with open_place(tmp_path) as place:
        with told_in(place.log):
            answer = await raw(place, b"GET /healthz HTTP/1.1\r\nHost: x\r\nCookie: session=swordfish\x01\r\n\r\n")
            assert answer.startswith(b"HTTP/1.0 400 ")
        ((level, event, facts),) = [line for line in place.log.lines if line[0] != "info"]
        assert (level, event, facts["said_by"]) == ("warning", "a request that is no HTTP", "aiohttp.server")
        assert "swordfish" not in str(facts)


def test_warnings_and_errors_of_libraries_are_told_while_it_lasts() -> None:
    log, library = Lines(), logging.getLogger("some.library")
    with told_in(log):
        library.warning("only %s left", 3)
        library.info("nothing to see")
        try:
            raise OSError("disk")
        except OSError:
            library.exception("it broke")
    library.warning("afterwards")
    (first, second) = log.lines
    assert first == ("warning", "only 3 left", {"said_by": "some.library"})
    assert second[:2] == ("error", "it broke")
    assert isinstance(second[2]["exc_info"], OSError)
