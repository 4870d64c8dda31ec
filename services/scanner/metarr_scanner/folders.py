"""How directories belong together: which one is a scan unit of its own and which is a room of the unit above it.

A scan unit is the directory that holds the videos of one film or of several. Its rooms are read with it: `.actors`; the disc
folders BDMV (with STREAM inside) and VIDEO_TS; the folders of parts (`cd1`, `cd2`), and, beside videos, of extras. Right
below a library's root a folder called "Shorts" or "Part 2" is a folder of films like any other.
"""

import os
from typing import Literal

from metarr.domain.classify.folders import folder_kind

Room = Literal["unit", "actors", "disc", "streams", "extras", "part"]

MAX_DEPTH = 20
"""Directories below the root; deeper ones are a mistake or a trap."""


def room_of(name: str, inside: Room, *, holds_videos: bool, below_root: bool) -> Room | None:
    """What a directory is to the one that it lies in; None for what lies in rooms, which nobody reads."""
    kind = folder_kind(name)
    if inside == "disc":
        return "streams" if name.upper() == "STREAM" else "actors" if kind == "actors" else None
    if inside == "part":
        return "disc" if kind == "disc" else None
    if inside != "unit":
        return None
    if kind in ("actors", "disc"):
        return kind
    if kind == "part" and not below_root:
        return "part"
    return "extras" if kind == "extras" and holds_videos and not below_root else "unit"


def unit_above(path: str, root: str) -> str:
    """The directory to look at for a path below the root: never a room by its name, for that is read with its unit."""
    while len(path) > len(root):
        above, name = os.path.split(path)
        if folder_kind(name) is None or above == root:
            return path
        path = above
    return root
