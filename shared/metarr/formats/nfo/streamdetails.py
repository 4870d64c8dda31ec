"""The `<fileinfo>` of an NFO from what the probe found, in the words that Kodi's skins know flags for."""

from xml.etree.ElementTree import Element, SubElement

from metarr.domain.streams import MediaStreams, VideoStream
from metarr.formats.nfo.markup import add, add_filled

_CODECS = {
    "h265": "hevc",
    "x265": "hevc",
    "x264": "h264",
    "avc": "h264",
    "avc1": "h264",
    "hev1": "hevc",
    "hvc1": "hevc",
}
_HDR_TYPES = {"HDR10": "hdr10", "HDR10+": "hdr10plus", "Dolby Vision": "dolbyvision", "HLG": "hlg"}
_UNKNOWN_LANGUAGES = frozenset(("", "und"))


def fileinfo(streams: MediaStreams) -> Element | None:
    """None when the probe found nothing that can be said. Of subtitles only embedded ones count: players find files."""
    root = Element("fileinfo")
    details = SubElement(root, "streamdetails")
    for stream in streams.video:
        add_filled(details, _video(stream, streams.duration_seconds))
    for audio in streams.audio:
        element = Element("audio")
        add(element, "codec", codec_name(audio.codec))
        add(element, "language", _language(audio.language))
        add(element, "channels", audio.channels or None)
        add_filled(details, element)
    for subtitle in streams.subtitles:
        if subtitle.stream_index is not None:
            element = Element("subtitle")
            add(element, "language", _language(subtitle.language))
            add_filled(details, element)
    return root if len(details) else None


def codec_name(codec: str | None) -> str | None:
    """As Kodi spells it: lower case, `hevc` for H.265, and the DTS family with underscores (`dtshd_ma`, `dts_es`)."""
    if codec is None:
        return None
    name = codec.strip().lower()
    if name.startswith("dts"):
        return name.replace("dts-hd", "dtshd").replace("-", "_").replace(" ", "_")
    return _CODECS.get(name, name)


def aspect_number(ratio: str | None) -> str | None:
    """ "16:9" as "1.777778", which is how Kodi writes it; None for what is no ratio."""
    width, _, height = (ratio or "").partition(":")
    try:
        value = float(width) / float(height or 1)
    except (ValueError, ZeroDivisionError):
        return None
    return f"{value:.6f}".rstrip("0").rstrip(".") if 0.1 < value < 10 else None


def _video(stream: VideoStream, container_seconds: int | None) -> Element:
    element = Element("video")
    add(element, "codec", codec_name(stream.codec))
    add(element, "aspect", aspect_number(stream.aspect_ratio))
    add(element, "width", stream.width or None)
    add(element, "height", stream.height or None)
    add(element, "durationinseconds", stream.duration_seconds or container_seconds or None)
    add(element, "hdrtype", _HDR_TYPES.get(stream.hdr_type or ""))
    return element


def _language(language: str) -> str | None:
    return None if language.strip().lower() in _UNKNOWN_LANGUAGES else language
