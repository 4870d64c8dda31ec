"""Takes in a picture that a person gave, by address or by upload, as a candidate; choosing it is the API's transaction."""

import asyncio
import os
import re
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from metarr.db import Connection, Database
from metarr.db.queries.assets import SLOT_TABLES, CandidateRow, load_candidates, load_home
from metarr.db.queries.assets_writing import Judgement, NewAsset, NewCandidate, judge, put_assets, put_candidates
from metarr.db.queries.settings import load_settings
from metarr.domain.scoring import Candidate, Taste, score
from metarr.domain.scoring_slots import slot_of
from metarr.domain.taste import taste_for
from metarr.errors import Invalid, MetarrError, NotFound
from metarr.messages.jobs import HIGH
from metarr.messages.requests import ImageStored, StoreImage
from metarr_cache.intake import Failure, Intake, Kept, kept_from
from metarr_cache.judging import parts_of

UPLOAD_DIR = "uploads"
"""Below the data directory; the API puts a file there, this service takes it away."""

_UPLOAD_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")


class _Item(Struct, frozen=True, kw_only=True):
    """Whose picture it is to be."""

    root: str | None
    taste: Taste
    candidates: tuple[CandidateRow, ...]


class Uploads:
    """Answers StoreImage."""

    def __init__(self, db: Database, intake: Intake, data_dir: str) -> None:
        self._db = db
        self._intake = intake
        self._folder = str(Path(data_dir) / UPLOAD_DIR)

    async def store_image(self, asked: StoreImage) -> ImageStored:
        """The candidate, or in words why there is none. The uploaded file is gone afterwards either way."""
        try:
            return ImageStored(candidate_id=await self._store(asked))
        except MetarrError as refusal:
            return ImageStored(refused=str(refusal))
        finally:
            if asked.upload is not None and _UPLOAD_NAME.fullmatch(asked.upload):
                with suppress(FileNotFoundError):
                    os.unlink(os.path.join(self._folder, asked.upload))

    async def _store(self, asked: StoreImage) -> int:
        async with self._db.read() as conn:
            item = await _item(conn, asked)
        known = next((row for row in item.candidates if row.source_url == asked.url), None)
        kept = await self._take(asked, item, known)
        if isinstance(kept, Failure):
            raise Invalid(kept.reason)
        async with self._db.transaction() as conn:
            return await _note(conn, asked, item, known, kept)

    async def _take(self, asked: StoreImage, item: _Item, known: CandidateRow | None) -> Kept | Failure:
        if asked.upload is not None:
            return await self._take_upload(asked.upload)
        if asked.url is None:
            raise Invalid("neither an address nor a file was given")
        if known is not None:
            have = kept_from(known.asset) if known.asset is not None else None
            return await self._intake.bring(known.source_url, root=item.root, priority=HIGH, have=have)
        return await self._intake.download(asked.url, priority=HIGH)

    async def _take_upload(self, name: str) -> Kept | Failure:
        if not _UPLOAD_NAME.fullmatch(name):
            raise Invalid("this is not the name of an uploaded file")
        await asyncio.to_thread(os.makedirs, self._folder, exist_ok=True)
        return await self._intake.read(os.path.join(self._folder, name), self._folder)


async def _item(conn: Connection, asked: StoreImage) -> _Item:
    if asked.entity_type not in SLOT_TABLES or asked.asset_type not in SLOT_TABLES[asked.entity_type][1]:
        raise Invalid(f"a {asked.entity_type} has no {asked.asset_type}")
    home = await load_home(conn, (asked.entity_type, asked.entity_id))
    if home is None:
        raise NotFound(f"{asked.entity_type} {asked.entity_id} does not exist")
    settings = await load_settings(conn, home.library_id)
    candidates = await load_candidates(conn, [(asked.entity_type, asked.entity_id)])
    return _Item(
        root=home.root,
        taste=taste_for(settings, asked.entity_type, asked.asset_type),
        candidates=tuple(row for row in candidates if row.asset_type == asked.asset_type),
    )


async def _note(conn: Connection, asked: StoreImage, item: _Item, known: CandidateRow | None, kept: Kept) -> int:
    source_url = f"upload:{kept.content_hash}" if asked.upload is not None else asked.url or ""
    asset = NewAsset(
        content_hash=kept.content_hash,
        file_path=kept.file_path,
        file_size=kept.file_size,
        mime_type=kept.mime_type,
        width=kept.width,
        height=kept.height,
        perceptual_hash=kept.perceptual_hash,
        source_type=known.source_type if known else "user",
        source_url=source_url,
        provider_name=known.provider_name if known else None,
    )
    asset_id = (await put_assets(conn, [asset]))[kept.content_hash]
    if known is not None:
        await judge(conn, [_brought(known, kept, asset_id)])
        return known.id
    given = Candidate(id=0, source_type="user", width=kept.width, height=kept.height)
    scored = score(given, slot_of(asked.entity_type, asked.asset_type), item.taste)
    (number,) = await put_candidates(
        conn,
        [
            NewCandidate(
                entity_type=asked.entity_type,
                entity_id=asked.entity_id,
                asset_type=asked.asset_type,
                source_type="user",
                source_url=source_url,
                file_size=kept.file_size,
                width=kept.width,
                height=kept.height,
                score=scored.points,
                score_parts=parts_of(scored),
                cache_asset_id=asset_id,
                perceptual_hash=kept.perceptual_hash,
            )
        ],
    )
    return number


def _brought(known: CandidateRow, kept: Kept, asset_id: int) -> Judgement:
    return Judgement(
        candidate_id=known.id,
        status="candidate" if known.status == "failed" else known.status,
        reason=None if known.status == "failed" else known.reason,
        score=known.score,
        score_parts=known.score_parts,
        cache_asset_id=asset_id,
        perceptual_hash=kept.perceptual_hash,
        width=kept.width,
        height=kept.height,
        file_size=kept.file_size,
        same_as=known.same_as,
    )
