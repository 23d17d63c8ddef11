"""Waiting until a moment on the stand-in's clock."""

import asyncio

from playground.clock import Clock


async def sleep_until(clock: Clock, moment: float) -> None:
    """Wait until a moment, not for a time: a clock moved by hand may have moved before the waiting begins."""
    if moment > clock.now():
        await clock.sleep(moment - clock.now())


def timer(clock: Clock, seconds: float, name: str) -> "asyncio.Task[None]":
    """Start a timer that counts from now, not from when its task first runs."""
    return asyncio.create_task(sleep_until(clock, clock.now() + seconds), name=name)
