"""NFO documents as they lie beside films: about 6 kB, with ids, ratings, a plot and 25 people; invented."""

from xml.sax.saxutils import escape

_ACTORS = 25
_PLOT = (
    "A lighthouse keeper finds a boat without a crew. What is written in its log makes him follow its course "
    "backwards, from harbour to harbour, into a winter that he thought he had left behind. "
) * 3


def movie_nfo(number: int, title: str, year: int) -> bytes:
    """The NFO of film `number`; its ids follow from the number."""
    people = "".join(_actor(number, place) for place in range(_ACTORS))
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>
<movie>
    <title>{escape(title)}</title>
    <originaltitle>{escape(title)}</originaltitle>
    <sorttitle>{escape(title)}</sorttitle>
    <ratings>
        <rating name="imdb" max="10"><value>{5 + number % 40 / 10:.1f}</value><votes>{1000 + number}</votes></rating>
        <rating name="themoviedb" max="10" default="true"><value>7.1</value><votes>{200 + number}</votes></rating>
    </ratings>
    <year>{year}</year>
    <outline>{_PLOT[:120]}</outline>
    <plot>{_PLOT}</plot>
    <tagline>The tide remembers.</tagline>
    <runtime>{80 + number % 60}</runtime>
    <mpaa>PG-13</mpaa>
    <uniqueid type="tmdb" default="true">{tmdb_id(number)}</uniqueid>
    <uniqueid type="imdb">{imdb_id(number)}</uniqueid>
    <genre>Drama</genre>
    <genre>Mystery</genre>
    <country>Norway</country>
    <set><name>Harbour Collection {number % 50}</name><overview>Films of the coast.</overview></set>
    <credits>Writer {number % 300}</credits>
    <director>Director {number % 200}</director>
    <premiered>{year}-05-20</premiered>
    <studio>Lighthouse Pictures</studio>
    <trailer>https://trailers.example/{number}</trailer>
    <fileinfo><streamdetails><video><codec>h264</codec><width>1920</width><height>1080</height></video></streamdetails></fileinfo>
{people}</movie>
""".encode()


def tmdb_id(number: int) -> int:
    return 100_000 + number


def imdb_id(number: int) -> str:
    return f"tt{7_000_000 + number}"


def _actor(number: int, place: int) -> str:
    return f"""    <actor>
        <name>Player {(number * 7 + place * 13) % 2000}</name>
        <role>Role {place}</role>
        <order>{place}</order>
        <thumb>https://pictures.example/{number}/{place}.jpg</thumb>
    </actor>
"""
