"""The one way out: cache, retry, rate limit, breaker, guard. The only importer of httpx."""

from metarr.http.breaker import ProviderResting
from metarr.http.call import Call
from metarr.http.door import HttpDoor, Waits, unsaid
from metarr.http.sending import Limits

__all__ = ["Call", "HttpDoor", "Limits", "ProviderResting", "Waits", "unsaid"]
