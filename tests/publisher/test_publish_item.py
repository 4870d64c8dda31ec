"""Publishing again, over what others have left, and where it must not happen."""

import errno
import json
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from metarr.db.queries.publish import load_publication
from metarr.errors import Discard, PublishFailed, Snooze
from metarr.messages.jobs import PublishItem
from metarr_publisher.film import bring_about, survey
from support.clock import ManualClock
from support.publishing import BIN, Shelf, content_of, jpeg, png, sha256, times_of

HEAT = "Heat (1995)/Heat.mkv"


async def heat(shelf: Shelf, **columns: Any) -> int:
    return await shelf.film(HEAT, **columns)


# Nothing to do


async def test_publishing_the_same_state_again_touches_nothing(shelf: Shelf) -> None:
    movie_id = await heat(shelf, tmdb_id=949)
    await shelf.picture(movie_id, "poster", jpeg("ours"))
    await shelf.actor(movie_id, "Al Pacino", jpeg("pacino"))
    await shelf.publish(movie_id)
    before = times_of(shelf.root)

    again = await shelf.publish(movie_id)

    assert (again.written, again.removed, again.unchanged) == ((), (), 3)
    assert times_of(shelf.root) == before


async def test_files_that_happen_to_be_right_are_ours_without_writing(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    await shelf.picture(movie_id, "poster", jpeg("ours"))
    (shelf.root / "Heat (1995)/poster.jpg").write_bytes(jpeg("ours"))
    inode = (shelf.root / "Heat (1995)/poster.jpg").stat().st_ino

    published = await shelf.publish(movie_id)

    assert published.written == ("movie.nfo",)
    assert (shelf.root / "Heat (1995)/poster.jpg").stat().st_ino == inode
    assert (await shelf.recorded(movie_id))["Heat (1995)/poster.jpg"] == sha256(jpeg("ours"))
    assert not (shelf.root / BIN).exists()


async def test_only_what_changed_is_written(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    await shelf.picture(movie_id, "poster", jpeg("ours"))
    await shelf.publish(movie_id)
    await shelf.change(movie_id, plot="A thief and a policeman.")
    published = await shelf.publish(movie_id)
    assert (published.written, published.unchanged) == (("movie.nfo",), 1)
    assert not (shelf.root / BIN).exists()


async def test_what_was_deleted_by_others_comes_back(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    await shelf.picture(movie_id, "poster", jpeg("ours"))
    await shelf.publish(movie_id)
    before = content_of(shelf.root)
    (shelf.root / "Heat (1995)/poster.jpg").unlink()
    (shelf.root / "Heat (1995)/movie.nfo").unlink()
    assert set((await shelf.publish(movie_id)).written) == {"poster.jpg", "movie.nfo"}
    assert content_of(shelf.root) == before


# What others have left


async def test_a_foreign_poster_becomes_a_candidate_and_goes_to_the_bin(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    await shelf.picture(movie_id, "poster", jpeg("ours"))
    (shelf.root / "Heat (1995)/poster.jpg").write_bytes(jpeg("theirs"))

    await shelf.publish(movie_id)

    found = content_of(shelf.root)
    assert found["Heat (1995)/poster.jpg"] == jpeg("ours")
    assert found[f"{BIN}/2026-03-01/Heat (1995)/poster.jpg"] == jpeg("theirs")
    assert await shelf.candidates("movie", movie_id) == [("poster", sha256(jpeg("theirs")))]
    (line,) = (shelf.root / BIN / "2026-03-01.jsonl").read_text().splitlines()
    noted = json.loads(line)
    assert noted["path"] == str(shelf.root / "Heat (1995)/poster.jpg")
    assert (noted["hash"], noted["time"]) == (sha256(jpeg("theirs")), "2026-03-01T12:00:00Z")
    assert "poster.jpg" in noted["reason"]


async def test_a_poster_that_players_would_show_instead_makes_room(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    await shelf.picture(movie_id, "poster", jpeg("ours"))
    folder = shelf.root / "Heat (1995)"
    for name in ("poster.png", "Heat-poster.jpg"):
        (folder / name).write_bytes(png(name))
    (folder / "Heat-poster.png").write_bytes(jpeg("ours"))

    published = await shelf.publish(movie_id)

    assert set(published.removed) == {"poster.png", "Heat-poster.jpg"}
    assert {path.name for path in folder.iterdir()} == {"Heat.mkv", "Heat-poster.png", "poster.jpg", "movie.nfo"}
    kept = shelf.root / BIN / "2026-03-01" / "Heat (1995)"
    assert {path.name for path in kept.iterdir()} == {"poster.png", "Heat-poster.jpg"}
    assert len(await shelf.candidates("movie", movie_id)) == 2


async def test_files_that_are_not_in_the_way_stay(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    await shelf.picture(movie_id, "poster", jpeg("ours"))
    folder = shelf.root / "Heat (1995)"
    (folder / ".actors").mkdir()
    others = {"notes.txt": b"mine", "folder.jpg": jpeg("x"), "fanart.jpg": jpeg("y"), ".actors/Someone.jpg": jpeg("z")}
    for name, data in others.items():
        (folder / name).write_bytes(data)
    await shelf.publish(movie_id)
    assert others.items() <= content_of(folder).items()


async def test_a_foreign_portrait_becomes_a_candidate_of_its_actor(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    actor_id = await shelf.actor(movie_id, "Al Pacino", jpeg("ours"))
    portrait = shelf.root / "Heat (1995)/.actors/Al_Pacino.jpg"
    portrait.parent.mkdir()
    portrait.write_bytes(jpeg("theirs"))
    await shelf.publish(movie_id)
    assert portrait.read_bytes() == jpeg("ours")
    assert await shelf.candidates("actor", actor_id) == [("thumb", sha256(jpeg("theirs")))]


async def test_what_only_pretends_to_be_a_picture_is_kept_but_no_candidate(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    await shelf.picture(movie_id, "poster", jpeg("ours"))
    (shelf.root / "Heat (1995)/poster.jpg").write_bytes(b"<html>404</html>")
    await shelf.publish(movie_id)
    assert content_of(shelf.root)[f"{BIN}/2026-03-01/Heat (1995)/poster.jpg"] == b"<html>404</html>"
    assert await shelf.candidates("movie", movie_id) == []


async def test_a_picture_that_is_a_candidate_already_is_no_second_one(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    theirs = await shelf.asset(jpeg("theirs"), "jpg")
    async with shelf.db.transaction() as conn:
        await conn.execute(
            """
            INSERT INTO asset_candidates (entity_type, entity_id, asset_type, source_type, source_url, cache_asset_id)
            VALUES ('movie', $1, 'poster', 'local', 'file:///somewhere/poster.jpg', $2)
            """,
            movie_id,
            theirs,
        )
    await shelf.picture(movie_id, "poster", jpeg("ours"))
    (shelf.root / "Heat (1995)/poster.jpg").write_bytes(jpeg("theirs"))
    await shelf.publish(movie_id)
    assert await shelf.candidates("movie", movie_id) == [("poster", sha256(jpeg("theirs")))]


async def test_what_a_foreign_nfo_says_beyond_our_fields_is_kept(shelf: Shelf) -> None:
    movie_id = await heat(shelf, tmdb_id=949, plot="Ours.")
    theirs = b"<movie><title>Heat</title><plot>Theirs.</plot><userrating>9</userrating><shelf>3b</shelf></movie>"
    (shelf.root / "Heat (1995)/movie.nfo").write_bytes(theirs)
    await shelf.publish(movie_id)
    nfo = (shelf.root / "Heat (1995)/movie.nfo").read_bytes()
    assert b"<plot>Ours.</plot>" in nfo
    assert b"<userrating>9</userrating>" in nfo
    assert b"<shelf>3b</shelf>" in nfo
    assert content_of(shelf.root)[f"{BIN}/2026-03-01/Heat (1995)/movie.nfo"] == theirs


async def test_an_nfo_of_another_name_is_carried_on_and_stays(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    (shelf.root / "Heat (1995)/Heat.nfo").write_bytes(b"<movie><title>Heat</title><tag>seen twice</tag></movie>")
    await shelf.publish(movie_id)
    assert b"<tag>seen twice</tag>" in (shelf.root / "Heat (1995)/movie.nfo").read_bytes()
    assert (shelf.root / "Heat (1995)/Heat.nfo").exists()


@pytest.mark.parametrize("broken", [b"", b"\xff\xfe\x00", b"<movie><title>Heat", b"just text", b"x" * (5 << 20)])
async def test_an_unreadable_nfo_is_kept_in_the_bin_and_blocks_nothing(shelf: Shelf, broken: bytes) -> None:
    movie_id = await heat(shelf)
    (shelf.root / "Heat (1995)/movie.nfo").write_bytes(broken)
    await shelf.publish(movie_id)
    assert b"<title>Heat</title>" in (shelf.root / "Heat (1995)/movie.nfo").read_bytes()
    assert content_of(shelf.root)[f"{BIN}/2026-03-01/Heat (1995)/movie.nfo"] == broken
    assert (await shelf.publish(movie_id)).written == ()


async def test_our_file_that_a_person_changed_is_kept_in_the_bin(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    await shelf.picture(movie_id, "poster", jpeg("ours"))
    await shelf.publish(movie_id)
    (shelf.root / "Heat (1995)/poster.jpg").write_bytes(jpeg("theirs"))
    await shelf.publish(movie_id)
    assert content_of(shelf.root)[f"{BIN}/2026-03-01/Heat (1995)/poster.jpg"] == jpeg("theirs")


async def test_two_foreign_files_of_one_name_are_both_kept(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    await shelf.picture(movie_id, "poster", jpeg("ours"))
    for mark in ("first", "second", "first"):
        (shelf.root / "Heat (1995)/poster.jpg").write_bytes(jpeg(mark))
        await shelf.publish(movie_id)
    kept = shelf.root / BIN / "2026-03-01" / "Heat (1995)"
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == {
        "poster.jpg": jpeg("first"),
        "poster (2).jpg": jpeg("second"),
    }


async def test_what_we_wrote_for_another_film_is_not_foreign(shelf: Shelf) -> None:
    first = await heat(shelf)
    await shelf.picture(first, "poster", jpeg("first"))
    await shelf.publish(first)
    async with shelf.db.transaction() as conn:
        await conn.execute("UPDATE movies SET deleted_at = now(), file_path = file_path || '.old'")
    second = await shelf.film("Heat (1995)/Heat 4K.mkv")
    await shelf.picture(second, "poster", jpeg("second"))
    await shelf.publish(second)
    assert (shelf.root / "Heat (1995)/poster.jpg").read_bytes() == jpeg("second")
    assert not (shelf.root / BIN).exists()
    assert set(await shelf.recorded(second)) == {"Heat (1995)/poster.jpg", "Heat (1995)/movie.nfo"}
    assert await shelf.recorded(first) == {}


# What is ours and planned no more


async def test_the_file_of_a_cleared_slot_goes_to_the_bin(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    await shelf.picture(movie_id, "poster", jpeg("ours"))
    await shelf.publish(movie_id)
    await shelf.change(movie_id, poster_id=None)
    assert (await shelf.publish(movie_id)).removed == ("poster.jpg",)
    found = content_of(shelf.root)
    assert "Heat (1995)/poster.jpg" not in found
    assert found[f"{BIN}/2026-03-01/Heat (1995)/poster.jpg"] == jpeg("ours")
    assert set(await shelf.recorded(movie_id)) == {"Heat (1995)/movie.nfo"}


async def test_the_file_of_a_cleared_slot_stays_when_a_person_has_changed_it(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    await shelf.picture(movie_id, "poster", jpeg("ours"))
    await shelf.publish(movie_id)
    await shelf.change(movie_id, poster_id=None)
    (shelf.root / "Heat (1995)/poster.jpg").write_bytes(jpeg("theirs"))
    assert (await shelf.publish(movie_id)).removed == ()
    assert (shelf.root / "Heat (1995)/poster.jpg").read_bytes() == jpeg("theirs")
    assert set(await shelf.recorded(movie_id)) == {"Heat (1995)/movie.nfo"}


async def test_a_picture_of_another_type_replaces_the_old_name(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    await shelf.picture(movie_id, "poster", png("ours"), "png")
    await shelf.publish(movie_id)
    await shelf.picture(movie_id, "poster", jpeg("ours"))
    published = await shelf.publish(movie_id)
    assert (published.written, published.removed) == (("poster.jpg",), ("poster.png",))


async def test_after_a_move_the_files_are_where_the_film_is(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    await shelf.picture(movie_id, "poster", jpeg("ours"))
    await shelf.actor(movie_id, "Al Pacino", jpeg("pacino"))
    await shelf.publish(movie_id)
    target = shelf.root / "Heat/Heat.mkv"
    target.parent.mkdir()
    (shelf.root / HEAT).rename(target)
    await shelf.change(movie_id, file_path=str(target))
    await shelf.publish(movie_id)
    found = content_of(shelf.root, with_bin=False)
    assert set(found) == {f"Heat/{name}" for name in ("Heat.mkv", "poster.jpg", ".actors/Al_Pacino.jpg", "movie.nfo")}
    assert list((shelf.root / "Heat (1995)").iterdir()) == []


async def test_a_renamed_folder_is_taken_over_without_writing(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    await shelf.picture(movie_id, "poster", jpeg("ours"))
    await shelf.publish(movie_id)
    (shelf.root / "Heat (1995)").rename(shelf.root / "Heat")
    await shelf.change(movie_id, file_path=str(shelf.root / "Heat/Heat.mkv"))
    before = times_of(shelf.root)
    assert (await shelf.publish(movie_id)).written == ()
    assert times_of(shelf.root) == before
    assert set(await shelf.recorded(movie_id)) == {"Heat/poster.jpg", "Heat/movie.nfo"}


# Films that share a folder


async def test_films_side_by_side_share_the_portrait_of_their_actor(shelf: Shelf) -> None:
    heat_id, ronin_id = await shelf.film("Mix/Heat.mkv"), await shelf.film("Mix/Ronin.mkv")
    for movie_id in (heat_id, ronin_id):
        await shelf.actor(movie_id, "Robert De Niro", jpeg("de niro"))
    async with shelf.db.read() as conn:
        films = [(movie_id, await load_publication(conn, movie_id)) for movie_id in (heat_id, ronin_id)]
    surveys = [(movie_id, film, survey(film, movie_id)) for movie_id, film in films if film is not None]

    outcomes = [
        bring_about(film, movie_id, found, frozenset(), shelf.store, datetime(2026, 3, 1, tzinfo=UTC))
        for movie_id, film, found in surveys
    ]

    assert [outcome.failures for outcome in outcomes] == [(), ()]
    assert outcomes[1].written == ("Ronin.nfo",)
    assert len(outcomes[1].records) == 2
    assert set(content_of(shelf.root / "Mix" / ".actors")) == {"Robert_De_Niro.jpg"}


async def test_a_shared_portrait_stays_when_one_film_loses_the_actor(shelf: Shelf) -> None:
    heat_id, ronin_id = await shelf.film("Mix/Heat.mkv"), await shelf.film("Mix/Ronin.mkv")
    for movie_id in (heat_id, ronin_id):
        await shelf.actor(movie_id, "Robert De Niro", jpeg("de niro"))
        await shelf.publish(movie_id)
    async with shelf.db.transaction() as conn:
        await conn.execute("DELETE FROM movie_actors WHERE movie_id = $1", ronin_id)
    assert (await shelf.publish(ronin_id)).removed == ()
    assert set(content_of(shelf.root / "Mix" / ".actors")) == {"Robert_De_Niro.jpg"}


async def test_the_portrait_of_an_actor_who_left_goes_with_its_empty_folder(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    await shelf.actor(movie_id, "Al Pacino", jpeg("pacino"))
    await shelf.publish(movie_id)
    async with shelf.db.transaction() as conn:
        await conn.execute("DELETE FROM movie_actors")
    assert (await shelf.publish(movie_id)).removed == (".actors/Al_Pacino.jpg",)
    assert not (shelf.root / "Heat (1995)/.actors").exists()


async def test_a_file_that_changes_in_this_moment_is_left_and_tried_again(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    await shelf.picture(movie_id, "poster", jpeg("ours"))
    async with shelf.db.read() as conn:
        film = await load_publication(conn, movie_id)
    assert film is not None
    found = survey(film, movie_id)
    (shelf.root / "Heat (1995)/poster.jpg").write_bytes(jpeg("theirs"))
    outcome = bring_about(film, movie_id, found, frozenset(), shelf.store, datetime(2026, 3, 1, tzinfo=UTC))
    assert "changed by somebody else" in outcome.failures[0]
    assert (shelf.root / "Heat (1995)/poster.jpg").read_bytes() == jpeg("theirs")


# Mode, owner, links


async def test_a_replaced_file_keeps_its_mode_and_owner(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    await shelf.publish(movie_id)
    nfo = shelf.root / "Heat (1995)/movie.nfo"
    nfo.chmod(0o664)
    if os.geteuid() == 0:
        os.chown(nfo, 1234, 5678)
    owner = (nfo.stat().st_uid, nfo.stat().st_gid)
    await shelf.change(movie_id, plot="Another.")
    assert (await shelf.publish(movie_id)).written == ("movie.nfo",)
    assert stat.S_IMODE(nfo.stat().st_mode) == 0o664
    assert (nfo.stat().st_uid, nfo.stat().st_gid) == owner


async def test_a_new_file_takes_mode_and_owner_of_the_video(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    video = shelf.root / HEAT
    video.chmod(0o755)
    if os.geteuid() == 0:
        os.chown(video, 1234, 5678)
    await shelf.publish(movie_id)
    nfo = (shelf.root / "Heat (1995)/movie.nfo").stat()
    assert stat.S_IMODE(nfo.st_mode) == 0o644
    assert (nfo.st_uid, nfo.st_gid) == (video.stat().st_uid, video.stat().st_gid)


async def test_a_symbolic_link_is_replaced_and_its_target_left_alone(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    await shelf.picture(movie_id, "poster", jpeg("ours"))
    outside = shelf.root.parent / "private.jpg"
    outside.write_bytes(jpeg("private"))
    (shelf.root / "Heat (1995)/poster.jpg").symlink_to(outside)
    await shelf.publish(movie_id)
    assert outside.read_bytes() == jpeg("private")
    found = content_of(shelf.root)
    assert found["Heat (1995)/poster.jpg"] == jpeg("ours")
    assert found[f"{BIN}/2026-03-01/Heat (1995)/poster.jpg"] == f"-> {outside}".encode()
    assert await shelf.candidates("movie", movie_id) == []


async def test_a_folder_that_leads_out_of_the_library_gets_nothing(shelf: Shelf) -> None:
    outside = shelf.root.parent / "outside"
    outside.mkdir()
    (shelf.root / "Other").mkdir()
    (shelf.root / "Heat (1995)").symlink_to(outside)
    movie_id = await heat(shelf)
    with pytest.raises(PublishFailed, match="leads out of the library"):
        await shelf.publish(movie_id)
    assert [path.name for path in outside.iterdir()] == ["Heat.mkv"]


async def test_an_actors_folder_that_is_a_link_gets_nothing_and_the_rest_is_written(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    await shelf.actor(movie_id, "Al Pacino", jpeg("pacino"))
    outside = shelf.root.parent / "outside"
    outside.mkdir()
    (shelf.root / "Heat (1995)/.actors").symlink_to(outside)
    with pytest.raises(PublishFailed, match="not a folder"):
        await shelf.publish(movie_id)
    assert list(outside.iterdir()) == []
    assert (shelf.root / "Heat (1995)/movie.nfo").exists()


# Where it must not happen


async def test_a_film_in_the_trash_is_not_published(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    async with shelf.db.transaction() as conn:
        await conn.execute("UPDATE movies SET deleted_at = now()")
    with pytest.raises(Discard):
        await shelf.publish(movie_id)
    assert set(content_of(shelf.root)) == {HEAT}


async def test_a_film_that_nobody_knows_is_left_as_it_is_until_a_person_edits_it(shelf: Shelf) -> None:
    movie_id = await heat(shelf, identification_status="unidentified")
    with pytest.raises(Discard):
        await shelf.publish(movie_id)
    assert set(content_of(shelf.root)) == {HEAT}
    await shelf.change(movie_id, title_locked=True)
    assert (await shelf.publish(movie_id)).written == ("movie.nfo",)


async def test_a_folder_renamed_while_the_job_waited_is_not_made_anew(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    (shelf.root / "Heat (1995)").rename(shelf.root / "Heat")
    with pytest.raises(Discard, match="no longer there"):
        await shelf.publish(movie_id)
    assert [path.name for path in shelf.root.iterdir()] == ["Heat"]


async def test_an_offline_library_is_waited_for(shelf: Shelf, clock: ManualClock) -> None:
    movie_id = await heat(shelf)
    shelf.root.rename(shelf.root.parent / "elsewhere")
    with pytest.raises(Snooze) as missing:
        await shelf.publish(movie_id)
    assert missing.value.until > clock.now()
    shelf.root.mkdir()
    with pytest.raises(Snooze, match="empty"):
        await shelf.publish(movie_id)
    assert list(shelf.root.iterdir()) == []


@pytest.mark.parametrize("state", ["missing", "empty", "shrunk", "replaced"])
async def test_nothing_is_written_while_the_scanner_doubts_the_disk(shelf: Shelf, state: str) -> None:
    movie_id = await heat(shelf)
    async with shelf.db.transaction() as conn:
        await conn.execute("UPDATE libraries SET mount_state = $1", state)
    with pytest.raises(Snooze):
        await shelf.publish(movie_id)
    assert set(content_of(shelf.root)) == {HEAT}


async def test_an_unknown_film_has_nothing_to_publish(shelf: Shelf) -> None:
    with pytest.raises(Discard):
        await shelf.publish(4711)


# What goes wrong


def failing(monkeypatch: pytest.MonkeyPatch, name: str, number: int, *, after: int = 0) -> None:
    """Let `os.<name>` fail from its `after`-th call on."""
    real = getattr(os, name)
    calls = iter(range(1_000_000))

    def fail(*arguments: Any, **options: Any) -> Any:
        if next(calls) >= after:
            raise OSError(number, os.strerror(number))
        return real(*arguments, **options)

    monkeypatch.setattr(os, name, fail)


async def test_a_full_disk_leaves_what_lay_there_and_no_temporary_file(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    movie_id = await heat(shelf)
    await shelf.picture(movie_id, "poster", jpeg("first"))
    await shelf.publish(movie_id)
    before = content_of(shelf.root)
    await shelf.picture(movie_id, "poster", jpeg("second"))
    with monkeypatch.context() as patch:
        failing(patch, "write", errno.ENOSPC)
        with pytest.raises(PublishFailed, match="disk is full"):
            await shelf.publish(movie_id)
    assert content_of(shelf.root) == before
    assert "disk is full" in str(await shelf.problem(movie_id))

    await shelf.publish(movie_id)
    assert (shelf.root / "Heat (1995)/poster.jpg").read_bytes() == jpeg("second")
    assert await shelf.problem(movie_id) is None


async def test_too_little_room_is_noticed_before_anything_is_written(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    movie_id = await heat(shelf)
    monkeypatch.setattr("metarr_publisher.folder.Folder.free_bytes", lambda _folder: 1000)
    with pytest.raises(PublishFailed, match=r"disk is full: .* needed"):
        await shelf.publish(movie_id)
    assert set(content_of(shelf.root)) == {HEAT}


async def test_a_folder_without_permission_is_told_with_user_and_path(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    movie_id = await heat(shelf)
    monkeypatch.setattr("metarr_publisher.folder.Folder.create", refuse)
    with pytest.raises(PublishFailed):
        await shelf.publish(movie_id)
    said = str(await shelf.problem(movie_id))
    assert "no permission" in said
    assert f"user {os.geteuid()} and group {os.getegid()}" in said
    assert str(shelf.root / "Heat (1995)/movie.nfo") in said


def refuse(*_: object, **__: object) -> None:
    raise PermissionError(errno.EACCES, "Permission denied")


async def test_a_folder_in_the_way_is_told_and_the_rest_is_written(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    await shelf.picture(movie_id, "poster", jpeg("ours"))
    (shelf.root / "Heat (1995)/poster.jpg").mkdir()
    with pytest.raises(PublishFailed, match=r"poster\.jpg: a folder is in the way"):
        await shelf.publish(movie_id)
    assert (shelf.root / "Heat (1995)/movie.nfo").exists()
    assert set(await shelf.recorded(movie_id)) == {"Heat (1995)/movie.nfo"}


async def test_a_picture_that_the_store_has_lost_is_told_and_the_old_one_stays(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    await shelf.picture(movie_id, "poster", jpeg("first"))
    await shelf.publish(movie_id)
    await shelf.picture(movie_id, "poster", jpeg("second"))
    os.unlink(shelf.store.path(f"{sha256(jpeg('second'))}.jpg"))
    with pytest.raises(PublishFailed, match="missing from the store"):
        await shelf.publish(movie_id)
    assert (shelf.root / "Heat (1995)/poster.jpg").read_bytes() == jpeg("first")


async def test_a_damaged_picture_never_reaches_the_library(shelf: Shelf) -> None:
    movie_id = await heat(shelf)
    await shelf.picture(movie_id, "poster", jpeg("ours"))
    Path(shelf.store.path(f"{sha256(jpeg('ours'))}.jpg")).write_bytes(b"rot")
    with pytest.raises(PublishFailed, match="damaged"):
        await shelf.publish(movie_id)
    assert set(content_of(shelf.root)) == {HEAT, "Heat (1995)/movie.nfo"}


async def test_a_failed_job_is_tried_again_and_shows_why(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    movie_id = await heat(shelf)
    monkeypatch.setattr("metarr_publisher.folder.Folder.create", refuse)
    with pytest.raises(PublishFailed):
        await shelf.publish(movie_id)
    async with shelf.db.read() as conn:
        (job,) = await conn.fetch("SELECT status, retry_count, error_message FROM job_queue")
    assert (job["status"], job["retry_count"]) == ("pending", 1)
    assert "no permission" in job["error_message"]


# The bin


async def test_the_bin_keeps_for_thirty_days_by_its_recorded_date(shelf: Shelf, clock: ManualClock) -> None:
    movie_id = await heat(shelf)
    await shelf.picture(movie_id, "poster", jpeg("ours"))
    (shelf.root / "Heat (1995)/poster.jpg").write_bytes(jpeg("theirs"))
    os.utime(shelf.root / "Heat (1995)/poster.jpg", (0, 0))
    await shelf.publish(movie_id)
    clock.advance(timedelta(days=30).total_seconds())
    await shelf.empty_bin()
    assert (shelf.root / BIN / "2026-03-01/Heat (1995)/poster.jpg").exists()
    clock.advance(timedelta(days=1).total_seconds())
    await shelf.empty_bin()
    assert list((shelf.root / BIN).iterdir()) == []


async def test_a_bin_on_a_disk_without_hard_links_holds_copies(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    movie_id = await heat(shelf)
    await shelf.picture(movie_id, "poster", jpeg("ours"))
    (shelf.root / "Heat (1995)/poster.jpg").write_bytes(jpeg("theirs"))
    failing(monkeypatch, "link", errno.EPERM)
    await shelf.publish(movie_id)
    found = content_of(shelf.root)
    assert found[f"{BIN}/2026-03-01/Heat (1995)/poster.jpg"] == jpeg("theirs")
    assert len(found) == 4


async def test_a_series_has_nothing_to_publish_yet(shelf: Shelf) -> None:
    with pytest.raises(Discard, match="series"):
        await shelf._run_job(shelf.handlers, PublishItem(entity_type="series", entity_id=1))


async def test_a_persons_picture_that_was_chosen_as_it_lay_there_goes_to_the_bin_when_another_is_chosen(
    shelf: Shelf,
) -> None:
    movie_id = await heat(shelf)
    poster = shelf.root / "Heat (1995)/poster.jpg"
    poster.write_bytes(jpeg("from the attic"))
    asset_id = await shelf.picture(movie_id, "poster", jpeg("from the attic"))
    async with shelf.db.transaction() as conn:
        await conn.execute(
            "UPDATE cache_assets SET source_type = 'local', source_url = $2 WHERE id = $1", asset_id, poster.as_uri()
        )
    await shelf.publish(movie_id)
    await shelf.picture(movie_id, "poster", jpeg("another"))
    await shelf.publish(movie_id)
    assert poster.read_bytes() == jpeg("another")
    assert jpeg("from the attic") in content_of(shelf.root / BIN).values()
