"""What NFO files, names and a person together say a film is."""

from pathlib import Path

from metarr_scanner.nfo_files import NfoSeen, Said, read_nfo_file, settle


def nfo(path: Path, body: str) -> NfoSeen:
    path.write_text(body)
    return read_nfo_file(str(path))


def film(path: Path, *, title: str | None = None, plot: str | None = None, tmdb: int | None = None) -> NfoSeen:
    elements = {"title": title, "plot": plot, "tmdbid": tmdb}
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in elements.items() if value is not None)
    return nfo(path, f"<movie>{inside}</movie>")


def said(*nfos: NfoSeen, folder: str | None = None, file: str | None = None, pinned: str | None = None) -> Said:
    ids = [{"tmdb": one} if one else {} for one in (folder, file, pinned)]
    return settle(nfos, folder=ids[0], file=ids[1], pinned=ids[2])


def test_the_first_nfo_is_the_base_and_later_ones_fill_its_gaps(tmp_path: Path) -> None:
    result = said(film(tmp_path / "a.nfo", title="A"), film(tmp_path / "b.nfo", title="B", plot="P", tmdb=5))
    assert result.metadata is not None
    assert (result.metadata.title, result.metadata.plot, result.tmdb_id) == ("A", "P", 5)
    assert result.problems == ()


def test_an_nfo_about_another_film_than_the_folder_says_is_passed_over_with_all_it_says(tmp_path: Path) -> None:
    result = said(film(tmp_path / "movie.nfo", title="Other", tmdb=6), folder="5")
    assert (result.tmdb_id, result.metadata, result.disputed) == (5, None, False)
    assert "passed over" in result.problems[0]


def test_what_a_person_pinned_goes_before_everything(tmp_path: Path) -> None:
    result = said(film(tmp_path / "movie.nfo", title="Other", tmdb=6), folder="5", pinned="4")
    assert (result.tmdb_id, result.metadata) == (4, None)


def test_an_nfo_of_a_series_says_nothing_about_a_film(tmp_path: Path) -> None:
    result = said(nfo(tmp_path / "movie.nfo", "<tvshow><title>T</title><tmdbid>6</tmdbid></tvshow>"))
    assert (result.tmdb_id, result.metadata) == (None, None)
    assert "describes no film (tvshow)" in result.problems[0]


def test_an_nfo_that_cannot_be_read_says_so_and_the_other_one_counts(tmp_path: Path) -> None:
    bomb = nfo(tmp_path / "bad.nfo", '<!DOCTYPE a [<!ENTITY x "y">]><movie><title>&x;</title></movie>')
    result = said(bomb, film(tmp_path / "movie.nfo", title="Fine"))
    assert result.metadata is not None
    assert result.metadata.title == "Fine"
    assert result.problems[0].startswith("bad.nfo: ")


def test_fifty_megabytes_of_nfo_are_refused_without_being_read_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "movie.nfo"
    with path.open("wb") as file:
        file.write(b"<movie><title>x</title>")
        file.truncate(50 * 1024 * 1024)
    seen = read_nfo_file(str(path))
    assert seen.reading is None
    assert "MB" in (seen.problem or "")


def test_an_nfo_that_is_gone_is_told(tmp_path: Path) -> None:
    assert read_nfo_file(str(tmp_path / "nothing.nfo")).problem == "it is gone"


def test_an_id_that_no_column_can_hold_is_none() -> None:
    assert said(folder=str(1 << 40)).tmdb_id is None
