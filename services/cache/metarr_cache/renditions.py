"""Where a provider keeps smaller copies of its pictures, told from the address of the whole one.

TMDB has the size in the path, from a fixed list for each kind of picture (https://developer.themoviedb.org/docs/image-basics); fanart.tv has a second
tree called `preview` (https://fanart.tv/api-docs/api-v3/).
"""

from urllib.parse import urlsplit, urlunsplit

_TMDB_WIDTHS = {"poster": "w342", "logo": "w300", "thumb": "w185"}
"""`thumb` is a person's portrait."""
_TMDB_BACKDROP = "w300"


def smaller_copy(url: str, provider_name: str | None, asset_type: str) -> str | None:
    """The address of a copy some 300 pixels wide; None where no such is known."""
    if provider_name == "tmdb":
        return _swapped(url, "original", _TMDB_WIDTHS.get(asset_type, _TMDB_BACKDROP))
    if provider_name == "fanart_tv":
        return _swapped(url, "fanart", "preview")
    return None


def _swapped(url: str, part: str, other: str) -> str | None:
    """The first folder of that name in the path replaced; None without one."""
    address = urlsplit(url)
    folders = address.path.split("/")
    if part not in folders[:-1]:
        return None
    folders[folders.index(part)] = other
    return urlunsplit(address._replace(path="/".join(folders)))
