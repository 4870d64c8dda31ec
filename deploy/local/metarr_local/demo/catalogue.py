"""What the stand-in provider knows: a dozen films of the silent and early sound era, described in our own words."""

from msgspec import Struct


class Credit(Struct, frozen=True, kw_only=True):
    """A person in front of the camera, with the part played."""

    id: int
    name: str
    character: str


class Maker(Struct, frozen=True, kw_only=True):
    """A person behind the camera; `job` in TMDB's words."""

    id: int
    name: str
    job: str


class Set(Struct, frozen=True, kw_only=True):
    """A collection of films."""

    id: int
    name: str


class Film(Struct, frozen=True, kw_only=True):
    """One film. `rating` on 0-10, `runtime` in minutes, `logo` says whether the provider has one."""

    id: int
    imdb_id: str
    title: str
    original_title: str
    language: str
    release_date: str
    runtime: int
    rating: float
    votes: int
    imdb_rating: float
    imdb_votes: int
    certification: str
    tagline: str
    overview: str
    genres: tuple[str, ...]
    studios: tuple[str, ...]
    cast: tuple[Credit, ...]
    crew: tuple[Maker, ...]
    collection: Set | None = None
    logo: bool = True

    @property
    def year(self) -> int:
        return int(self.release_date[:4])


def _cast(*entries: tuple[int, str, str]) -> tuple[Credit, ...]:
    return tuple(Credit(id=number, name=name, character=part) for number, name, part in entries)


def _crew(*entries: tuple[int, str, str]) -> tuple[Maker, ...]:
    return tuple(Maker(id=number, name=name, job=job) for number, name, job in entries)


NIBELUNGEN = Set(id=90001, name="Die Nibelungen Collection")

