"""From TMDB's words to ours: a film, its people, its pictures."""

from collections.abc import Iterable, Sequence
from datetime import date

from metarr.domain.movie import ActorCredit, CollectionRef, CrewCredit, CrewRole, MovieMetadata
from metarr_enricher.protocol import Artwork, MovieAnswer, Taste
from metarr_enricher.providers import tmdb_texts
from metarr_enricher.providers.tmdb_wire import Collection, Image, Images, Movie, Person

CREW_ROLES: dict[str, CrewRole] = {
    "Director": "director",
    "Writer": "writer",
    "Screenplay": "writer",
    "Story": "writer",
    "Producer": "producer",
    "Executive Producer": "producer",
    "Original Music Composer": "composer",
}
"""The jobs that count (BEHAVIOUR.md 2.3); within a role in this order."""

MOST_PICTURES = 40
"""Of one kind and language, the best rated ones: a famous film has hundreds."""

_JOBS = list(CREW_ROLES)


def answer(movie: Movie, taste: Taste, image_address: str) -> MovieAnswer:
    """All that TMDB says about a film."""
    return MovieAnswer(
        metadata=_metadata(movie, taste, image_address),
        artwork=(
            *_artwork(movie.images or Images(), image_address),
            *_collection_artwork(movie.belongs_to_collection, image_address),
        ),
        titles=_titles(movie),
    )


def parse_date(text: str | None) -> date | None:
    """A date, or None for what is none: TMDB sends empty texts."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def image_url(image_address: str, path: str, size: str = "original") -> str:
    return f"{image_address.rstrip('/')}/{size}{path}"


def _metadata(movie: Movie, taste: Taste, image_address: str) -> MovieMetadata:
    released = parse_date(movie.release_date)
    voted = bool(movie.vote_count)
    return MovieMetadata(
        title=tmdb_texts.title(movie, taste.languages),
        original_title=movie.original_title or None,
        tagline=tmdb_texts.tagline(movie, taste.languages),
        plot=tmdb_texts.overview(movie, taste.languages),
        runtime=movie.runtime or None,
        year=released.year if released else None,
        release_date=released,
        content_rating=tmdb_texts.certification(movie.release_dates, taste.countries),
        tmdb_id=movie.id,
        imdb_id=(movie.external_ids.imdb_id if movie.external_ids else None) or movie.imdb_id or None,
        tmdb_rating=round(movie.vote_average, 2) if voted and movie.vote_average else None,
        tmdb_votes=movie.vote_count if voted else None,
        genres=_names(genre.name for genre in movie.genres or ()),
        studios=_names(company.name for company in movie.production_companies or ()),
        actors=_cast(movie.credits.cast if movie.credits else (), taste.max_actors, image_address),
        crew=_crew(movie.credits.crew if movie.credits else ()),
        collection=_collection(movie.belongs_to_collection),
        original_language=movie.original_language or None,
    )


def _names(names: Iterable[str]) -> tuple[str, ...] | None:
    return tuple(dict.fromkeys(name.strip() for name in names if name.strip())) or None


def _cast(cast: Sequence[Person], most: int, image_address: str) -> tuple[ActorCredit, ...] | None:
    billed = sorted(cast, key=lambda person: len(cast) if person.order is None else person.order)[:most]
    return (
        tuple(
            ActorCredit(
                name=person.name,
                role=(person.character or "").strip() or None,
                sort_order=place,
                tmdb_id=person.id,
                thumb_url=image_url(image_address, person.profile_path) if person.profile_path else None,
            )
            for place, person in enumerate(billed)
            if person.name
        )
        or None
    )


def _crew(crew: Sequence[Person]) -> tuple[CrewCredit, ...] | None:
    known = sorted(
        (person for person in crew if person.job in CREW_ROLES), key=lambda person: _JOBS.index(person.job or "")
    )
    return (
        tuple(
            CrewCredit(name=person.name, role=CREW_ROLES[person.job or ""], tmdb_id=person.id)
            for person in known
            if person.name
        )
        or None
    )


def _collection(collection: Collection | None) -> CollectionRef | None:
    if collection is None or not collection.name:
        return None
    return CollectionRef(name=collection.name, tmdb_collection_id=collection.id)


def _titles(movie: Movie) -> tuple[str, ...]:
    alternative = movie.alternative_titles.titles if movie.alternative_titles else ()
    translated = movie.translations.translations if movie.translations else ()
    names = (movie.title, movie.original_title, *(a.title for a in alternative), *(t.data.title for t in translated))
    return tuple(dict.fromkeys(name for name in names if name))


def _artwork(images: Images, image_address: str) -> list[Artwork]:
    # A backdrop with the title on it is what players show as landscape.
    titled = tuple(image for image in images.backdrops if image.iso_639_1)
    kinds = (("poster", images.posters), ("fanart", images.backdrops), ("thumb", titled), ("logo", images.logos))
    return [_picture(kind, image, image_address) for kind, offered in kinds for image in _best(offered)]


def _best(offered: Sequence[Image]) -> list[Image]:
    """Without drawings (svg), which are no pictures for us, and only the best of each language."""
    kept: dict[str | None, list[Image]] = {}
    for image in sorted(offered, key=lambda image: (-(image.vote_average or 0), -(image.vote_count or 0))):
        peers = kept.setdefault(image.iso_639_1, [])
        if len(peers) < MOST_PICTURES and image.file_path and not image.file_path.lower().endswith(".svg"):
            peers.append(image)
    return [image for peers in kept.values() for image in peers]


def _picture(asset_type: str, image: Image, image_address: str) -> Artwork:
    return Artwork(
        asset_type=asset_type,
        url=image_url(image_address, image.file_path),
        width=image.width,
        height=image.height,
        language=image.iso_639_1 or None,
        vote_average=image.vote_average,
        vote_count=image.vote_count,
    )


def _collection_artwork(collection: Collection | None, image_address: str) -> list[Artwork]:
    if collection is None:
        return []
    offered = (("poster", collection.poster_path), ("fanart", collection.backdrop_path))
    return [
        Artwork(asset_type=kind, url=image_url(image_address, path), of="collection") for kind, path in offered if path
    ]
