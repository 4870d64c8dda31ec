"""What libav says, in the database's words."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr_scanner.media_values import aspect_ratio, hdr_type, iso_639_2, kilobits, plain_text, standard_rate

PQ, HLG, SDR = 16, 18, 1
HDR10_PLUS = bytes.fromhex("000000b5003c00010401")


@pytest.mark.parametrize(
    ("transfer", "side_data", "packet", "expected"),
    [
        (SDR, frozenset(), HDR10_PLUS, None),
        (PQ, frozenset(), b"", "HDR10"),
        (PQ, frozenset(), HDR10_PLUS, "HDR10+"),
        (HLG, frozenset(), b"", "HLG"),
        (PQ, frozenset({"dovi_conf"}), HDR10_PLUS, "Dolby Vision"),
        (SDR, frozenset({"dovi_conf"}), b"", "Dolby Vision"),
    ],
)
def test_the_best_of_several_hdr_kinds_is_named(
    transfer: int, side_data: frozenset[str], packet: bytes, expected: str | None
) -> None:
    assert hdr_type(transfer, side_data, lambda: packet) == expected


def test_no_packet_is_read_where_the_transfer_rules_hdr10_plus_out() -> None:
    def no_packet() -> bytes:
        raise AssertionError("read a packet")

    assert hdr_type(SDR, frozenset(), no_packet) is None


@pytest.mark.parametrize(
    ("width", "height", "pixel", "expected"),
    [
        (1920, 1080, None, "16:9"),
        (1920, 804, Fraction(1), "2.39:1"),
        (720, 576, Fraction(64, 45), "16:9"),
        (720, 576, Fraction(16, 15), "4:3"),
        (1920, 1080, Fraction(0), "16:9"),
        (0, 1080, None, None),
        (None, None, None, None),
    ],
)
def test_the_shape_is_the_one_that_is_shown(
    width: int | None, height: int | None, pixel: Fraction | None, expected: str | None
) -> None:
    assert aspect_ratio(width, height, pixel) == expected


@pytest.mark.parametrize(
    ("rate", "expected"),
    [("1127/47", 23.976), ("24", 24.0), ("24000/1001", 23.976), ("25", 25.0), ("15", 15.0), ("90000", None)],
)
def test_rates_near_a_usual_one_are_that_one(rate: str, expected: float | None) -> None:
    assert standard_rate(float(Fraction(rate))) == expected


@pytest.mark.parametrize(
    ("said", "kept"),
    [("ger", "ger"), ("deu", "ger"), ("FRE", "fre"), ("eng", "eng"), ("", "und"), (None, "und"), ("e1", "und")],
)
def test_languages_have_three_letters_and_one_code_each(said: str | None, kept: str) -> None:
    assert iso_639_2(said) == kept


def test_an_unknown_bitrate_is_not_zero() -> None:
    assert kilobits(0) is None
    assert kilobits(None) is None
    assert kilobits(1_499) == 1


@given(st.text(alphabet=st.characters()))
def test_a_tag_is_always_text_that_can_be_stored(tag: str) -> None:
    kept = plain_text(tag)
    assert kept is None or (kept.encode("utf-8") and "\0" not in kept and len(kept) <= 500)