FILMS: tuple[Film, ...] = (
    Film(
        id=19,
        imdb_id="tt0017136",
        title="Metropolis",
        original_title="Metropolis",
        language="de",
        release_date="1927-01-10",
        runtime=153,
        rating=8.1,
        votes=2900,
        imdb_rating=8.3,
        imdb_votes=190000,
        certification="NR",
        tagline="Between head and hands there must be a heart.",
        overview="A city of towers lives on the work of people it never sees. When the ruler's son follows a stranger "
        "down to the machines, he finds the ones who turn them, and a double made of metal that wants them to rise.",
        genres=("Drama", "Science Fiction"),
        studios=("UFA",),
        cast=_cast(
            (8001, "Brigitte Helm", "Maria / The Robot"),
            (8002, "Gustav Fröhlich", "Freder"),
            (8003, "Alfred Abel", "Joh Fredersen"),
        ),
        crew=_crew(
            (8101, "Fritz Lang", "Director"),
            (8102, "Thea von Harbou", "Screenplay"),
            (8103, "Erich Pommer", "Producer"),
        ),
    ),
    Film(
        id=653,
        imdb_id="tt0013442",
        title="Nosferatu",
        original_title="Nosferatu, eine Symphonie des Grauens",
        language="de",
        release_date="1922-02-16",
        runtime=94,
        rating=7.7,
        votes=2300,
        imdb_rating=7.8,
        imdb_votes=110000,
        certification="NR",
        tagline="",
        overview="A young clerk travels to a count who wants to buy the house across the street. The ship that brings "
        "the buyer home arrives without a crew, and with rats.",
        genres=("Horror", "Fantasy"),
        studios=("Prana-Film",),
        cast=_cast(
            (8011, "Max Schreck", "Graf Orlok"),
            (8012, "Greta Schröder", "Ellen"),
            (8013, "Gustav von Wangenheim", "Hutter"),
        ),
        crew=_crew((8111, "F. W. Murnau", "Director"), (8112, "Henrik Galeen", "Screenplay")),
    ),
    Film(
        id=961,
        imdb_id="tt0017925",
        title="The General",
        original_title="The General",
        language="en",
        release_date="1926-12-25",
        runtime=79,
        rating=7.8,
        votes=1300,
        imdb_rating=8.1,
        imdb_votes=100000,
        certification="NR",
        tagline="Love, locomotives and laughs.",
        overview="An engineer has two loves, his engine and his girl, and loses both on one day to the same thieves. He "
        "sets out after them alone, on rails.",
        genres=("Action", "Comedy", "War"),
        studios=("Buster Keaton Productions",),
        cast=_cast((8021, "Buster Keaton", "Johnnie Gray"), (8022, "Marion Mack", "Annabelle Lee")),
        crew=_crew((8021, "Buster Keaton", "Director"), (8121, "Clyde Bruckman", "Director")),
    ),
    Film(
        id=3085,
        imdb_id="tt0032599",
        title="His Girl Friday",
        original_title="His Girl Friday",
        language="en",
        release_date="1940-01-18",
        runtime=92,
        rating=7.4,
        votes=900,
        imdb_rating=7.8,
        imdb_votes=64000,
        certification="NR",
        tagline="Stop the presses.",
        overview="The best reporter of the paper wants to marry and be done with it. Her editor, who was married to her "
        "once, has one afternoon and one story to change her mind.",
        genres=("Comedy", "Romance"),
        studios=("Columbia Pictures",),
        cast=_cast((8031, "Cary Grant", "Walter Burns"), (8032, "Rosalind Russell", "Hildy Johnson")),
        crew=_crew((8131, "Howard Hawks", "Director"), (8132, "Charles Lederer", "Screenplay")),
    ),
    Film(
        id=7457,
        imdb_id="tt0015175",
        title="Die Nibelungen: Siegfried",
        original_title="Die Nibelungen: Siegfried",
        language="de",
        release_date="1924-02-14",
        runtime=143,
        rating=7.6,
        votes=180,
        imdb_rating=8.0,
        imdb_votes=7000,
        certification="NR",
        tagline="",
        overview="A smith's apprentice forges a sword that cuts a feather in the air, kills a dragon and bathes in its "
        "blood, all but one spot.",
        genres=("Adventure", "Fantasy"),
        studios=("UFA",),
        cast=_cast((8041, "Paul Richter", "Siegfried"), (8042, "Margarete Schön", "Kriemhild")),
        crew=_crew((8101, "Fritz Lang", "Director"), (8102, "Thea von Harbou", "Screenplay")),
        collection=NIBELUNGEN,
    ),
    Film(
        id=7458,
        imdb_id="tt0015174",
        title="Die Nibelungen: Kriemhild's Revenge",
        original_title="Die Nibelungen: Kriemhilds Rache",
        language="de",
        release_date="1924-04-26",
        runtime=129,
        rating=7.5,
        votes=140,
        imdb_rating=7.9,
        imdb_votes=5600,
        certification="NR",
        tagline="",
        overview="A widow marries a king of horsemen for one reason, and invites her brothers to the feast.",
        genres=("Adventure", "Fantasy"),
        studios=("UFA",),
        cast=_cast((8042, "Margarete Schön", "Kriemhild"), (8043, "Rudolf Klein-Rogge", "Etzel")),
        crew=_crew((8101, "Fritz Lang", "Director"), (8102, "Thea von Harbou", "Screenplay")),
        collection=NIBELUNGEN,
    ),
    Film(
        id=10098,
        imdb_id="tt0012349",
        title="The Kid",
        original_title="The Kid",
        language="en",
        release_date="1921-01-21",
        runtime=68,
        rating=8.2,
        votes=2200,
        imdb_rating=8.2,
        imdb_votes=140000,
        certification="NR",
        tagline="",
        overview="A tramp finds a baby beside the bins and cannot get rid of it. Five years on they are in business "
        "together: one breaks windows, the other mends them.",
        genres=("Comedy", "Drama"),
        studios=("First National",),
        cast=_cast((8051, "Charlie Chaplin", "The Tramp"), (8052, "Jackie Coogan", "The Child")),
        crew=_crew(
            (8051, "Charlie Chaplin", "Director"),
        ),
    ),
    Film(
        id=962,
        imdb_id="tt0015864",
        title="The Gold Rush",
        original_title="The Gold Rush",
        language="en",
        release_date="1925-06-26",
        runtime=95,
        rating=8.0,
        votes=1800,
        imdb_rating=8.1,
        imdb_votes=120000,
        certification="NR",
        tagline="",
        overview="A small man looks for gold in the snow with a shoe for dinner and a cabin that leans over the edge.",
        genres=("Adventure", "Comedy"),
        studios=("United Artists",),
        cast=_cast((8051, "Charlie Chaplin", "The Lone Prospector"), (8053, "Georgia Hale", "Georgia")),
        crew=_crew(
            (8051, "Charlie Chaplin", "Director"),
        ),
    ),
    Film(
        id=22596,
        imdb_id="tt0014429",
        title="Safety Last!",
        original_title="Safety Last!",
        language="en",
        release_date="1923-04-01",
        runtime=74,
        rating=7.8,
        votes=500,
        imdb_rating=8.1,
        imdb_votes=23000,
        certification="NR",
        tagline="He had to start at the bottom.",
        overview="A shop assistant has told his girl that he runs the shop. To keep it true for one day, somebody has to "
        "climb the outside of the building.",
        genres=("Comedy",),
        studios=("Hal Roach Studios",),
        cast=_cast((8061, "Harold Lloyd", "The Boy"), (8062, "Mildred Davis", "The Girl")),
        crew=_crew((8161, "Fred C. Newmeyer", "Director"), (8162, "Sam Taylor", "Director")),
    ),
    Film(
        id=530915,
        imdb_id="tt8579674",
        title="1917",
        original_title="1917",
        language="en",
        release_date="2019-12-25",
        runtime=119,
        rating=8.0,
        votes=12000,
        imdb_rating=8.2,
        imdb_votes=700000,
        certification="R",
        tagline="Time is the other side.",
        overview="Two lance corporals have until dawn to cross what is left of the country between the lines with a letter "
        "that stops an attack.",
        genres=("War", "Drama"),
        studios=("DreamWorks Pictures", "Neal Street Productions"),
        cast=_cast((8071, "George MacKay", "Schofield"), (8072, "Dean-Charles Chapman", "Blake")),
        crew=_crew(
            (8171, "Sam Mendes", "Director"),
            (8172, "Krysty Wilson-Cairns", "Screenplay"),
            (8173, "Thomas Newman", "Original Music Composer"),
        ),
    ),
    Film(
        id=57283,
        imdb_id="tt0013257",
        title="Häxan",
        original_title="Häxan",
        language="sv",
        release_date="1922-09-18",
        runtime=105,
        rating=7.6,
        votes=450,
        imdb_rating=7.6,
        imdb_votes=18000,
        certification="NR",
        tagline="",
        overview="A lecture with pictures about what people feared in the dark, which forgets halfway that it is a lecture.",
        genres=("Documentary", "Horror"),
        studios=("Svensk Filmindustri",),
        cast=_cast((8081, "Benjamin Christensen", "The Devil"), (8082, "Maren Pedersen", "The Witch")),
        crew=_crew(
            (8081, "Benjamin Christensen", "Director"),
        ),
        logo=False,
    ),
    Film(
        id=643,
        imdb_id="tt0015648",
        title="Battleship Potemkin",
        original_title="Броненосец Потёмкин",
        language="ru",
        release_date="1925-12-24",
        runtime=75,
        rating=7.6,
        votes=1200,
        imdb_rating=7.9,
        imdb_votes=63000,
        certification="NR",
        tagline="",
        overview="Bad meat, a firing squad that lowers its rifles, and a flight of steps: how the crew of one ship said no.",
        genres=("Drama", "History"),
        studios=("Goskino",),
        cast=_cast(
            (8091, "Aleksandr Antonov", "Vakulinchuk"),
        ),
        crew=_crew(
            (8191, "Sergei Eisenstein", "Director"),
        ),
    ),
    Film(
        id=964,
        imdb_id="tt0016220",
        title="The Phantom of the Opera",
        original_title="The Phantom of the Opera",
        language="en",
        release_date="1925-09-06",
        runtime=93,
        rating=7.3,
        votes=420,
        imdb_rating=7.5,
        imdb_votes=21000,
        certification="NR",
        tagline="",
        overview="Under the opera lives a voice that wants one singer to have every part, and one seat to be kept free.",
        genres=("Drama", "Horror"),
        studios=("Universal Pictures",),
        cast=_cast((8095, "Lon Chaney", "The Phantom"), (8096, "Mary Philbin", "Christine Daaé")),
        crew=_crew(
            (8195, "Rupert Julian", "Director"),
        ),
    ),
    Film(
        id=3059,
        imdb_id="tt0006864",
        title="Intolerance",
        original_title="Intolerance: Love's Struggle Throughout the Ages",
        language="en",
        release_date="1916-09-05",
        runtime=197,
        rating=7.3,
        votes=330,
        imdb_rating=7.7,
        imdb_votes=17000,
        certification="NR",
        tagline="",
        overview="Four stories of four ages, cut into each other until they run as one.",
        genres=("Drama", "History"),
        studios=("Triangle Film Corporation",),
        cast=_cast((8097, "Lillian Gish", "The Woman Who Rocks the Cradle"), (8098, "Mae Marsh", "The Dear One")),
        crew=_crew(
            (8197, "D. W. Griffith", "Director"),
        ),
    ),
    Film(
        id=910001,
        imdb_id="tt9100001",
        title="The Lighthouse Keeper",
        original_title="The Lighthouse Keeper",
        language="en",
        release_date="1931-03-02",
        runtime=71,
        rating=5.9,
        votes=41,
        imdb_rating=6.0,
        imdb_votes=300,
        certification="NR",
        tagline="",
        overview="A keeper counts ships and one night counts one too many.",
        genres=("Mystery",),
        studios=("Northern Light",),
        cast=_cast(
            (8301, "Edith Marlowe", "Ada"),
        ),
        crew=_crew(
            (8302, "Jonas Hale", "Director"),
        ),
    ),
    Film(
        id=910002,
        imdb_id="tt9100002",
        title="The Lighthouse Keeper",
        original_title="Fyrvaktaren",
        language="sv",
        release_date="1931-10-19",
        runtime=88,
        rating=6.1,
        votes=39,
        imdb_rating=6.2,
        imdb_votes=280,
        certification="NR",
        tagline="",
        overview="A boy is sent to an island to learn a trade that ends while he learns it.",
        genres=("Drama",),
        studios=("Havsfilm",),
        cast=_cast(
            (8303, "Nils Ekman", "Erik"),
        ),
        crew=_crew(
            (8304, "Signe Lund", "Director"),
        ),
    ),
)
BY_ID = {film.id: film for film in FILMS}
BY_IMDB = {film.imdb_id: film for film in FILMS}
