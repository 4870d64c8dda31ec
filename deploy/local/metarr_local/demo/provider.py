"""The stand-in for TMDB, fanart.tv and OMDb: their answers about the catalogue's films, served from this machine."""

import json
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from metarr_local.demo import pictures
from metarr_local.demo.catalogue import BY_ID, BY_IMDB, FILMS, Film

API_KEY = "demo-key"
_IMAGE_SIZES = {"poster": 3, "fanart": 2}
"""How many pictures of a kind TMDB offers here; all others one."""


@contextmanager
def stand_in(remembered: Path) -> Iterator[dict[str, str]]:
    """Serve on this machine for the time of the block; gives the variables that point Metarr to it.

    The port is kept in the file `remembered`, so that addresses of pictures stay what they were at the last run.
    """
    server = _listen(remembered)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="stand-in", daemon=True)
    thread.start()
    try:
        yield variables(f"http://127.0.0.1:{server.server_address[1]}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _listen(remembered: Path) -> ThreadingHTTPServer:
    port = int(remembered.read_text()) if remembered.exists() else 0
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    except OSError:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    remembered.write_text(str(server.server_address[1]))
    return server


def variables(origin: str) -> dict[str, str]:
    """The environment that sends Metarr's questions to this stand-in."""
    return {
        "METARR_TMDB_URL": f"{origin}/3",
        "METARR_TMDB_IMAGE_URL": f"{origin}/t/p",
        "METARR_FANARTTV_URL": f"{origin}/v3",
        "METARR_OMDB_URL": f"{origin}/omdb",
        "METARR_TMDB_API_KEY": API_KEY,
        "METARR_FANARTTV_API_KEY": API_KEY,
        "METARR_OMDB_API_KEY": API_KEY,
    }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        words = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path.startswith("/t/p/") or parts.path.startswith("/fanart/"):
            self._send_picture(parts.path)
            return
        origin = f"http://{self.headers.get('Host', '127.0.0.1')}"
        answer = answer_to(parts.path, words, origin)
        body = json.dumps(answer if answer is not None else _NOT_FOUND).encode()
        self._send(200 if answer is not None else 404, "application/json;charset=utf-8", body)

    def log_message(self, *_: object) -> None:
        """The demo shows what Metarr does, not what it asks."""

    def _send_picture(self, path: str) -> None:
        name = path.rsplit("/", 1)[1].rsplit(".", 1)[0]
        kind, _, rest = name.partition("-")
        key, _, variant = rest.rpartition("-")
        size = path.split("/")[3] if path.startswith("/t/p/") else "original"
        width = int(size[1:]) if size.startswith("w") and size[1:].isdigit() else None
        film = BY_ID.get(int(key)) if key.isdigit() else None
        if kind not in pictures.SIZES or not variant.isdigit():
            self._send(404, "text/html", b"<html>no such picture</html>")
            return
        title = film.title if film and kind != "portrait" else _name(key)
        body = pictures.draw(kind, title, int(variant), width)
        self._send(200, "image/png" if kind in pictures.TRANSPARENT else "image/jpeg", body)

    def _send(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


_NOT_FOUND = {"success": False, "status_code": 34, "status_message": "The resource you requested could not be found."}


def answer_to(path: str, words: dict[str, str], origin: str) -> Any:
    """What the provider that owns this path says; None for "not found"."""
    match path.strip("/").split("/"):
        case ["3", "search", "movie"]:
            found = [_brief(film) for film in _search(words.get("query", ""), words)]
            return {"page": 1, "results": found, "total_pages": 1, "total_results": len(found)}
        case ["3", "find", imdb_id]:
            film = BY_IMDB.get(imdb_id)
            return {"movie_results": [_brief(film)] if film else [], "tv_results": []}
        case ["3", "movie", number] if number.isdigit() and int(number) in BY_ID:
            return _full(BY_ID[int(number)])
        case ["3", "movie", imdb_id] if imdb_id in BY_IMDB:
            return _full(BY_IMDB[imdb_id])
        case ["3", "collection", number]:
            return _collection(int(number)) if number.isdigit() else None
        case ["3", "configuration"]:
            return {"images": {"secure_base_url": f"{origin}/t/p/"}}
        case ["v3", "movies", key]:
            film = BY_ID.get(int(key)) if key.isdigit() else BY_IMDB.get(key)
            return _fanart(film, origin) if film else None
        case ["omdb"]:
            return _omdb(BY_IMDB.get(words.get("i", "")))
    return None


def _search(query: str, words: dict[str, str]) -> list[Film]:
    wanted = _plain(query)
    year = words.get("primary_release_year") or words.get("year")
    found = [
        film for film in FILMS if wanted and (wanted in _plain(film.title) or wanted in _plain(film.original_title))
    ]
    return [film for film in found if not year or str(film.year) == year]


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in folded if letter.isalnum())


def _brief(film: Film) -> dict[str, Any]:
    return {
        "id": film.id,
        "title": film.title,
        "original_title": film.original_title,
        "original_language": film.language,
        "overview": film.overview,
        "release_date": film.release_date,
        "popularity": film.votes / 100,
        "vote_average": film.rating,
        "vote_count": film.votes,
        "poster_path": f"/poster-{film.id}-0.jpg",
        "backdrop_path": f"/fanart-{film.id}-0.jpg",
        "adult": False,
        "genre_ids": [],
    }


def _full(film: Film) -> dict[str, Any]:
    return _brief(film) | {
        "imdb_id": film.imdb_id,
        "runtime": film.runtime,
        "tagline": film.tagline,
        "status": "Released",
        "genres": [{"id": index, "name": name} for index, name in enumerate(film.genres, 1)],
        "production_companies": [{"id": index, "name": name} for index, name in enumerate(film.studios, 1)],
        "belongs_to_collection": _set(film),
        "credits": _credits(film),
        "images": _images(film),
        "release_dates": {
            "results": [{"iso_3166_1": "US", "release_dates": [{"certification": film.certification, "type": 3}]}]
        },
        "external_ids": {"imdb_id": film.imdb_id},
        "alternative_titles": {"titles": []},
        "translations": {"translations": []},
        "videos": {"results": []},
    }


def _set(film: Film) -> dict[str, Any] | None:
    if film.collection is None:
        return None
    number = film.collection.id
    return {
        "id": number,
        "name": film.collection.name,
        "poster_path": f"/poster-{number}-0.jpg",
        "backdrop_path": f"/fanart-{number}-0.jpg",
    }


def _credits(film: Film) -> dict[str, Any]:
    cast = [
        {
            "id": person.id,
            "name": person.name,
            "character": person.character,
            "order": order,
            "profile_path": f"/portrait-{person.id}-0.jpg",
        }
        for order, person in enumerate(film.cast)
    ]
    crew = [
        {"id": person.id, "name": person.name, "job": person.job, "department": "", "profile_path": None}
        for person in film.crew
    ]
    return {"cast": cast, "crew": crew}


def _images(film: Film) -> dict[str, Any]:
    kinds = {"posters": "poster", "backdrops": "fanart"} | ({"logos": "logo"} if film.logo else {})
    return {
        name: [_image(film, kind, variant) for variant in range(_IMAGE_SIZES.get(kind, 1))]
        for name, kind in kinds.items()
    }


def _image(film: Film, kind: str, variant: int) -> dict[str, Any]:
    width, height = pictures.SIZES[kind]
    textless = kind == "fanart" or variant == 2
    return {
        "file_path": f"/{kind}-{film.id}-{variant}.{pictures.suffix(kind)}",
        "width": width,
        "height": height,
        "aspect_ratio": round(width / height, 3),
        "iso_639_1": None if textless else "en",
        "vote_average": round(5.8 - variant * 0.4, 3),
        "vote_count": 40 - variant * 12,
    }


def _collection(number: int) -> dict[str, Any] | None:
    films = [film for film in FILMS if film.collection and film.collection.id == number]
    if not films or films[0].collection is None:
        return None
    return {"id": number, "name": films[0].collection.name, "overview": "", "parts": [_brief(film) for film in films]}


def _fanart(film: Film, origin: str) -> dict[str, Any]:
    def picture(kind: str, number: int) -> dict[str, str]:
        url = f"{origin}/fanart/{kind}-{film.id}-7.{pictures.suffix(kind)}"
        return {"id": str(film.id * 10 + number), "url": url, "lang": "en", "likes": str(3 + number)}

    return {
        "name": film.title,
        "tmdb_id": str(film.id),
        "imdb_id": film.imdb_id,
        "hdmovieclearart": [picture("clearart", 1)],
        "moviebanner": [picture("banner", 2)],
        "moviethumb": [picture("thumb", 3)],
        "moviedisc": [picture("discart", 4) | {"disc": "1", "disc_type": "bluray"}],
    } | ({"hdmovielogo": [picture("logo", 5)]} if film.logo else {})


def _omdb(film: Film | None) -> dict[str, Any]:
    if film is None:
        return {"Response": "False", "Error": "Incorrect IMDb ID."}
    return {
        "Response": "True",
        "Title": film.title,
        "Year": str(film.year),
        "imdbID": film.imdb_id,
        "imdbRating": str(film.imdb_rating),
        "imdbVotes": f"{film.imdb_votes:,}",
        "Type": "movie",
    }


def _name(key: str) -> str:
    names = {str(person.id): person.name for film in FILMS for person in film.cast}
    names |= {str(film.collection.id): film.collection.name for film in FILMS if film.collection}
    return names.get(key, key)
