"""The one way out: cache, retry, rate limit, breaker, guard. The only importer of httpx."""
