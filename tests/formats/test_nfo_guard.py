import contextlib
import time

import pytest

from metarr.errors import NfoUnreadable
from metarr.formats.nfo import read_nfo

MEGABYTE = 1024 * 1024


def _film(inside: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<movie>{inside}</movie>'


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
        (b"<!DOCTYPE html>\n<html><head><title>404</title></head></html>", "an HTML page"),
        (b"<HTML><body>Not found</body></HTML>", "an HTML page"),
        (b"<movie><title>Cut off", "never closed"),
        (b"<movie>\n<title>Open\n</movie>", "broken XML in line 3"),
        (b"just some words about a film", "no link to a provider"),
        (b"<film><title>No such root</title></film>", "no link to a provider"),
        (b'<!DOCTYPE movie [<!ENTITY x "y">]><movie><title>&x;</title></movie>', "document type"),
        (b'<!-- a film --><!doctype movie SYSTEM "x"><movie><title>a</title></movie>', "document type"),
        (b'<movie><title>a</title></movie><!DOCTYPE m [<!ENTITY x "y">]><movie/>', "document type"),
        ('<!DOCTYPE movie [<!ENTITY x "y">]><movie><title>&x;</title></movie>'.encode("utf-16"), "document type"),
        ('<!DOCTYPE movie [<!ENTITY x "y">]><movie><title>&x;</title></movie>'.encode("utf-16-le"), "document type"),
        (_film("x" * 5 * MEGABYTE).encode(), "more than 4 MB"),
        (_film("<a>" * 400 + "</a>" * 400).encode(), "nested more than"),
    ],
)
def test_what_is_not_an_nfo_is_refused_in_plain_words(data: bytes, reason: str) -> None:
    with pytest.raises(NfoUnreadable, match=reason):
        read_nfo(data)


def test_a_document_type_inside_the_root_is_no_way_in() -> None:
    with pytest.raises(NfoUnreadable):
        read_nfo(b'<movie><!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]><title>&x;</title></movie>')


def test_an_entity_that_nobody_declared_is_text() -> None:
    reading = read_nfo(_film("<title>&x; and &eacute;</title>").encode())

    assert reading.metadata.title == "&x; and é"


@pytest.mark.parametrize(
    "text",
    [
        _film("<a>" * 500_000 + "</a>" * 500_000),
        _film("<a/>" * 900_000),
        "<!--" * MEGABYTE,
        _film("&" * 4_000_000),
        _film("<![CDATA[" * 400_000),
        _film("<title>a" + " " * 4_000_000 + "b\nc</title>"),
        _film("<title>" + "\x81" * 1_000_000 + "</title>"),
        "<movie " * 500_000,
        "<movie>" * 500_000 + "</movie>",
        "thetvdb.com/" * 340_000,
        "imdb.com/title/" + "tt" * 2_000_000,
        _film("<genre>" + " / ".join(["a"] * 900_000) + "</genre>"),
        _film("<votes>" + "1," * 2_000_000 + "</votes>"),
        _film("<year>" + "1" * 4_000_000 + "</year>"),
        _film('<uniqueid type="imdb">' + "tt" * 2_000_000 + "</uniqueid>"),
    ],
    ids=lambda text: text[:60].replace("\n", " ")[-24:],
)
def test_the_largest_file_made_to_hurt_is_done_with_in_seconds(text: str) -> None:
    data = text.encode("latin-1")[: 4 * MEGABYTE]
    started = time.process_time()
    with contextlib.suppress(NfoUnreadable):
        read_nfo(data)
    assert time.process_time() - started < 10
