"""A picture that a person gives becomes a candidate, or is refused in words."""

from pathlib import Path

import pytest

from metarr.blobs import BlobStore
from metarr.db.database import Database
from metarr.db.queries.assets_picking import pick_candidate
from metarr.errors import AddressRefused, Transient
from metarr.formats.file_uri import uri_of
from metarr.messages.jobs import CacheAssets
from metarr.messages.requests import ImageStored, StoreImage
from metarr_cache.intake import Intake
from metarr_cache.jobs import Handlers
from metarr_cache.uploads import Uploads
from support import pictures
from support.artwork import add_candidate, add_collection, add_library, add_movie, row, snapshot
from support.decoding import DecodesHere
from support.gallery import Gallery
from support.running import RunJob

URL = "https://mine.test/poster.jpg"


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "uploads").mkdir(parents=True)
    return folder


@pytest.fixture
def store(data_dir: Path) -> BlobStore:
    return BlobStore(str(data_dir / "cache" / "assets"))


@pytest.fixture
def gallery() -> Gallery:
    return Gallery()


@pytest.fixture
def uploads(db: Database, store: BlobStore, gallery: Gallery, data_dir: Path) -> Uploads:
    return Uploads(db, Intake(store, gallery, DecodesHere()), str(data_dir))


@pytest.fixture
async def movie(db: Database, library_root: Path) -> int:
    return await add_movie(db, await add_library(db, str(library_root)), f"{library_root}/Alien/Alien.mkv")


def ask(movie: int, *, asset_type: str = "poster", url: str | None = None, upload: str | None = None) -> StoreImage:
    return StoreImage(entity_type="movie", entity_id=movie, asset_type=asset_type, url=url, upload=upload)


async def test_an_address_becomes_a_candidate_with_its_picture_in_the_store(
    db: Database, uploads: Uploads, store: BlobStore, gallery: Gallery, movie: int
) -> None:
    gallery.hang(URL, data := pictures.poster(width=90, height=140))
    answer = await uploads.store_image(ask(movie, url=URL))
    assert answer.refused is None
    candidate = await row(db, "asset_candidates", answer.candidate_id or 0)
    assert (candidate["source_type"], candidate["source_url"], candidate["status"]) == ("user", URL, "candidate")
    assert (candidate["width"], candidate["height"]) == (90, 140)
    assert candidate["score"] == pytest.approx(sum(part["points"] for part in candidate["score_parts"]))
    asset = await row(db, "cache_assets", candidate["cache_asset_id"])
    assert (asset["source_type"], asset["reference_count"]) == ("user", 0)
    assert store.read(asset["file_path"]) == data


async def test_an_uploaded_file_is_taken_in_and_taken_away(
    db: Database, uploads: Uploads, store: BlobStore, data_dir: Path, movie: int
) -> None:
    (data_dir / "uploads" / "a1b2.upload").write_bytes(data := pictures.clear_logo())
    answer = await uploads.store_image(ask(movie, asset_type="logo", upload="a1b2.upload"))
    candidate = await row(db, "asset_candidates", answer.candidate_id or 0)
    asset = await row(db, "cache_assets", candidate["cache_asset_id"])
    assert store.read(asset["file_path"]) == data
    assert candidate["source_url"] == f"upload:{asset['content_hash']}"
    assert list((data_dir / "uploads").iterdir()) == []


async def test_the_same_upload_twice_is_one_candidate(uploads: Uploads, data_dir: Path, movie: int) -> None:
    answers: list[ImageStored] = []
    for name in ("one", "two"):
        (data_dir / "uploads" / name).write_bytes(pictures.poster())
        answers.append(await uploads.store_image(ask(movie, upload=name)))
    assert answers[0] == answers[1]
    assert answers[0].candidate_id is not None


async def test_a_candidate_that_was_not_fetched_yet_keeps_its_source(
    db: Database, uploads: Uploads, gallery: Gallery, movie: int
) -> None:
    gallery.hang(URL, pictures.poster())
    offered = await add_candidate(db, movie, "poster", URL, likes=3, status="failed", reason="404")
    assert await uploads.store_image(ask(movie, url=URL)) == ImageStored(candidate_id=offered)
    candidate = await row(db, "asset_candidates", offered)
    assert (candidate["source_type"], candidate["provider_name"], candidate["status"]) == (
        "provider",
        "tmdb",
        "candidate",
    )
    assert candidate["cache_asset_id"] is not None


