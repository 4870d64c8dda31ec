"""The guard on the way out: connects only to addresses that were looked at, so that no name can change its mind in between."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable

import httpcore
import httpx

from metarr.errors import AddressRefused
from metarr.http.addresses import Endpoint, is_public

CONNECTIONS = 40
KEPT_ALIVE = 20
KEPT_SECONDS = 30.0

type Resolve = Callable[[str, int], Awaitable[list[str]]]
type SocketOptions = Iterable[tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]]


async def resolve(host: str, port: int) -> list[str]:
    """All IP addresses of a host. Raises httpcore.ConnectError when there is none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as unknown:
        raise httpcore.ConnectError("the name is not known") from unknown
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Resolves names itself and connects to the very address it has checked; TLS still verifies the name.

    `allowed` endpoints may resolve to anything.
    """

    def __init__(self, allowed: frozenset[Endpoint], look_up: Resolve = resolve) -> None:
        self._allowed = allowed
        self._resolve = look_up
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: SocketOptions | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Raises AddressRefused when the host lies in a network that is not public."""
        addresses = await self._addresses(host, port)
        failed: Exception = httpcore.ConnectError("no address")
        for address in addresses:
            try:
                return await self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failure:
                failed = failure
        raise failed

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: SocketOptions | None = None
    ) -> httpcore.AsyncNetworkStream:
        raise AddressRefused("no request leaves through a socket file")

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)

    async def _addresses(self, host: str, port: int) -> list[str]:
        found = await self._resolve(host, port)
        if (host.lower(), port) in self._allowed:
            return found
        public = [address for address in found if is_public(address)]
        if not public:
            raise AddressRefused(f"{host} lies in a private network; Metarr fetches nothing from there")
        return public


class GuardedTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport on a pool that connects through the guard; no proxy from the environment can go round it."""

    def __init__(self, backend: GuardedBackend) -> None:
        context = httpx.create_ssl_context()
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=CONNECTIONS,
            max_keepalive_connections=KEPT_ALIVE,
            keepalive_expiry=KEPT_SECONDS,
            network_backend=backend,
        )
