"""Which artwork, NFO, subtitles and songs belong to a film, and as what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.domain.classify import FilmFiles, FolderReading, listing_of, read_folder
from metarr.domain.classify.languages import language_code
from metarr.domain.classify.subtitles import read_subtitle_name


def beside_film(*paths: str, folder: str = "Arrival (2016)", film: str = "Arrival (2016).mkv") -> FolderReading:
    return read_folder(listing_of(folder, [(film, 10**9), *((path, 1000) for path in paths)]))


def only_film(*paths: str) -> FilmFiles:
    return beside_film(*paths).films[0]


@pytest.mark.parametrize(
    ("name", "slot"),
    [
        ("poster.jpg", "poster"),
        ("folder.jpg", "poster"),
        ("cover.png", "poster"),
        ("movie.jpg", "poster"),
        ("default.jpg", "poster"),
        ("movie-poster.jpg", "poster"),
        ("Arrival (2016).jpg", "poster"),
        ("Arrival (2016)-poster.png", "poster"),
        ("Arrival (2016).tbn", "poster"),
        ("fanart.jpg", "fanart"),
        ("fanart3.jpg", "fanart"),
        ("backdrop-2.jpg", "fanart"),
        ("background.webp", "fanart"),
        ("art.jpg", "fanart"),
        ("extrafanart/one.jpg", "fanart"),
        ("clearlogo.png", "logo"),
        ("Arrival (2016)-logo.png", "logo"),
        ("clearart.png", "clearart"),
        ("banner.jpg", "banner"),
        ("landscape.jpg", "thumb"),
        ("Thumb.JPG", "thumb"),
        ("disc.png", "discart"),
        ("cdart.png", "discart"),
        ("Old Name-poster.jpg", "poster"),
    ],
)
def test_images_are_adopted_under_every_name_that_players_read(name: str, slot: str) -> None:
    (image,) = only_film(name).images
    assert (image.path, image.slot) == (name, slot)
    assert image.confidence >= 80


@pytest.mark.parametrize(
    "name", ["keyart.jpg", "characterart.png", "holiday.jpg", "my poster of something.jpg", "extras/poster.jpg"]
)
def test_other_images_stay_unknown(name: str) -> None:
    result = beside_film(name)
    assert result.films[0].images == ()
    assert [unknown.path for unknown in result.unknown] == [name]


def test_the_name_that_players_prefer_comes_first() -> None:
    film = only_film("folder.jpg", "poster.jpg", "fanart2.jpg", "fanart.jpg", "backdrop.jpg", "extrafanart/a.jpg")
    assert [image.path for image in film.images if image.slot == "poster"] == ["poster.jpg", "folder.jpg"]
    assert [image.path for image in film.images if image.slot == "fanart"] == [
        "fanart.jpg",
        "backdrop.jpg",
        "fanart2.jpg",
        "extrafanart/a.jpg",
    ]


def test_actor_images_carry_their_actors_name() -> None:
    (actor,) = only_film(".actors/Amy_Adams.jpg").actors
    assert actor.actor_name == "Amy Adams"


def test_nfos_count_in_the_order_of_their_names() -> None:
    film = only_film("zzz.nfo", "movie.xml", "movie.nfo", "Arrival (2016).nfo", "tvshow.nfo")
    assert [nfo.path for nfo in film.nfos] == ["Arrival (2016).nfo", "movie.nfo", "movie.xml", "zzz.nfo"]


def test_in_a_folder_of_several_films_every_sidecar_finds_its_own() -> None:
    names = [
        "Alpha.mkv",
        "Alpha.nfo",
        "Alpha-fanart.jpg",
        "Alpha.de.srt",
        "Alpha 2.mkv",
        "Alpha 2.nfo",
        "movie.nfo",
        "Alpha-trailer.mp4",
    ]
    result = read_folder(listing_of("Films", [(name, 10**9) for name in names]))
    first, second = sorted(result.films, key=lambda film: film.base)
    assert ([nfo.path for nfo in first.nfos], [nfo.path for nfo in second.nfos]) == (["Alpha.nfo"], ["Alpha 2.nfo"])
    assert [subtitle.language for subtitle in first.subtitles] == ["ger"]
    assert [trailer.path for trailer in first.trailers] == ["Alpha-trailer.mp4"]
    assert [unknown.path for unknown in result.unknown] == ["movie.nfo"]


def test_sidecars_of_parts_and_versions_belong_to_their_film() -> None:
    result = read_folder(
        listing_of("Film", [(name, 5) for name in ("Film cd1.avi", "Film cd2.avi", "Film cd1.srt", "Film-poster.jpg")])
    )
    assert [subtitle.path for subtitle in result.films[0].subtitles] == ["Film cd1.srt"]
    assert [image.path for image in result.films[0].images] == ["Film-poster.jpg"]


def test_decomposed_and_composed_names_are_the_same() -> None:
    result = beside_film("Ame\u0301lie-poster.jpg", folder="Amélie", film="Amélie.mkv")
    assert result.films[0].images[0].confidence == 100


def test_songs_are_themes_or_nothing() -> None:
    result = beside_film("theme.mp3", "theme-music/x.flac", "Arrival (2016).eng.dts", "song.mp3")
    assert {extra.path for extra in result.films[0].extras} == {"theme.mp3", "theme-music/x.flac"}
    assert {unknown.path for unknown in result.unknown} == {"Arrival (2016).eng.dts", "song.mp3"}


@pytest.mark.parametrize(
    ("rest", "language", "region", "title", "flags"),
    [
        ("", None, None, None, ""),
        (".en", "eng", None, None, ""),
        (".German", "ger", None, None, ""),
        (".pt-BR", "por", "BR", None, ""),
        (".zh-Hans", "chi", "Hans", None, ""),
        ("-es-419", "spa", "419", None, ""),
        (".en.forced", "eng", None, None, "forced"),
        (".foreign", None, None, None, "forced"),
        (".en.sdh", "eng", None, None, "sdh"),
        (".en.cc.Commentary", "eng", None, "Commentary", "sdh"),
        (".hi", "hin", None, None, ""),
        (".en.hi", "eng", None, None, "sdh"),
        (".hi.en", "eng", None, None, "sdh"),
        (".DEFAULT.FORCED", None, None, None, "default forced"),
        (".fr.en", "eng", None, "fr", ""),
        (".Title.with.Dots", None, None, "Title.with.Dots", ""),
        ("-eng_sdh", "eng", None, None, "sdh"),
        (" pt-br forced my title", "por", "br", "my title", "forced"),
        (".Subs for Chinese Audio.eng", "eng", None, "Subs for Chinese Audio", ""),
    ],
)
def test_subtitle_names_say_language_and_flags(
    rest: str, language: str | None, region: str | None, title: str | None, flags: str
) -> None:
    name = read_subtitle_name(rest)
    assert (name.language, name.region, name.title) == (language, region, title)
    assert " ".join(flag for flag in ("default", "forced", "sdh") if getattr(name, flag)) == flags


def test_subtitles_in_their_own_folder_are_read_by_their_whole_name() -> None:
    film = only_film("Subs/2_English.srt", "Subs/01_english-eng_sdh.srt", "Subs/23_Romanian.srt")
    assert {subtitle.path: (subtitle.language, subtitle.sdh) for subtitle in film.subtitles} == {
        "Subs/2_English.srt": ("eng", False),
        "Subs/01_english-eng_sdh.srt": ("eng", True),
        "Subs/23_Romanian.srt": ("rum", False),
    }


def test_languages_are_known_by_both_codes_and_by_name() -> None:
    assert {language_code(word) for word in ("de", "ger", "deu", "German", "GERMAN")} == {"ger"}
    assert language_code("klingon") is None


@given(st.text(max_size=80))
def test_no_subtitle_name_raises(rest: str) -> None:
    name = read_subtitle_name(rest)
    assert name.language is None or len(name.language) == 3
