"""Which Metarr a command speaks to: the flags that many commands share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from metarr.runtime.environment import Environment
from metarr_api.key import load_key
from metarr_local.client import Client
from metarr_local.system import Plan, local_address
from metarr_local.up import make_plan


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Place:
    """Flags put over the environment; a flag that is not given leaves METARR_* or the default in force."""

    data_dir: Annotated[str | None, Parameter(help="Where database, cache and keys lie (METARR_DATA_DIR).")] = None
    host: Annotated[str | None, Parameter(help="The address the API listens on (METARR_HOST).")] = None
    port: Annotated[int | None, Parameter(help="The port the API listens on (METARR_PORT).")] = None

    def plan(self, scale: Sequence[str] = ()) -> Plan:
        """Raises ConfigurationError."""
        return make_plan(data_dir=self.data_dir, host=self.host, port=self.port, scale=scale)

    def environment(self) -> Environment:
        """Raises ConfigurationError."""
        return self.plan().environment

    def client(self) -> Client:
        """The API with its key. Raises ConfigurationError."""
        environment = self.environment()
        return Client(local_address(environment), load_key(environment))


HERE = Place()
