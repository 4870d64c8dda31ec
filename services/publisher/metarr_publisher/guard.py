"""The mount guard: an unmounted disk is not an empty library, so nothing is written, missed or removed there."""

import os

from metarr.errors import LibraryOffline

_HEALTHY = frozenset({"ok", "unknown"})
_WORDS = {
    "missing": "it was missing at the last scan",
    "empty": "it was empty at the last scan",
    "shrunk": "most of it was missing at the last scan",
    "replaced": "it is another disk than before",
}


def ensure_online(root: str, mount_state: str, mount_detail: str | None) -> None:
    """Raises LibraryOffline when the root is not there, is empty, or was not healthy when the scanner last looked."""
    if mount_state not in _HEALTHY:
        said = mount_detail or _WORDS.get(mount_state, mount_state)
        raise LibraryOffline(f"the library {root} is offline ({said}); publishing waits for a scan that finds it well")
    try:
        names = os.listdir(root)
    except OSError as gone:
        raise LibraryOffline(f"the library {root} cannot be read: {gone.strerror or gone}") from gone
    # Our own bin alone is what a disk leaves behind that was unmounted while a file went there.
    if all(name.startswith(".") for name in names):
        raise LibraryOffline(f"the library {root} is empty; is its disk mounted?")
