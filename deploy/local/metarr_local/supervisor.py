"""The order of life: layers of units start one after the other and end in the opposite order."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from metarr_local.keeper import Keeper, Patience, Say, Unit

type Layer = Sequence[Unit]


class Supervisor:
    """Keeps layers of units alive: each layer starts when the one before it is ready.

    Process ids lie in `folder`/run and logs in `folder`/logs.
    """

    def __init__(self, folder: Path, say: Say, patience: Patience | None = None) -> None:
        self._folder = folder
        self._say = say
        self._patience = patience or Patience()
        self._layers: list[list[Keeper]] = []
        self._killed = False

    @property
    def keepers(self) -> list[Keeper]:
        return [keeper for layer in self._layers for keeper in layer]

    @asynccontextmanager
    async def keeping(self, layer: Layer) -> AsyncIterator[None]:
        """Keep this layer alive for the time of the block; entered when all of it is ready, left when all of it has ended."""
        keepers = [Keeper(unit, self._folder, self._say, self._patience) for unit in layer]
        self._layers.append(keepers)
        async with asyncio.TaskGroup() as lives:
            running = [lives.create_task(keeper.run(), name=keeper.unit.name) for keeper in keepers]
            try:
                await asyncio.gather(*(keeper.wait_ready() for keeper in keepers))
                yield
            finally:
                await self._stop(keepers)
                await asyncio.wait(running)  # to their last words, also when we are being cancelled

    async def _stop(self, keepers: list[Keeper]) -> None:
        if self._killed:
            for keeper in keepers:
                keeper.kill()
            return
        async with asyncio.TaskGroup() as ends:
            for keeper in keepers:
                ends.create_task(keeper.stop())

    def kill(self) -> None:
        """End everything at once, what ends already and what would end later."""
        self._killed = True
        for keeper in self.keepers:
            keeper.kill()
