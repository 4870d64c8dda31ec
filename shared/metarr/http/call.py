"""One question to a provider, with its secrets kept apart from everything that is stored, logged or shown."""

from urllib.parse import urlencode, urlsplit

from msgspec import Struct


class Call(Struct, frozen=True, kw_only=True):
    """A GET. `provider` is its `provider_config.provider_name`; secrets go along and are part of nothing else."""

    provider: str
    url: str
    params: dict[str, str] = {}
    secret_params: dict[str, str] = {}
    secret_headers: dict[str, str] = {}

    @property
    def question(self) -> str:
        """What is asked, without secrets; equal for equal questions."""
        return f"{self.url}?{urlencode(sorted(self.params.items()))}"

    @property
    def path(self) -> str:
        """For logs."""
        return urlsplit(self.url).path
