"""A film as TMDB, fanart.tv and OMDb would send it; invented, in the shapes of their documentation."""

from typing import Any

TMDB_ID = 501
IMDB_ID = "tt7000501"


def tmdb_film(tmdb_id: int = TMDB_ID, **more: Any) -> dict[str, Any]:
    """`/movie/{id}` with everything appended."""
    return {
        "id": tmdb_id,
        "title": "The Quiet Harbour",
        "original_title": "Der stille Hafen",
        "original_language": "de",
        "overview": "A pilot comes home.",
        "tagline": "The tide remembers.",
        "release_date": "2011-05-20",
        "runtime": 101,
        "imdb_id": IMDB_ID,
        "vote_average": 7.456,
        "vote_count": 210,
        "budget": 1,
        "genres": [{"id": 18, "name": "Drama"}, {"id": 9648, "name": "Mystery"}],
        "production_companies": [{"id": 1, "name": "Lighthouse Pictures"}],
        "belongs_to_collection": {
            "id": 88,
            "name": "Harbour Collection",
            "poster_path": "/set-poster.jpg",
            "backdrop_path": "/set-backdrop.jpg",
        },
        "credits": {
            "cast": [
                {"id": 2, "name": "Bruno Falk", "character": "The Pilot", "order": 1, "profile_path": None},
                {"id": 1, "name": "Anna Lind", "character": "Marta", "order": 0, "profile_path": "/anna.jpg"},
            ],
            "crew": [
                {"id": 4, "name": "Carl Ohm", "job": "Screenplay"},
                {"id": 3, "name": "Dora Weiss", "job": "Director"},
                {"id": 4, "name": "Carl Ohm", "job": "Story"},
                {"id": 5, "name": "Emil Katz", "job": "Gaffer"},
                {"id": 6, "name": "Frida Noth", "job": "Original Music Composer"},
            ],
        },
        "images": {
            "posters": [
                image("/poster-en.jpg", 2000, 3000, "en", 5.5, 12),
                image("/poster-none.jpg", 1000, 1500, None),
            ],
            "backdrops": [image("/back.jpg", 3840, 2160, None, 5.2, 4), image("/back-en.jpg", 1920, 1080, "en")],
            "logos": [image("/logo.svg", 800, 310, "en"), image("/logo.png", 800, 310, "en", 5.1, 2)],
        },
        "release_dates": {
            "results": [
                {"iso_3166_1": "DE", "release_dates": [{"certification": "12", "type": 3}]},
                {
                    "iso_3166_1": "US",
                    "release_dates": [{"certification": "", "type": 1}, {"certification": "PG-13", "type": 3}],
                },
            ]
        },
        "external_ids": {"imdb_id": IMDB_ID},
        "translations": {
            "translations": [
                {"iso_639_1": "de", "iso_3166_1": "DE", "data": {"title": "", "overview": "Ein Lotse kehrt heim."}},
                {
                    "iso_639_1": "fr",
                    "iso_3166_1": "FR",
                    "data": {"title": "Le Port calme", "tagline": "La marée sait."},
                },
            ]
        },
        "alternative_titles": {"titles": [{"iso_3166_1": "GB", "title": "Harbour of Silence"}]},
        **more,
    }


def image(
    path: str, width: int, height: int, language: str | None, average: float = 0, votes: int = 0
) -> dict[str, Any]:
    return {
        "file_path": path,
        "width": width,
        "height": height,
        "iso_639_1": language,
        "vote_average": average,
        "vote_count": votes,
    }


def found(
    tmdb_id: int = TMDB_ID, title: str = "The Quiet Harbour", released: str = "2011-05-20", **more: Any
) -> dict[str, Any]:
    """One entry of a search."""
    return {"id": tmdb_id, "title": title, "original_title": title, "release_date": released, "popularity": 1.5} | more


def results(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"page": 1, "results": list(entries), "total_pages": 1, "total_results": len(entries)}


def fanart_film() -> dict[str, Any]:
    """`/movies/{id}`."""
    return {
        "name": "The Quiet Harbour",
        "tmdb_id": str(TMDB_ID),
        "movieposter": [{"id": "1", "url": "https://art/poster.jpg", "lang": "en", "likes": "7"}],
        "moviebackground": [{"id": "2", "url": "https://art/back.jpg", "lang": "00", "likes": "3"}],
        "hdmovielogo": [{"id": "3", "url": "https://art/logo.png", "lang": "de", "likes": "1"}],
        "movielogo": [{"id": "4", "url": "https://art/small-logo.png", "lang": "en", "likes": "x"}],
        "hdmovieclearart": [{"id": "5", "url": "https://art/clearart.png", "lang": "en"}],
        "moviebanner": [{"id": "6", "url": "https://art/banner.jpg", "lang": "", "likes": "0"}],
        "moviethumb": [
            {"id": "7", "url": "https://art/thumb.jpg", "lang": "en", "likes": "2", "width": "2000", "height": "1124"}
        ],
        "moviedisc": [
            {"id": "8", "url": "https://art/disc.png", "lang": "en", "disc": "1", "disc_type": "bluray"},
            {"id": "9"},
        ],
    }


def omdb_film() -> dict[str, Any]:
    """`/?i=tt…`."""
    return {
        "Title": "The Quiet Harbour",
        "Rated": "PG",
        "Plot": "A pilot returns.",
        "imdbRating": "7.1",
        "imdbVotes": "12,345",
        "imdbID": IMDB_ID,
        "Response": "True",
    }
