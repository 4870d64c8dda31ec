"""The file hash, against its definition spelled out word by word."""

import struct
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from metarr_scanner.oshash import BLOCK, oshash


def by_the_book(data: bytes) -> str:
    total = len(data)
    for block in (data[:BLOCK], data[-BLOCK:]):
        padded = block + bytes(-len(block) % 8)
        total += sum(word for (word,) in struct.iter_unpack("<Q", padded))
    return f"oshash:{total % 2**64:016x}"


def hash_of(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with path.open("rb", buffering=0) as file:
        return oshash(file)


def test_an_empty_file_has_a_hash(tmp_path: Path) -> None:
    assert hash_of(tmp_path / "a", b"") == "oshash:0000000000000000"


def test_words_that_overflow_wrap_around(tmp_path: Path) -> None:
    data = b"\xff" * (3 * BLOCK)
    assert hash_of(tmp_path / "a", data) == by_the_book(data)


def test_what_lies_between_head_and_tail_does_not_count(tmp_path: Path) -> None:
    head, tail = bytes(range(256)) * 256, bytes(reversed(range(256))) * 256
    assert hash_of(tmp_path / "a", head + b"x" * 99 + tail) == hash_of(tmp_path / "b", head + b"y" * 99 + tail)


@settings(deadline=None)
@given(st.integers(0, 3 * BLOCK), st.randoms(use_true_random=False))
def test_it_is_the_sum_of_both_ends_and_the_size(tmp_path_factory, size, random) -> None:  # type: ignore[no-untyped-def]
    data = random.randbytes(size)
    assert hash_of(tmp_path_factory.getbasetemp() / "file", data) == by_the_book(data)
