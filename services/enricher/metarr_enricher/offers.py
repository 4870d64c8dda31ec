"""The pictures that a film's providers offer, noted as candidates of the film, its collection and its cast."""

from collections.abc import Iterable, Sequence

from metarr.db import Connection
from metarr.db.queries.candidates import Offer, store_offers, withdraw_offers
from metarr.db.queries.movies import CastRow, MovieRow, load_cast, load_collection_id
from metarr.domain.merge import SourcedAnswer
from metarr.domain.movie import ASSET_SLOTS, ActorCredit
from metarr_enricher.asking import Replies, Reply
from metarr_enricher.protocol import Artwork

PORTRAIT = "thumb"
_FETCHABLE = ("http://", "https://")


async def store_artwork(
    conn: Connection, film: MovieRow, replies: Replies, answers: Sequence[SourcedAnswer], *, other_film: bool
) -> None:
    """Note what is on offer, and forget what those who answered offer no longer."""
    cast = await load_cast(conn, film.id)
    offers = [*_portraits(cast, answers)]
    for reply in replies:
        if reply.artwork is None:
            continue
        collection = await _collection(conn, film, reply)
        offers += _offers(reply.source, reply.artwork, film.id, collection)
    await store_offers(conn, offers)
    locked = frozenset(film.locks).intersection(ASSET_SLOTS)
    for reply in replies:
        if reply.artwork is not None:
            urls = [picture.url for picture in reply.artwork if picture.of == "movie"]
            await withdraw_offers(
                conn, "movie", film.id, reply.source, urls, other_film=other_film, locked_slots=locked
            )


async def _collection(conn: Connection, film: MovieRow, reply: Reply) -> int | None:
    """Our row of the collection that a reply has pictures of, while the film belongs to it."""
    said = reply.metadata.collection if reply.metadata else None
    if said is None or said.tmdb_collection_id is None:
        return None
    return await load_collection_id(conn, film.id, said.tmdb_collection_id)


def _offers(source: str, artwork: Iterable[Artwork], movie_id: int, collection_id: int | None) -> list[Offer]:
    owners = {"movie": movie_id, "collection": collection_id}
    return [
        Offer(
            entity_type=picture.of,
            entity_id=owner,
            asset_type=picture.asset_type,
            provider_name=source,
            source_url=picture.url,
            width=picture.width,
            height=picture.height,
            language=picture.language,
            vote_average=picture.vote_average,
            vote_count=picture.vote_count,
            likes=picture.likes,
        )
        for picture in artwork
        if (owner := owners[picture.of]) is not None
    ]


def _portraits(cast: Sequence[CastRow], answers: Sequence[SourcedAnswer]) -> list[Offer]:
    """A portrait of everybody in the cast that some source has one of."""
    return [
        Offer(
            entity_type="actor",
            entity_id=actor.id,
            asset_type=PORTRAIT,
            provider_name=answer.source,
            source_url=credit.thumb_url,
        )
        for actor in cast
        for answer in answers
        for credit in answer.metadata.actors or ()
        if credit.thumb_url and credit.thumb_url.startswith(_FETCHABLE) and _is(actor, credit)
    ]


def _is(actor: CastRow, credit: ActorCredit) -> bool:
    if actor.tmdb_id is not None and credit.tmdb_id is not None:
        return actor.tmdb_id == credit.tmdb_id
    return actor.name.casefold() == credit.name.casefold()
