"""One thing that was looked at, as health shows it."""

from typing import Literal

from msgspec import Struct

type State = Literal["ok", "warning", "wrong"]


class Check(Struct, frozen=True, kw_only=True):
    """`remedy` is what the person can do, empty when all is well."""

    name: str
    state: State
    message: str
    remedy: str = ""
