"""What the routes have in their hands: the database, the bus, the store of pictures, and how a change is told."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from metarr.blobs import BlobStore
from metarr.bus import Bus
from metarr.db import Database
from metarr.runtime import Clock, Recorded, Relay
from metarr.runtime.environment import Environment
from metarr_api.live import Live


@dataclass(frozen=True, kw_only=True)
class Tools:
    """`key` opens the API; `live` knows how far running jobs are; `stopping` ends what would never end by itself."""

    environment: Environment = field(repr=False)
    db: Database
    bus: Bus
    clock: Clock
    blobs: BlobStore
    relay: Relay
    live: Live
    key: str = field(repr=False)
    started_at: datetime
    stopping: asyncio.Event

    async def tell(self, recorded: Recorded) -> None:
        """Behind the commit of a change: its facts to everybody, the bell to the services that have work now."""
        self.relay.send(recorded.facts)
        await self.bus.ring(recorded.services)

    @property
    def asset_prefix(self) -> str:
        """What an asset's path begins with; its content hash follows."""
        return f"{self.environment.base_path}/api/v1/assets/"
