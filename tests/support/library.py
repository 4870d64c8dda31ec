"""Folders as a scan meets them: trees made of names, and directory times that lie in the past."""

import os
from collections.abc import Mapping
from pathlib import Path

LONG_AGO = 1_600_000_000


def make_tree(root: Path, tree: Mapping[str, str | bytes]) -> Path:
    """Write files (text or bytes) by their path below the root; a path that ends with `/` is an empty folder."""
    for name, content in tree.items():
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def let_time_pass(root: Path) -> None:
    """Give every directory a time of long ago, all different, so that nothing looks as if it had changed just now."""
    for number, (folder, _, _) in enumerate(os.walk(root, topdown=False)):
        os.utime(folder, (LONG_AGO + number, LONG_AGO + number))
