"""What stands beside a film: names in every kind of folder, and what no name may ever be."""

from posixpath import join, normpath

from hypothesis import given
from hypothesis import strategies as st

from metarr.domain.publication import (
    LONGEST_FILE_NAME,
    STEMS,
    MediaFile,
    Portrait,
    Publication,
    PublishPlan,
    StoredImage,
    actor_file_stem,
    base_of,
    folder_of,
    plan,
)

ROOT = "/films"
FILE = "/films/Heat (1995)/Heat.1995.1080p.mkv"
PNGS = {"logo", "clearart", "discart"}
IMAGES = {
    slot: StoredImage(content_hash=f"{number:064x}", extension="png" if slot in PNGS else "jpg", file_size=10)
    for number, slot in enumerate(STEMS)
}
PACINO = Portrait(actor_id=1, name="Al Pacino", image=StoredImage(content_hash="a" * 64, extension="jpg", file_size=10))
SHORT = (
    "poster.jpg",
    "fanart.jpg",
    "clearlogo.png",
    "clearart.png",
    "banner.jpg",
    "landscape.jpg",
    "discart.png",
    ".actors/Al_Pacino.jpg",
    "movie.nfo",
)


def publication(file_path: str = FILE, *parts: str, **changes: object) -> Publication:
    given_fields = {"root": ROOT, "images": IMAGES, "portraits": (PACINO,), **changes}
    return Publication(media=MediaFile(file_path=file_path, file_parts=parts), **given_fields)  # type: ignore[arg-type]


def names(planned: PublishPlan) -> tuple[str, ...]:
    return tuple(file.name for file in planned.files)


def prefixed(base: str) -> tuple[str, ...]:
    return (*(f"{base}-{name}" for name in SHORT[:7]), ".actors/Al_Pacino.jpg", f"{base}.nfo")


def on_disc(disc_folder: str) -> tuple[str, ...]:
    return (*SHORT[:7], join(disc_folder, ".actors/Al_Pacino.jpg"), "movie.nfo")


def test_a_film_in_its_own_folder_gets_short_names_with_the_nfo_last() -> None:
    planned = plan(publication())
    assert planned.folder == "/films/Heat (1995)"
    assert names(planned) == SHORT


def test_films_that_share_a_folder_get_names_that_start_with_the_video() -> None:
    other = MediaFile(file_path="/films/Heat (1995)/Ronin.mkv")
    assert names(plan(publication(neighbours=(other,)))) == prefixed("Heat.1995.1080p")


def test_a_folder_with_film_folders_below_it_is_nobodys_own() -> None:
    other = MediaFile(file_path="/films/Mann/Ronin/Ronin.mkv")
    assert names(plan(publication("/films/Mann/Heat.mkv", neighbours=(other,)))) == prefixed("Heat")


def test_a_film_in_the_folder_above_does_not_make_a_folder_mixed() -> None:
    other = MediaFile(file_path="/films/Mann/Heat.mkv")
    assert names(plan(publication("/films/Mann/Ronin/Ronin.mkv", neighbours=(other,)))) == SHORT


def test_the_library_root_is_nobodys_own_folder() -> None:
    planned = plan(publication("/films/Heat.mkv"))
    assert planned.folder == ROOT
    assert names(planned) == prefixed("Heat")


def test_prefixed_naming_applies_to_own_folders_too() -> None:
    assert names(plan(publication(naming="prefixed"))) == prefixed("Heat.1995.1080p")


def test_files_of_a_disc_stand_beside_the_disc_folder_under_short_names() -> None:
    for inside in (
        "BDMV/index.bdmv",
        "BDMV",
        "BDMV/STREAM/00001.m2ts",
        "VIDEO_TS/VIDEO_TS.IFO",
        "video_ts",
        "HVDVD_TS/a.evo",
    ):
        planned = plan(publication(f"/films/Heat (1995)/{inside}", naming="prefixed"))
        assert planned.folder == "/films/Heat (1995)"
        assert names(planned) == on_disc(inside.partition("/")[0])


def test_portraits_of_several_discs_are_in_the_first_one() -> None:
    discs = tuple(f"/films/Heat (1995)/cd{number}/VIDEO_TS/VIDEO_TS.IFO" for number in (1, 2))
    planned = plan(publication(discs[0], *discs))
    assert planned.folder == "/films/Heat (1995)"
    assert names(planned) == on_disc("cd1/VIDEO_TS")


def test_a_disc_keeps_short_names_beside_a_film_that_gets_prefixed_ones() -> None:
    disc = "/films/Pacino/VIDEO_TS/VIDEO_TS.IFO"
    file = "/films/Pacino/Heat.mkv"
    assert names(plan(publication(disc, neighbours=(MediaFile(file_path=file),)))) == on_disc("VIDEO_TS")
    assert names(plan(publication(file, neighbours=(MediaFile(file_path=disc),)))) == prefixed("Heat")


def test_a_library_below_a_folder_called_bdmv_is_no_disc() -> None:
    assert plan(publication("/bdmv/films/Heat/Heat.mkv", root="/bdmv/films")).folder == "/bdmv/films/Heat"


def test_the_part_suffix_of_a_stack_is_no_part_of_its_names() -> None:
    first, second = "/films/Mix/Heat (1995) - cd1.avi", "/films/Mix/Heat (1995) - cd2.avi"
    other = MediaFile(file_path="/films/Mix/Ronin.mkv")
    planned = plan(publication(first, first, second, neighbours=(other,)))
    assert names(planned) == prefixed("Heat (1995)")


