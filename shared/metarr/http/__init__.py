"""The one way out: cache, retry, rate limit, breaker, guard. The only importer of httpx."""

from metarr.http.breaker import ProviderResting
from metarr.http.call import Call
from metarr.http.door import IMAGE_BYTES, HttpDoor, Waits, unsaid
from metarr.http.sending import Limits
from metarr.http.transfer import UNCHANGED, Unchanged

__all__ = ["IMAGE_BYTES", "UNCHANGED", "Call", "HttpDoor", "Limits", "ProviderResting", "Unchanged", "Waits", "unsaid"]
