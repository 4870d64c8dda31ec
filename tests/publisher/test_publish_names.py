"""Which files lie beside a film after it was published, in every kind of folder."""

from typing import Any

from support.publishing import BIN, Shelf, content_of, jpeg, png

SHORT = {
    "poster.jpg",
    "fanart.jpg",
    "clearlogo.png",
    "clearart.png",
    "banner.jpg",
    "landscape.jpg",
    "discart.png",
    "movie.nfo",
}
SLOTS = {
    "poster": "jpg",
    "fanart": "jpg",
    "logo": "png",
    "clearart": "png",
    "banner": "jpg",
    "thumb": "jpg",
    "discart": "png",
}


async def dressed(shelf: Shelf, path: str, **columns: Any) -> int:
    movie_id = await shelf.film(path, **columns)
    for slot, extension in SLOTS.items():
        await shelf.picture(movie_id, slot, (png if extension == "png" else jpeg)(slot), extension)
    return movie_id


async def test_an_own_folder_holds_the_nfo_all_artwork_and_the_portraits(shelf: Shelf) -> None:
    movie_id = await dressed(shelf, "Heat (1995)/Heat.1995.1080p.mkv", plot="A thief and a policeman.")
    await shelf.actor(movie_id, "Al Pacino", jpeg("pacino"))
    await shelf.actor(movie_id, "Robert De Niro")

    published = await shelf.publish(movie_id)

    names = {*SHORT, ".actors/Al_Pacino.jpg"}
    assert set(published.written) == names
    assert published.written[-1] == "movie.nfo"
    found = content_of(shelf.root)
    assert set(found) == {f"Heat (1995)/{name}" for name in {*names, "Heat.1995.1080p.mkv"}}
    assert found["Heat (1995)/poster.jpg"] == jpeg("poster")
    assert found["Heat (1995)/landscape.jpg"] == jpeg("thumb")
    assert b"<plot>A thief and a policeman.</plot>" in found["Heat (1995)/movie.nfo"]


async def test_two_films_in_one_folder_each_have_their_own_names(shelf: Shelf) -> None:
    heat, ronin = await dressed(shelf, "Mix/Heat.mkv"), await dressed(shelf, "Mix/Ronin.mkv")
    await shelf.publish(heat)
    await shelf.publish(ronin)
    assert set(content_of(shelf.root / "Mix")) == {
        f"{film}{name}"
        for film in ("Heat", "Ronin")
        for name in (".mkv", ".nfo", *(f"-{name}" for name in SHORT - {"movie.nfo"}))
    }


async def test_files_of_a_disc_lie_beside_its_folder(shelf: Shelf) -> None:
    movie_id = await dressed(shelf, "Heat (1995)/BDMV/index.bdmv")
    await shelf.publish(movie_id)
    assert set(content_of(shelf.root / "Heat (1995)")) == {*SHORT, "BDMV/index.bdmv"}


async def test_portraits_of_a_disc_lie_inside_it_and_come_and_go(shelf: Shelf) -> None:
    movie_id = await shelf.film("Heat (1995)/VIDEO_TS/VIDEO_TS.IFO")
    await shelf.actor(movie_id, "Al Pacino", jpeg("pacino"))
    assert (await shelf.publish(movie_id)).written == ("VIDEO_TS/.actors/Al_Pacino.jpg", "movie.nfo")
    assert (await shelf.publish(movie_id)).written == ()
    async with shelf.db.transaction() as conn:
        await conn.execute("DELETE FROM movie_actors")
    assert (await shelf.publish(movie_id)).removed == ("VIDEO_TS/.actors/Al_Pacino.jpg",)
    assert not (shelf.root / "Heat (1995)/VIDEO_TS/.actors").exists()


async def test_portraits_move_into_a_disc_when_they_were_beside_it(shelf: Shelf) -> None:
    movie_id = await shelf.film("Heat (1995)/Heat.mkv")
    await shelf.actor(movie_id, "Al Pacino", jpeg("pacino"))
    await shelf.publish(movie_id)
    disc = shelf.root / "Heat (1995)/BDMV/index.bdmv"
    disc.parent.mkdir()
    (shelf.root / "Heat (1995)/Heat.mkv").rename(disc)
    await shelf.change(movie_id, file_path=str(disc))
    published = await shelf.publish(movie_id)
    assert published.written == ("BDMV/.actors/Al_Pacino.jpg",)
    assert published.removed == (".actors/Al_Pacino.jpg",)
    assert not (shelf.root / "Heat (1995)/.actors").exists()


async def test_the_naming_of_a_library_can_be_prefixed(shelf: Shelf) -> None:
    movie_id = await dressed(shelf, "Heat (1995)/Heat.mkv")
    await shelf.publish(movie_id)
    async with shelf.db.transaction() as conn:
        await conn.execute(
            "INSERT INTO app_settings (key, value) VALUES ($1, '\"prefixed\"')",
            f"library.{shelf.library_id}.publish.naming",
        )

    published = await shelf.publish(movie_id)

    prefixed = {"Heat.nfo", *(f"Heat-{name}" for name in SHORT - {"movie.nfo"})}
    assert set(published.written) == prefixed
    assert set(published.removed) == SHORT
    assert set(content_of(shelf.root / "Heat (1995)")) == {"Heat.mkv", *prefixed}


async def test_a_foreign_nfo_that_players_would_prefer_makes_room_and_lives_on(shelf: Shelf) -> None:
    movie_id = await shelf.film("Heat (1995)/Heat.mkv")
    theirs = b"<movie><title>Heat</title><tag>seen twice</tag></movie>"
    (shelf.root / "Heat (1995)/movie.nfo").write_bytes(theirs)
    async with shelf.db.transaction() as conn:
        await conn.execute("INSERT INTO app_settings (key, value) VALUES ('publish.naming', '\"prefixed\"')")
    await shelf.publish(movie_id)
    assert b"<tag>seen twice</tag>" in (shelf.root / "Heat (1995)/Heat.nfo").read_bytes()
    assert not (shelf.root / "Heat (1995)/movie.nfo").exists()
    assert content_of(shelf.root)[f"{BIN}/2026-03-01/Heat (1995)/movie.nfo"] == theirs


async def test_a_folder_that_becomes_mixed_gets_the_other_names(shelf: Shelf) -> None:
    heat = await shelf.film("Mix/Heat.mkv")
    await shelf.publish(heat)
    await shelf.film("Mix/Ronin.mkv")
    await shelf.publish(heat)
    assert set(content_of(shelf.root / "Mix")) == {"Heat.mkv", "Heat.nfo", "Ronin.mkv"}


async def test_a_film_in_the_trash_shares_the_folder_as_long_as_its_file_lies_there(shelf: Shelf) -> None:
    heat = await shelf.film("Mix/Heat.mkv")
    ronin = await shelf.film("Mix/Ronin.mkv")
    async with shelf.db.transaction() as conn:
        await conn.execute("UPDATE movies SET deleted_at = now() WHERE id = $1", ronin)
    assert (await shelf.publish(heat)).written == ("Heat.nfo",)
    (shelf.root / "Mix/Ronin.mkv").unlink()
    assert (await shelf.publish(heat)).written == ("movie.nfo",)


async def test_a_film_whose_names_are_taken_says_so(shelf: Shelf) -> None:
    await shelf.film("Mix/Heat.avi")
    second = await shelf.film("Mix/Heat.mkv")
    assert (await shelf.publish(second)).written == ()
    assert "Heat.avi" in str(await shelf.problem(second))
