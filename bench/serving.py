"""What each server under test offers to the bench: an answer to an offer, and the CPU time that it has used."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

Answer = Callable[[str], Awaitable[str]]


async def serve(answer: Answer) -> None:
    """Serve on a free port of loopback, print it, and stop when standard input closes."""

    async def offer(request: web.Request) -> web.Response:
        return web.Response(text=await answer(await request.text()))

    async def cpu(request: web.Request) -> web.Response:
        return web.json_response({"cpu": time.process_time()})

    app = web.Application()
    app.add_routes([web.post("/offer", offer), web.get("/cpu", cpu)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    try:
        await asyncio.to_thread(input)
    except EOFError:
        pass
    finally:
        await runner.cleanup()
