"""The artwork of a film comes into the store, the best of it is shown, and what a person has locked stays."""

import asyncio
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from metarr.blobs import BlobStore
from metarr.db.database import Database
from metarr.domain.movie import ASSET_SLOTS
from metarr.errors import Discard, ProviderRateLimited, ProviderUnavailable, Retry, Transient
from metarr.messages.facts import AssetsChosen
from metarr.messages.jobs import CacheAssets
from metarr_cache.intake import Intake
from metarr_cache.jobs import Handlers
from metarr_cache.local import uri_of
from support import pictures
from support.artwork import add_actor, add_candidate, add_collection, add_library, add_movie, row, snapshot
from support.gallery import Gallery
from support.running import RunJob

WRITTEN = ("movies", "movie_collections", "actors", "cache_assets", "asset_candidates", "asset_references", "problems",
           "field_history")  # fmt: skip
BASE = "https://image.test"


class House(Struct, kw_only=True):
    """One library with one film, the store, what the network holds, and a way to run the job."""

    db: Database
    root: Path
    store: BlobStore
    gallery: Gallery
    handlers: Handlers
    library: int
    movie: int
    run_job: RunJob

    async def cache(self, movie: int | None = None) -> AssetsChosen:
        fact: AssetsChosen = await self.run_job(
            self.handlers, CacheAssets(entity_type="movie", entity_id=movie or self.movie)
        )
        return fact

    async def offer(self, asset_type: str, data: bytes | Exception | None, **more: Any) -> int:
        """A candidate of a provider, and what is found at its address."""
        number = len(self.gallery._at)
        url = self.gallery.hang(f"{BASE}/{asset_type}/{number}.jpg", data)  # type: ignore[arg-type]
        return await add_candidate(self.db, more.pop("entity_id", self.movie), asset_type, url, **more)

    async def beside(self, name: str, data: bytes, asset_type: str = "poster", **more: Any) -> int:
        """A picture that lies beside the film and that the scanner has listed."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        found = path.stat()
        values = {"file_size": found.st_size, "mtime_ns": found.st_mtime_ns, **more}
        return await add_candidate(self.db, self.movie, asset_type, uri_of(str(path)), source_type="local", **values)

    async def shown(self, slot: str = "poster", movie: int | None = None) -> dict[str, Any] | None:
        """The cache_assets row that a slot of the film shows."""
        asset_id = (await row(self.db, "movies", movie or self.movie))[f"{slot}_id"]
        return await row(self.db, "cache_assets", asset_id) if asset_id else None

    async def bytes_shown(self, slot: str = "poster") -> bytes | None:
        asset = await self.shown(slot)
        return self.store.read(asset["file_path"]) if asset else None

    async def candidate(self, number: int) -> dict[str, Any]:
        return await row(self.db, "asset_candidates", number)

    async def complaint(self) -> str | None:
        async with self.db.read() as conn:
            message: str | None = await conn.fetchval(
                "SELECT message FROM problems WHERE entity_id = $1 AND area = 'artwork'", self.movie
            )
        return message

    async def set(self, key: str, value: str) -> None:
        async with self.db.read() as conn:
            await conn.execute("INSERT INTO app_settings (key, value) VALUES ($1, $2)", key, value)


@pytest.fixture
async def house(db: Database, run_job: RunJob, library_root: Path, tmp_path: Path) -> House:
    store = BlobStore(str(tmp_path / "data" / "cache" / "assets"))
    gallery = Gallery()
    library = await add_library(db, str(library_root))
    movie = await add_movie(db, library, f"{library_root}/Alien (1979)/Alien.mkv")
    return House(
        db=db,
        root=library_root,
        store=store,
        gallery=gallery,
        handlers=Handlers(store, Intake(store, gallery)),
        library=library,
        movie=movie,
        run_job=run_job,
    )


async def test_the_best_candidate_of_each_slot_is_fetched_and_shown(house: House) -> None:
    good = pictures.poster(seed=1, width=1000, height=1500)
    best = await house.offer("poster", good, width=1000, height=1500, language="en", vote_average=6.0, vote_count=40)
    other = await house.offer("poster", pictures.poster(seed=2), width=500, height=750, language="fr")
    await house.offer("logo", pictures.clear_logo(), language="en", likes=4)
    fact = await house.cache()
    assert fact == AssetsChosen(
        entity_type="movie", entity_id=house.movie, changed=("poster", "logo"), publishable=True
    )
    assert await house.bytes_shown("poster") == good
    assert await house.bytes_shown("fanart") is None
    assert len(house.gallery.asked) == 2
    chosen, rest = await house.candidate(best), await house.candidate(other)
    assert (chosen["status"], chosen["reason"]) == ("chosen", "highest score")
    assert [part["name"] for part in chosen["score_parts"]] == ["resolution", "aspect", "language", "votes", "provider"]
    assert chosen["score"] == pytest.approx(sum(part["points"] for part in chosen["score_parts"]))
    assert rest["status"] == "candidate"
    assert rest["score"] < chosen["score"]


async def test_a_stored_picture_tells_what_it_is_and_where_it_came_from(house: House) -> None:
    await house.offer("poster", pictures.poster(), width=500, height=750)
    await house.cache()
    asset = await house.shown()
    assert asset is not None
    assert (asset["width"], asset["height"], asset["mime_type"]) == (500, 750, "image/jpeg")
    assert (asset["source_type"], asset["provider_name"], asset["reference_count"]) == ("provider", "tmdb", 1)
    assert asset["source_url"].startswith(BASE)
    assert (
        asset["file_path"]
        == f"cache/assets/{asset['content_hash'][:2]}/{asset['content_hash'][2:4]}/{asset['content_hash']}.jpg"
    )


async def test_a_second_run_fetches_nothing_and_writes_nothing(house: House) -> None:
    for slot in ("poster", "fanart"):
        await house.offer(slot, getattr(pictures, slot)(seed=1), language="en", likes=9)
        await house.offer(slot, getattr(pictures, slot)(seed=2), language="en", likes=1)
    await house.offer("banner", None)
    await house.beside("logo.png", pictures.HTML, "logo")
    await house.beside("folder.jpg", pictures.poster(seed=3))
    actor = await add_actor(house.db, house.movie, "Sigourney Weaver")
    await house.offer("thumb", pictures.poster(seed=4), entity_type="actor", entity_id=actor)
    await house.cache()
    before, asked = await snapshot(house.db, *WRITTEN), len(house.gallery.asked)
    fact = await house.cache()
    assert fact.changed == ()
    assert await snapshot(house.db, *WRITTEN) == before
    assert len(house.gallery.asked) == asked


async def test_what_turns_out_smaller_than_promised_yields_to_the_next(house: House) -> None:
    liar = await house.offer("poster", pictures.poster(seed=1, width=300, height=450), width=2000, height=3000, likes=9)
    await house.offer("poster", honest := pictures.poster(seed=2), width=500, height=750)
    await house.cache()
    assert await house.bytes_shown() == honest
    judged = await house.candidate(liar)
    assert (judged["status"], judged["reason"]) == ("candidate", "300 x 450 is smaller than 500 x 700")


@pytest.mark.parametrize(
    ("found", "status", "reason"),
    [
        (pictures.HTML, "failed", "HTML page"),
        (pictures.SVG, "failed", "SVG"),
        (pictures.png_bomb(), "failed", "pixels"),
        (pictures.poster()[:-3000], "failed", "cut off"),
        (None, "failed", "404"),
        (ProviderUnavailable("tmdb", "did not answer within 30 s"), "candidate", "30 s"),
    ],
)
async def test_what_cannot_be_had_says_why_and_the_next_one_is_taken(
    house: House, found: bytes | Exception | None, status: str, reason: str
) -> None:
    bad = await house.offer("poster", found, width=2000, height=3000, language="en", likes=20)
    await house.offer("poster", good := pictures.poster(seed=2), width=500, height=750)
    await house.cache()
    assert await house.bytes_shown() == good
    judged = await house.candidate(bad)
    assert judged["status"] == status
    assert reason in judged["reason"]
    assert await house.complaint() is None


async def test_what_failed_for_good_is_not_asked_for_again_before_a_week_has_gone(house: House) -> None:
    gone = await house.offer("poster", None, likes=9)
    await house.cache()
    await house.cache()
    assert len(house.gallery.asked) == 1
    async with house.db.transaction() as conn:
        await conn.execute("ALTER TABLE asset_candidates DISABLE TRIGGER touch_updated_at")
        await conn.execute("UPDATE asset_candidates SET updated_at = now() - interval '8 days'")
        await conn.execute("ALTER TABLE asset_candidates ENABLE TRIGGER touch_updated_at")
    await house.cache()
    await house.cache()
    assert len(house.gallery.asked) == 2
    assert (await house.candidate(gone))["status"] == "failed"


async def test_when_nothing_can_be_had_the_film_says_so_and_stays_publishable(house: House) -> None:
    await house.offer("poster", None)
    await house.offer("poster", pictures.HTML)
    fact = await house.cache()
    assert fact.publishable
    assert fact.changed == ()
    complaint = await house.complaint()
    assert complaint is not None
    assert complaint.startswith("poster: 2 found, none could be had")


async def test_the_job_comes_back_for_a_poster_whose_source_has_trouble_and_then_goes_on_without(house: House) -> None:
    url = await house.offer("poster", ProviderRateLimited("tmdb", "asks to wait 40 s", after=timedelta(seconds=40)))
    with pytest.raises(Retry) as raised:
        await house.cache()
    assert raised.value.after == timedelta(seconds=40)
    async with house.db.read() as conn:
        await conn.execute("UPDATE job_queue SET retry_count = 2, next_retry_at = NULL, ready_seq = 1")
    fact = await house.cache()
    assert fact.publishable
    assert (await house.candidate(url))["status"] == "candidate"
    assert "asks to wait" in (await house.complaint() or "")


async def test_a_film_with_a_poster_does_not_wait_for_a_source_in_trouble(house: House) -> None:
    await house.beside("poster.jpg", mine := pictures.poster())
    await house.offer("poster", ProviderUnavailable("tmdb", "has trouble"), width=2000, height=3000, likes=20)
    await house.cache()
    assert await house.bytes_shown() == mine


async def test_local_artwork_is_taken_in_all_of_it_and_shown_where_nothing_is_better(house: House) -> None:
    poster = await house.beside("poster.jpg", data := pictures.poster())
    spare = await house.beside("folder.png", pictures.encoded(pictures.photo(300, 450, seed=7), "PNG"))
    fact = await house.cache()
    assert fact.changed == ("poster",)
    assert await house.bytes_shown() == data
    asset = await house.shown()
    assert asset is not None
    assert (asset["source_type"], asset["provider_name"]) == ("local", None)
    assert (await house.candidate(poster))["status"] == "chosen"
    assert (await house.candidate(spare))["cache_asset_id"] is not None
    assert (await row(house.db, "movies", house.movie))["poster_locked"] is False


async def test_local_artwork_is_locked_where_the_person_wants_it_so(house: House) -> None:
    await house.set("scan.lock_local_assets", "true")
    await house.beside("poster.jpg", pictures.poster())
    await house.offer("fanart", pictures.fanart())
    await house.cache()
    film = await row(house.db, "movies", house.movie)
    assert (film["poster_locked"], film["fanart_locked"]) == (True, False)


async def test_a_local_file_that_was_replaced_is_read_again(house: House) -> None:
    candidate = await house.beside("poster.jpg", pictures.poster(seed=1))
    await house.cache()
    new = pictures.poster(seed=2)
    (house.root / "poster.jpg").write_bytes(new)
    async with house.db.read() as conn:
        await conn.execute("UPDATE asset_candidates SET file_size = $2 WHERE id = $1", candidate, len(new))
    fact = await house.cache()
    assert fact.changed == ("poster",)
    assert await house.bytes_shown() == new


async def test_a_local_file_that_is_gone_leaves_what_was_taken_in(house: House) -> None:
    candidate = await house.beside("poster.jpg", data := pictures.poster())
    await house.cache()
    async with house.db.read() as conn:
        await conn.execute("DELETE FROM asset_candidates WHERE id = $1", candidate)
    (house.root / "poster.jpg").unlink()
    assert (await house.cache()).changed == ()
    assert await house.bytes_shown() == data


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _link_out(path: Path) -> None:
    outside = path.parent.parent / "outside.jpg"
    outside.write_bytes(pictures.poster())
    path.symlink_to(outside)


def _unreadable(path: Path) -> None:
    path.write_bytes(pictures.poster())
    path.chmod(0)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.write_bytes(pictures.HTML), "HTML page"),
        (lambda path: path.write_bytes(b""), "empty"),
        (lambda path: path.mkdir(), "not a file"),
        (lambda path: None, "not there any more"),
        (_fifo, "not a file"),
        (_link_out, "leads out of the library"),
        pytest.param(_unreadable, "may not read", marks=pytest.mark.skipif(os.geteuid() == 0, reason="root reads all")),
    ],
)
async def test_a_local_file_that_is_no_picture_is_named_with_the_reason(
    house: House, make: Callable[[Path], object], reason: str
) -> None:
    path = house.root / "poster.jpg"
    make(path)
    candidate = await add_candidate(house.db, house.movie, "poster", uri_of(str(path)), source_type="local")
    await house.cache()
    judged = await house.candidate(candidate)
    assert judged["status"] == "failed"
    assert reason in judged["reason"]
    assert (await house.complaint() or "").startswith("poster: poster.jpg cannot be used")


async def test_a_complaint_goes_when_its_cause_is_gone(house: House) -> None:
    await house.beside("poster.jpg", pictures.HTML)
    await house.cache()
    assert await house.complaint()
    (house.root / "poster.jpg").write_bytes(pictures.poster())
    await house.cache()
    assert await house.complaint() is None
    assert await house.shown()


async def test_nothing_is_concluded_from_a_library_that_is_not_mounted(house: House) -> None:
    candidate = await house.beside("poster.jpg", pictures.poster())
    await house.offer("poster", good := pictures.poster(seed=2))
    house.root.rename(house.root.with_name("unplugged"))
    await house.cache()
    assert (await house.candidate(candidate))["status"] == "candidate"
    assert await house.bytes_shown() == good


@pytest.mark.parametrize("slot", ASSET_SLOTS)
async def test_a_locked_slot_stays_whatever_arrives(house: House, slot: str) -> None:
    first = await house.offer(slot, pictures.poster(seed=1))
    async with house.db.transaction() as conn:
        await conn.execute(f"UPDATE movies SET {slot}_locked = true WHERE id = $1", house.movie)
    await house.offer(slot, pictures.poster(seed=2), width=2000, height=3000, language="en", likes=20)
    await house.beside(f"{slot}.jpg", pictures.poster(seed=3, width=1000, height=1500), slot)
    fact = await house.cache()
    assert fact.changed == ()
    assert await house.shown(slot) is None
    assert house.gallery.asked == []
    assert (await house.candidate(first))["status"] == "candidate"


async def test_a_lock_that_is_set_while_the_job_works_counts(house: House) -> None:
    await house.offer("fanart", pictures.fanart())

    class LocksMeanwhile(Gallery):
        async def fetch_bytes(self, url: str, *, priority: int = 5) -> bytes | None:
            async with house.db.read() as conn:
                await conn.execute("UPDATE movies SET poster_locked = true WHERE id = $1", house.movie)
            return await house.gallery.fetch_bytes(url, priority=priority)

    candidate = await house.offer("poster", pictures.poster(), likes=3)
    house.handlers = Handlers(house.store, Intake(house.store, LocksMeanwhile()))
    fact = await house.cache()
    assert fact.changed == ("fanart",)
    assert await house.shown("poster") is None
    assert (await house.candidate(candidate))["status"] == "candidate"


async def test_a_better_picture_takes_the_place_of_the_one_shown(house: House) -> None:
    old = await house.offer("poster", pictures.poster(seed=1), language="en", likes=1)
    await house.cache()
    before = await house.shown()
    new = await house.offer(
        "poster", better := pictures.poster(seed=2), width=2000, height=3000, language="en", likes=9
    )
    assert (await house.candidate(new))["status"] == "candidate"
    await house.set("assets.weights", '{"resolution": 0}')
    fact = await house.cache()
    assert fact.changed == ("poster",)
    assert await house.bytes_shown() == better
    assert [(await house.candidate(one))["status"] for one in (old, new)] == ["candidate", "chosen"]
    assert before is not None
    assert (await row(house.db, "cache_assets", before["id"]))["reference_count"] == 0


async def test_a_change_is_noted_in_the_films_history(house: House) -> None:
    await house.offer("poster", pictures.poster())
    await house.cache()
    asset = await house.shown()
    async with house.db.read() as conn:
        (noted,) = await conn.fetch("SELECT * FROM field_history WHERE entity_id = $1", house.movie)
    assert asset is not None
    assert (noted["field"], noted["old_value"], noted["new_value"]) == ("poster", None, asset["content_hash"])
    assert noted["source"] == "tmdb"


async def test_the_pictures_of_another_film_go_when_the_right_one_is_known(house: House) -> None:
    wrong = await house.offer("logo", pictures.clear_logo(), language="en", likes=20)
    await house.cache()
    async with house.db.read() as conn:
        await conn.execute("DELETE FROM asset_candidates WHERE id = $1", wrong)
    await house.offer("poster", pictures.poster())
    fact = await house.cache()
    assert set(fact.changed) == {"poster", "logo"}
    assert await house.shown("logo") is None


async def test_two_that_look_the_same_are_not_both_offered(house: House) -> None:
    original = pictures.photo(1000, 1500, seed=5)
    await house.offer("poster", pictures.encoded(original), width=1000, height=1500, likes=9)
    twin = await house.beside("poster.jpg", pictures.encoded(original.resize((600, 900)), quality=60))
    await house.set("assets.weights", '{"provider": 0, "votes": 60, "language": 0}')
    await house.cache()
    judged = await house.candidate(twin)
    assert (judged["status"], judged["reason"]) == ("rejected", "looks the same as a better one")


async def test_the_same_bytes_for_two_films_are_stored_once_and_counted_twice(house: House, tmp_path: Path) -> None:
    other = await add_movie(house.db, house.library, f"{house.root}/Aliens (1986)/Aliens.mkv")
    data = pictures.poster()
    await house.offer("poster", data)
    await house.offer("poster", data, entity_id=other)
    await house.cache()
    await house.cache(other)
    mine, theirs = await house.shown(), await house.shown(movie=other)
    assert mine == theirs
    assert mine is not None
    assert mine["reference_count"] == 2
    files = [path for path in (tmp_path / "data" / "cache" / "assets").rglob("*") if path.is_file()]
    assert len(files) == 1


async def test_jobs_that_share_people_sets_and_pictures_do_not_get_into_each_others_way(house: House) -> None:
    movies = [house.movie]
    movies += [await add_movie(house.db, house.library, f"{house.root}/{n}/{n}.mkv") for n in range(5)]
    collection = await add_collection(house.db, *movies)
    await house.offer("poster", pictures.poster(seed=50), entity_type="collection", entity_id=collection)
    people = [await add_actor(house.db, movies[0], f"Person {n}", order=n) for n in range(6)]
    for movie in movies[1:]:
        for order, n in enumerate(reversed(range(6))):
            await add_actor(house.db, movie, f"Person {n}", order=order)
    for person in people:
        await house.offer("thumb", pictures.poster(seed=person % 3), entity_type="actor", entity_id=person)
    for n, movie in enumerate(movies):
        slots = ("poster", "fanart") if n % 2 else ("fanart", "poster")
        for slot in slots:
            data = pictures.poster(seed=60) if slot == "poster" else pictures.fanart(seed=61)
            await house.offer(slot, data, entity_id=movie)
    facts = await asyncio.gather(*(house.cache(movie) for movie in movies))
    assert all({"poster", "fanart"} <= set(fact.changed) for fact in facts)
    poster = await house.shown()
    assert poster is not None
    assert poster["reference_count"] == len(movies)
    thumbs = [(await row(house.db, "actors", person))["thumb_id"] for person in people]
    assert None not in thumbs
    set_poster = (await row(house.db, "movie_collections", collection))["poster_id"]
    assert (await row(house.db, "cache_assets", set_poster))["reference_count"] == 1


async def test_the_sets_poster_and_backdrop_are_chosen_with_its_films(house: House) -> None:
    collection = await add_collection(house.db, house.movie)
    await house.offer("poster", pictures.poster(), entity_type="collection", entity_id=collection)
    await house.offer("fanart", pictures.fanart(), entity_type="collection", entity_id=collection)
    async with house.db.read() as conn:
        await conn.execute("UPDATE movie_collections SET fanart_locked = true")
    fact = await house.cache()
    found = await row(house.db, "movie_collections", collection)
    assert found["poster_id"] is not None
    assert found["fanart_id"] is None
    assert fact.changed == ()


async def test_a_portrait_is_fetched_once_for_all_films_of_a_person(house: House) -> None:
    other = await add_movie(house.db, house.library, f"{house.root}/Aliens/Aliens.mkv")
    actor = await add_actor(house.db, house.movie, "Sigourney Weaver")
    await add_actor(house.db, other, "Sigourney Weaver")
    await house.offer("thumb", pictures.poster(), entity_type="actor", entity_id=actor)
    fact = await house.cache()
    await house.offer("thumb", pictures.poster(seed=2), entity_type="actor", entity_id=actor, likes=20)
    again = await house.cache(other)
    assert (fact.changed, again.changed) == (("actors",), ())
    assert len(house.gallery.asked) == 1
    assert (await row(house.db, "actors", actor))["thumb_id"] is not None


async def test_a_person_without_a_picture_stays_without_and_nobody_is_troubled(house: House) -> None:
    actor = await add_actor(house.db, house.movie, "Sigourney Weaver")
    await house.offer("thumb", None, entity_type="actor", entity_id=actor)
    fact = await house.cache()
    assert fact.changed == ()
    assert await house.complaint() is None


async def test_no_portrait_is_fetched_where_nobody_wants_them(house: House) -> None:
    await house.set("publish.actor_images", "false")
    actor = await add_actor(house.db, house.movie, "Sigourney Weaver")
    await house.offer("thumb", pictures.poster(), entity_type="actor", entity_id=actor)
    await house.cache()
    assert house.gallery.asked == []


@pytest.mark.parametrize("file_name", ["Sigourney_Weaver.jpg", "sigourney weaver.jpg"])
async def test_a_portrait_beside_the_film_is_preferred_and_found_by_name(house: House, file_name: str) -> None:
    actor = await add_actor(house.db, house.movie, "Sigourney Weaver")
    await house.offer("thumb", pictures.poster(width=1000, height=1500), entity_type="actor", entity_id=actor, likes=20)
    await house.cache()
    await _portrait(house, file_name, data := pictures.poster(seed=8, width=200, height=300))
    fact = await house.cache()
    assert fact.changed == ("actors",)
    thumb = (await row(house.db, "actors", actor))["thumb_id"]
    assert house.store.read((await row(house.db, "cache_assets", thumb))["file_path"]) == data
    before = await snapshot(house.db, *WRITTEN)
    assert (await house.cache()).changed == ()
    assert await snapshot(house.db, *WRITTEN) == before


async def test_what_metarr_wrote_itself_is_no_news(house: House) -> None:
    actor = await add_actor(house.db, house.movie, "Sigourney Weaver")
    await _portrait(house, "Sigourney_Weaver.jpg", pictures.poster(seed=8), published=True)
    own = await house.beside("poster.jpg", pictures.poster(seed=1))
    await _publish(house, house.root / "poster.jpg", "poster")
    await house.cache()
    assert (await row(house.db, "actors", actor))["thumb_id"] is None
    judged = await house.candidate(own)
    assert (judged["status"], judged["reason"]) == ("rejected", "Metarr wrote this file itself")
    assert await house.complaint() is None


async def _portrait(house: House, name: str, data: bytes, *, published: bool = False) -> None:
    path = house.root / "Alien (1979)" / ".actors" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    if published:
        await _publish(house, path, "actor_image")
    async with house.db.read() as conn:
        await conn.execute(
            "INSERT INTO local_files (library_id, entity_type, entity_id, path, kind, file_size, mtime_ns, detail) "
            "VALUES ($1, 'movie', $2, $3, 'actor_image', $4, $5, $6)",
            house.library,
            house.movie,
            str(path),
            len(data),
            path.stat().st_mtime_ns,
            {"name": name.rpartition(".")[0].replace("_", " ")},
        )


async def _publish(house: House, path: Path, kind: str) -> None:
    async with house.db.read() as conn:
        await conn.execute(
            "INSERT INTO published_files (entity_type, entity_id, path, kind, content_hash, file_size, mtime_ns) "
            "VALUES ('movie', $1, $2, $3, $4, $5, $6)",
            house.movie,
            str(path),
            kind,
            "0" * 64,
            path.stat().st_size,
            path.stat().st_mtime_ns,
        )


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"x" * path.stat().st_size)])
@pytest.mark.parametrize("locked", [False, True])
async def test_a_picture_that_is_lost_from_the_store_is_fetched_again(
    house: House, tmp_path: Path, damage: Callable[[Path], object], *, locked: bool
) -> None:
    await house.offer("poster", data := pictures.poster())
    await house.cache()
    asset = await house.shown()
    assert asset is not None
    async with house.db.read() as conn:
        await conn.execute("UPDATE movies SET poster_locked = $1", locked)
    damage(tmp_path / "data" / asset["file_path"])
    before = await snapshot(house.db, "movies", "cache_assets")
    assert (await house.cache()).changed == ()
    assert await house.bytes_shown() == data
    assert await snapshot(house.db, "movies", "cache_assets") == before


async def test_a_picture_that_is_lost_for_good_is_complained_about_and_yields_where_it_may(
    house: House, tmp_path: Path
) -> None:
    first = await house.offer("poster", pictures.poster(seed=1), likes=20)
    await house.offer("logo", pictures.clear_logo())
    await house.cache()
    poster, logo = await house.shown("poster"), await house.shown("logo")
    assert poster is not None
    assert logo is not None
    async with house.db.read() as conn:
        await conn.execute("UPDATE movies SET logo_locked = true")
    house.handlers = Handlers(house.store, Intake(house.store, Gallery()))
    for asset in (poster, logo):
        (tmp_path / "data" / asset["file_path"]).unlink()
    await house.beside("poster.jpg", spare := pictures.poster(seed=2))
    fact = await house.cache()
    assert fact.changed == ("poster",)
    assert await house.bytes_shown("poster") == spare
    assert (await house.candidate(first))["status"] == "failed"
    assert await house.shown("logo") == logo
    assert await house.complaint() == "logo: the picture is gone from the store and cannot be had again"


async def test_bytes_that_another_service_put_into_the_store_are_looked_at_before_they_are_judged(house: House) -> None:
    blob = house.store.put(data := pictures.poster(), "jpg")
    async with house.db.read() as conn:
        asset = await conn.fetchval(
            "INSERT INTO cache_assets (content_hash, file_path, file_size, mime_type, source_type) "
            "VALUES ($1, $2, $3, 'image/jpeg', 'local') RETURNING id",
            blob.content_hash,
            blob.path,
            blob.size,
        )
    adopted = {"source_type": "local", "cache_asset_id": asset, "file_size": blob.size}
    await add_candidate(house.db, house.movie, "poster", "file:///bin/poster.jpg", **adopted)
    await house.cache()
    assert await house.bytes_shown() == data
    described = await row(house.db, "cache_assets", asset)
    assert (described["width"], described["height"]) == (500, 750)
    assert described["perceptual_hash"] is not None


async def test_a_full_disk_fails_the_job_and_changes_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise Transient("nothing can be written to the store: No space left on device")

    await house.offer("poster", pictures.poster())
    before = await snapshot(house.db, *WRITTEN)
    monkeypatch.setattr(house.store, "put", full)
    with pytest.raises(Transient, match="No space left"):
        await house.cache()
    assert await snapshot(house.db, *WRITTEN) == before


async def test_an_unidentified_film_gets_its_artwork_but_is_not_published(house: House) -> None:
    movie = await add_movie(house.db, house.library, f"{house.root}/x.mkv", status="unidentified")
    await house.offer("poster", pictures.poster(), entity_id=movie)
    fact = await house.cache(movie)
    assert (fact.changed, fact.publishable) == (("poster",), False)


async def test_a_film_that_is_gone_ends_its_job(house: House) -> None:
    async with house.db.read() as conn:
        await conn.execute("UPDATE movies SET deleted_at = now()")
    with pytest.raises(Discard):
        await house.cache()
    with pytest.raises(Discard):
        await house.cache(999)
    with pytest.raises(Discard, match="series"):
        await house.run_job(house.handlers, CacheAssets(entity_type="series", entity_id=1))