async def test_a_local_candidate_is_read_from_its_library(
    db: Database, uploads: Uploads, library_root: Path, movie: int
) -> None:
    (library_root / "poster.jpg").write_bytes(pictures.poster())
    url = uri_of(str(library_root / "poster.jpg"))
    assert (await uploads.store_image(ask(movie, url=url))).refused is not None
    offered = await add_candidate(db, movie, "poster", url, source_type="local")
    assert await uploads.store_image(ask(movie, url=url)) == ImageStored(candidate_id=offered)


async def test_a_collection_takes_pictures_too(db: Database, uploads: Uploads, gallery: Gallery, movie: int) -> None:
    gallery.hang(URL, pictures.poster())
    collection = await add_collection(db, movie)
    asked = StoreImage(entity_type="collection", entity_id=collection, asset_type="poster", url=URL)
    assert (await uploads.store_image(asked)).candidate_id is not None


async def test_a_picked_upload_survives_the_next_run_of_automation(
    db: Database, uploads: Uploads, store: BlobStore, gallery: Gallery, data_dir: Path, movie: int, run_job: RunJob
) -> None:
    (data_dir / "uploads" / "mine").write_bytes(pictures.poster(width=90, height=140))
    mine = (await uploads.store_image(ask(movie, upload="mine"))).candidate_id or 0
    async with db.transaction() as conn:
        _, asset = await pick_candidate(conn, "movie", movie, "poster", mine)
    better = gallery.hang("https://image.test/1.jpg", pictures.poster(width=2000, height=3000))
    await add_candidate(db, movie, "poster", better, width=2000, height=3000, language="en", likes=20)
    handlers = Handlers(store, Intake(store, gallery, DecodesHere()))
    fact = await run_job(handlers, CacheAssets(entity_type="movie", entity_id=movie))
    assert fact.changed == ()
    assert (await row(db, "movies", movie))["poster_id"] == asset
    chosen = await row(db, "asset_candidates", mine)
    assert (chosen["status"], chosen["reason"]) == ("chosen", "chosen by you")


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (pictures.HTML, "HTML page"),
        (pictures.png_claiming(30000, 30000), "pixels"),
        (None, "404"),
        (AddressRefused("localhost lies in a private network"), "private network"),
        (Transient("the disk is full"), "full"),
    ],
)
async def test_what_is_no_good_is_refused_in_words_and_leaves_no_trace(
    db: Database, uploads: Uploads, gallery: Gallery, movie: int, found: bytes | Transient | None, reason: str
) -> None:
    before = await snapshot(db, "asset_candidates", "cache_assets")
    gallery.hang(URL, found)
    answer = await uploads.store_image(ask(movie, url=URL))
    assert answer.candidate_id is None
    assert reason in (answer.refused or "")
    assert await snapshot(db, "asset_candidates", "cache_assets") == before


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "..", ".hidden", "", "a/b", "x" * 200])
async def test_no_upload_name_leads_out_of_the_upload_folder(
    uploads: Uploads, data_dir: Path, movie: int, name: str
) -> None:
    (data_dir / "secret").write_bytes(pictures.poster())
    answer = await uploads.store_image(ask(movie, upload=name))
    assert answer.refused == "this is not the name of an uploaded file"
    assert (data_dir / "secret").exists()


async def test_a_link_in_the_upload_folder_is_not_followed(uploads: Uploads, data_dir: Path, movie: int) -> None:
    (data_dir / "secret").write_bytes(pictures.poster())
    (data_dir / "uploads" / "link").symlink_to(data_dir / "secret")
    answer = await uploads.store_image(ask(movie, upload="link"))
    assert answer.candidate_id is None
    assert (data_dir / "secret").exists()
    assert not (data_dir / "uploads" / "link").is_symlink()


async def test_what_is_asked_wrongly_is_refused(uploads: Uploads, movie: int) -> None:
    assert (await uploads.store_image(ask(movie))).refused == "neither an address nor a file was given"
    assert "no keyart" in ((await uploads.store_image(ask(movie, asset_type="keyart", url=URL))).refused or "")
    assert "does not exist" in ((await uploads.store_image(ask(999, url=URL))).refused or "")
    assert "not an address" in ((await uploads.store_image(ask(movie, url="ftp://x.test/a.jpg"))).refused or "")
