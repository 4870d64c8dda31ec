"""HTTP calls per film for enriching one whose id is known, counted where they arrive: at a stand-in for the providers.

Ours is one enricher process with keys for TMDB, fanart.tv and OMDb; nobody fetches pictures here. Aims: one call to each of them,
and none at all for films that were asked about a while ago.
"""

from bench.documents import imdb_id, tmdb_id
from bench.house import House
from bench.table import Row
from metarr.messages.jobs import EnrichItem
from support.film_documents import fanart_film, omdb_film, tmdb_film
from support.provider_stand_in import ProviderStandIn, said
from support.rows import insert_movie

_FILMS = 12
_KEYS = {f"METARR_{name}_API_KEY": "bench-key" for name in ("TMDB", "FANARTTV", "OMDB")}
_PROVIDERS = {"TMDB": "/tmdb/", "fanart.tv": "/fanart/", "OMDb": "/omdb"}


async def run(house: House) -> list[Row]:
    async with ProviderStandIn() as provider:
        _teach(provider)
        jobs = await _films(house)
        addresses = {
            "METARR_TMDB_URL": f"{provider.url}/tmdb",
            "METARR_FANARTTV_URL": f"{provider.url}/fanart",
            "METARR_OMDB_URL": f"{provider.url}/omdb",
        }
        async with house.service("enricher", **_KEYS, **addresses):
            await house.finish(*jobs)
            first = provider.paths()
            await house.finish(*jobs)
            again = provider.paths()[len(first) :]
    rows = [
        _row(f"calls per film: {name}", [path for path in first if path.startswith(at)], 1)
        for name, at in _PROVIDERS.items()
    ]
    others = [path for path in first if not path.startswith(tuple(_PROVIDERS.values()))]
    return [*rows, _row("calls per film: anything else", others, 0), _row("calls per film: asked again", again, 0)]


def _row(name: str, calls: list[str], aim: float) -> Row:
    return Row(
        name=name, ours=f"{len(calls)} for {_FILMS} films", floor="", ratio=len(calls) / _FILMS, at="most", aim=aim
    )


def _teach(provider: ProviderStandIn) -> None:
    for number in range(_FILMS):
        film = tmdb_film(tmdb_id(number), imdb_id=imdb_id(number), external_ids={"imdb_id": imdb_id(number)})
        provider.answer(f"/tmdb/movie/{tmdb_id(number)}", said(film))
        provider.answer(f"/fanart/movies/{tmdb_id(number)}", said(fanart_film()))
    provider.answer("/omdb", said(omdb_film()))


async def _films(house: House) -> list[EnrichItem]:
    """Rows of films whose ids are known, as a scan leaves them."""
    library = await house.start_afresh(house.folder)
    async with house.db.transaction() as conn:
        ids = [
            await insert_movie(
                conn,
                library,
                file_path=f"{house.folder}/{number}.mkv",
                tmdb_id=tmdb_id(number),
                imdb_id=imdb_id(number),
                identification_status="identified",
            )
            for number in range(_FILMS)
        ]
    return [EnrichItem(entity_type="movie", entity_id=film) for film in ids]
