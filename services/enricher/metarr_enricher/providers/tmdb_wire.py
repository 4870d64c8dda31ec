"""What TMDB's API v3 sends, as far as it is used. All but ids of films may be missing or null; unknown fields are passed over."""

from msgspec import Struct


class Named(Struct, frozen=True, kw_only=True):
    name: str = ""


class Person(Struct, frozen=True, kw_only=True):
    """An entry of cast or crew; `order` is the billing, from 0."""

    id: int | None = None
    name: str = ""
    character: str | None = None
    order: int | None = None
    job: str | None = None
    profile_path: str | None = None


class Credits(Struct, frozen=True, kw_only=True):
    cast: tuple[Person, ...] = ()
    crew: tuple[Person, ...] = ()


class Image(Struct, frozen=True, kw_only=True):
    """`iso_639_1` null means that there is no text on it."""

    file_path: str = ""
    width: int | None = None
    height: int | None = None
    iso_639_1: str | None = None
    vote_average: float | None = None
    vote_count: int | None = None


class Images(Struct, frozen=True, kw_only=True):
    posters: tuple[Image, ...] = ()
    backdrops: tuple[Image, ...] = ()
    logos: tuple[Image, ...] = ()


class Release(Struct, frozen=True, kw_only=True):
    """`type`: 1 premiere, 2 limited, 3 theatrical, 4 digital, 5 physical, 6 TV."""

    certification: str | None = None
    type: int | None = None


class CountryReleases(Struct, frozen=True, kw_only=True):
    iso_3166_1: str = ""
    release_dates: tuple[Release, ...] = ()


class Releases(Struct, frozen=True, kw_only=True):
    results: tuple[CountryReleases, ...] = ()


class ExternalIds(Struct, frozen=True, kw_only=True):
    imdb_id: str | None = None


class TranslatedTexts(Struct, frozen=True, kw_only=True):
    title: str | None = None
    overview: str | None = None
    tagline: str | None = None


class Translation(Struct, frozen=True, kw_only=True):
    iso_639_1: str = ""
    iso_3166_1: str | None = None
    data: TranslatedTexts = TranslatedTexts()


class Translations(Struct, frozen=True, kw_only=True):
    translations: tuple[Translation, ...] = ()


class AlternativeTitle(Struct, frozen=True, kw_only=True):
    title: str = ""


class AlternativeTitles(Struct, frozen=True, kw_only=True):
    titles: tuple[AlternativeTitle, ...] = ()


class Collection(Struct, frozen=True, kw_only=True):
    id: int
    name: str = ""
    poster_path: str | None = None
    backdrop_path: str | None = None


class Movie(Struct, frozen=True, kw_only=True):
    """`/movie/{id}` with everything appended; `release_date` may be an empty text."""

    id: int
    title: str = ""
    original_title: str | None = None
    original_language: str | None = None
    overview: str | None = None
    tagline: str | None = None
    release_date: str | None = None
    runtime: int | None = None
    imdb_id: str | None = None
    vote_average: float | None = None
    vote_count: int | None = None
    genres: tuple[Named, ...] | None = None
    production_companies: tuple[Named, ...] | None = None
    belongs_to_collection: Collection | None = None
    credits: Credits | None = None
    images: Images | None = None
    release_dates: Releases | None = None
    external_ids: ExternalIds | None = None
    translations: Translations | None = None
    alternative_titles: AlternativeTitles | None = None


class Found(Struct, frozen=True, kw_only=True):
    """An entry of a list of films."""

    id: int
    title: str = ""
    original_title: str | None = None
    overview: str | None = None
    poster_path: str | None = None
    popularity: float = 0.0
    release_date: str | None = None


class SearchResults(Struct, frozen=True, kw_only=True):
    results: tuple[Found, ...] = ()


class FindResults(Struct, frozen=True, kw_only=True):
    movie_results: tuple[Found, ...] = ()
