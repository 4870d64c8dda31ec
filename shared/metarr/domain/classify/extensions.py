"""What a file is by its extension."""

from typing import Literal

FileType = Literal["video", "audio", "image", "subtitle", "nfo", "other"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


VIDEO_EXTENSIONS = _words(
    "3g2 3gp asf avi disc divx dvr-ms f4v flv img iso m2t m2ts m2v m4v mk3d mkv mov mp4 mpe mpeg mpg mts mxf nuv ogm ogv "
    "qt rm rmvb strm ts vob webm wmv wtv xvid"
)
"""Videos, disc images, and the text stubs `.strm` (an address) and `.disc` (a disc on the shelf)."""

AUDIO_EXTENSIONS = _words(
    "aa aac ac3 aif aiff alac ape dsf dts eac3 flac m4a m4b mka mp2 mp3 oga ogg opus thd truehd wav wma wv"
)
IMAGE_EXTENSIONS = _words("avif bmp gif jpeg jpg png tbn webp")
SUBTITLE_EXTENSIONS = _words("ass idx mks sami smi srt ssa sub sup ttml usf vtt")

_TYPES: dict[str, FileType] = {
    **dict.fromkeys(VIDEO_EXTENSIONS, "video"),
    **dict.fromkeys(AUDIO_EXTENSIONS, "audio"),
    **dict.fromkeys(IMAGE_EXTENSIONS, "image"),
    **dict.fromkeys(SUBTITLE_EXTENSIONS, "subtitle"),
    "nfo": "nfo",
}


def split_name(name: str) -> tuple[str, str]:
    """A file name as (stem, extension): the extension in lower case without its dot, empty where there is none.

    A name that begins with its only dot (`.nomedia`) is all stem.
    """
    stem, dot, extension = name.rpartition(".")
    if not dot or not stem:
        return name, ""
    return stem, extension.lower()


def file_type(name: str) -> FileType:
    """The type of a file by its name. `movie.xml`, the NFO of old, counts as `nfo`."""
    if name.lower() == "movie.xml":
        return "nfo"
    return _TYPES.get(split_name(name)[1], "other")