def test_a_single_file_keeps_what_looks_like_a_part_suffix() -> None:
    assert base_of(MediaFile(file_path="/films/x/Kill Bill part 1.mkv")) == "Kill Bill part 1"


def test_parts_in_folders_of_their_own_belong_to_the_folder_above() -> None:
    parts = ("/films/Heat (1995)/cd1/heat.avi", "/films/Heat (1995)/cd2/heat.avi")
    assert folder_of(MediaFile(file_path=parts[0], file_parts=parts), ROOT) == "/films/Heat (1995)"


def test_a_picture_keeps_the_extension_of_its_real_type() -> None:
    webp = StoredImage(content_hash="b" * 64, extension="webp", file_size=10)
    assert "poster.webp" in names(plan(publication(images={"poster": webp})))


def test_only_chosen_pictures_are_planned() -> None:
    assert names(plan(publication(images={}, portraits=()))) == ("movie.nfo",)


def test_actor_images_can_be_switched_off() -> None:
    assert ".actors/Al_Pacino.jpg" not in names(plan(publication(actor_images=False)))


def test_the_first_of_two_actors_with_one_file_name_gets_it() -> None:
    second = Portrait(actor_id=2, name="AL PACINO", image=IMAGES["poster"])
    portraits = [file for file in plan(publication(portraits=(PACINO, second))).files if file.kind == "actor_image"]
    assert [file.actor_id for file in portraits] == [1]


def test_actor_names_become_legal_file_names_or_none() -> None:
    assert actor_file_stem("Robert Downey Jr.") == "Robert_Downey_Jr."
    assert actor_file_stem('Dwayne "The Rock" Johnson') == "Dwayne_The_Rock_Johnson"
    assert actor_file_stem("Penélope Cruz") == "Penélope_Cruz"
    assert actor_file_stem("../../etc/passwd") is None
    assert actor_file_stem("AC/DC") == "ACDC"
    for impossible in ("", " ", "..", "???", "CON", "nul.x", "x" * 300):
        assert actor_file_stem(impossible) is None


def test_a_picture_that_players_would_show_instead_is_named() -> None:
    poster = plan(publication()).files[0]
    assert {"poster.png", "poster.jpeg", "Heat.1995.1080p-poster.jpg"} <= set(poster.hiding)
    assert poster.name not in poster.hiding


def test_in_a_mixed_folder_the_bare_names_are_left_to_others() -> None:
    other = MediaFile(file_path="/films/Heat (1995)/Ronin.mkv")
    poster = plan(publication(neighbours=(other,))).files[0]
    assert all(name.startswith("Heat.1995.1080p-poster.") for name in poster.hiding)


def test_of_two_films_with_the_same_base_only_the_first_is_served() -> None:
    first, second = "/films/Mix/Heat.avi", "/films/Mix/Heat.mkv"
    assert plan(publication(first, neighbours=(MediaFile(file_path=second),))).files
    refused = plan(publication(second, neighbours=(MediaFile(file_path=first),)))
    assert refused.files == ()
    assert "Heat.avi" in refused.refused[0]


def test_a_name_that_would_be_too_long_is_short_in_an_own_folder_and_refused_in_a_mixed_one() -> None:
    long = f"/films/Long/{'x' * 251}.mkv"
    assert "poster.jpg" in names(plan(publication(long, naming="prefixed")))
    mixed = plan(publication(long, neighbours=(MediaFile(file_path="/films/Long/a.mkv"),)))
    assert names(mixed) == (".actors/Al_Pacino.jpg", f"{'x' * 251}.nfo")
    assert len(mixed.refused) == 7


_step = st.text(st.characters(exclude_characters="/\0", exclude_categories=()), min_size=1, max_size=90).filter(
    lambda step: step not in (".", "..")
)
_media = st.builds(
    lambda steps, more: MediaFile(file_path="/".join((ROOT, *steps)), file_parts=tuple(more)),
    st.lists(_step, min_size=1, max_size=4),
    st.lists(_step.map(lambda step: f"{ROOT}/{step}"), max_size=2),
)


@given(
    media=_media,
    neighbours=st.lists(_media, max_size=3),
    actors=st.lists(st.text(max_size=300), max_size=6),
    naming=st.sampled_from(["short", "prefixed"]),
)
def test_planned_names_are_unique_legal_and_never_leave_the_folder(
    media: MediaFile, neighbours: list[MediaFile], actors: list[str], naming: str
) -> None:
    portraits = tuple(Portrait(actor_id=n, name=name, image=PACINO.image) for n, name in enumerate(actors))
    whole = Publication(
        root=ROOT,
        media=media,
        neighbours=tuple(neighbours),
        naming=naming,  # type: ignore[arg-type]
        images=IMAGES,
        portraits=portraits,
    )
    planned = plan(whole)
    assert planned.folder == ROOT or planned.folder.startswith(f"{ROOT}/")
    assert len({name.casefold() for name in names(planned)}) == len(planned.files)
    for file in planned.files:
        for name in (file.name, *file.hiding):
            steps = name.split("/")
            assert normpath(f"{planned.folder}/{name}") == f"{planned.folder}/{name}"
            assert len(steps) == 1 or (len(steps) == 2 and steps[0] == ".actors")
            assert all(0 < len(step.encode("utf-8", "surrogatepass")) <= LONGEST_FILE_NAME for step in steps)
            assert "\0" not in name


@given(media=_media)
def test_a_plan_is_the_same_every_time(media: MediaFile) -> None:
    whole = Publication(root=ROOT, media=media, images=IMAGES)
    assert plan(whole) == plan(whole)
