import asyncio


class _Policy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        raise RuntimeError("this loop runs nothing")


asyncio.set_event_loop_policy(_Policy())
