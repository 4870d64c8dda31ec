"""Film folders for stories, as people have them; each film is a tiny real video."""

from pathlib import Path

from support.media import make_truncated_video, make_video
from support.story_provider import draw

KODI_NFO = """<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>
<movie>
    <title>The General</title>
    <year>1926</year>
    <userrating>9</userrating>
    <plot>My grandfather's favourite.</plot>
    <uniqueid type="imdb" default="true">tt0017925</uniqueid>
    <tag>grandfather's list</tag>
    <playcount>3</playcount>
</movie>
"""
BROKEN_NFO = "<movie>\n  <title>Battleship Potemkin</title>\n  <year>1925</year>\n  <plot>The file ends in"

TIDY = "Metropolis (1927) {tmdb-19}"
BY_NAME = "Nosferatu (1922)"
WITH_NFO = "The General (1926)"
RELEASE = "His.Girl.Friday.1940.1080p.BluRay.x264-GROUP"
SET = "Die Nibelungen"
SIEGFRIED = f"{SET}/Die Nibelungen - Siegfried (1924)"
REVENGE = f"{SET}/Die Nibelungen - Kriemhild's Revenge (1924)"
SHARED = "Chaplin"
KID, GOLD_RUSH = f"{SHARED}/The Kid (1921).mp4", f"{SHARED}/The Gold Rush (1925).mp4"
DISC = "Safety Last! (1923)"
NUMBER = "1917 (2019)"
NON_ASCII = "Häxan (1922)"
PARTS = "Intolerance (1916)"
WITH_BROKEN_NFO = "Battleship Potemkin (1925)"
TRUNCATED = "The Phantom of the Opera (1925)"
TWINS = "The Lighthouse Keeper (1931)"
UNKNOWN = "Our Summer at the Lake (2011)"

OWN_POSTER = draw("poster", "found in the attic")
OWN_PORTRAIT = draw("portrait", "buster at home")


def put_film(root: Path, place: str, ending: str = ".mkv", *, seconds: float = 1) -> Path:
    """A folder with one film named as the folder is; returns the film's path."""
    name = place.rpartition("/")[2].partition(" {")[0]
    return make_video(root / place / f"{name}{ending}", seconds=seconds, seed=place)


def put(root: Path, place: str, content: bytes | str) -> Path:
    """A file with this content; folders above it are made."""
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def put_all(root: Path) -> None:
    """One of everything: sixteen films, of which one is unknown, one has a double, one breaks off and one has a broken NFO."""
    for place in (
        TIDY,
        BY_NAME,
        WITH_NFO,
        RELEASE,
        SIEGFRIED,
        REVENGE,
        NUMBER,
        NON_ASCII,
        WITH_BROKEN_NFO,
        TWINS,
        UNKNOWN,
    ):
        put_film(root, place)
    for place in (KID, GOLD_RUSH):
        make_video(root / place, seed=place)
    make_video(root / DISC / "VIDEO_TS" / "VTS_01_1.VOB", seed=DISC)
    put(root, f"{DISC}/VIDEO_TS/VIDEO_TS.IFO", b"DVDVIDEO-VMG" + bytes(2036))
    put(root, f"{DISC}/VIDEO_TS/VTS_01_0.IFO", b"DVDVIDEO-VTS" + bytes(2036))
    for part in ("cd1", "cd2"):
        make_video(root / PARTS / f"{PARTS} - {part}.avi", seed=PARTS + part)
    make_truncated_video(root / TRUNCATED / f"{TRUNCATED}.mp4")
    put(root, f"{WITH_NFO}/{WITH_NFO}.nfo", KODI_NFO)
    put(root, f"{WITH_NFO}/poster.jpg", OWN_POSTER)
    put(root, f"{WITH_NFO}/.actors/Buster_Keaton.jpg", OWN_PORTRAIT)
    put(root, f"{WITH_BROKEN_NFO}/movie.nfo", BROKEN_NFO)
    put(root, f"{NUMBER}/{NUMBER}.en.srt", "1\n00:00:00,500 --> 00:00:00,900\nMind the wire.\n")
    make_video(root / NUMBER / f"{NUMBER}-trailer.mp4", seed="trailer")
