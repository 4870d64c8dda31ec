"""The best picture for a slot is found by rules that explain themselves and always give the same order."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from metarr.domain.artwork_rules import PRESETS, ScoreWeights
from metarr.domain.classify.images import image_preference
from metarr.domain.scoring import Candidate, Ranked, Taste, mark_repeats, pixels, rank, rank_key, score
from metarr.domain.scoring_languages import plain_language
from metarr.domain.scoring_slots import SLOTS, Slot, slot_of

POSTER, FANART, LOGO = SLOTS["poster"], SLOTS["fanart"], SLOTS["logo"]
TASTE = Taste(languages=("de", "en"))

candidates = st.builds(
    Candidate,
    id=st.just(0),
    source_type=st.sampled_from(["provider", "local", "user"]),
    provider_name=st.sampled_from([None, "tmdb", "fanart_tv", "tvdb", "elsewhere"]),
    width=st.none() | st.integers(1, 6000),
    height=st.none() | st.integers(1, 6000),
    language=st.sampled_from([None, "", "00", "en", "de", "fr", "pt-BR"]),
    vote_average=st.none() | st.floats(0, 10),
    vote_count=st.none() | st.integers(0, 500),
    likes=st.none() | st.integers(0, 100),
    file_size=st.none() | st.integers(0, 10**8),
    perceptual_hash=st.none() | st.sampled_from([f"{bits:016x}" for bits in (0, 1, 3, 2**60 + 2**61, 2**64 - 1)]),
    name_preference=st.integers(0, 20),
)
lists = st.lists(candidates, max_size=12).map(lambda many: [replace(one, id=n) for n, one in enumerate(many)])
slots = st.sampled_from(sorted(SLOTS)).map(SLOTS.__getitem__)
weights = st.builds(ScoreWeights, **{name: st.floats(0, 100) for name in ScoreWeights.__struct_fields__})
tastes = st.builds(
    Taste,
    languages=st.lists(st.sampled_from(["en", "de", "fr", "ja"]), unique=True).map(tuple),
    original_language=st.none() | st.sampled_from(["ja", "fr"]),
    steps=st.none() | st.permutations(["wanted", "none", "original", "fr"]).map(tuple),
    weights=weights | st.sampled_from([PRESETS[name] for name in sorted(PRESETS)]),
    min_width=st.none() | st.integers(0, 4000),
    min_height=st.none() | st.integers(0, 4000),
    providers=st.permutations(["tmdb", "fanart_tv", "tvdb"]).map(tuple),
    max_distance=st.integers(0, 10),
)


def provider(number: int = 1, **fields: Any) -> Candidate:
    return Candidate(id=number, source_type="provider", provider_name="tmdb", **fields)


def best(candidates: list[Candidate], slot: Slot = POSTER, taste: Taste = TASTE) -> int:
    return rank(candidates, slot, taste)[0].candidate.id


def points(one: Candidate, name: str, slot: Slot = POSTER, taste: Taste = TASTE) -> float:
    return next(term.points for term in score(one, slot, taste).terms if term.name == name)


def test_a_perfect_poster_has_all_hundred_points() -> None:
    perfect = provider(width=2000, height=3000, language="de", vote_average=10.0, vote_count=50)
    assert score(perfect, POSTER, TASTE).points == 100


def test_every_term_is_shown_with_its_points_and_its_reason() -> None:
    shown = score(provider(width=1000, height=1500, language="en", vote_average=5.0, vote_count=25), POSTER, TASTE)
    assert [(term.name, term.points) for term in shown.terms] == [
        ("resolution", 7.5),
        ("aspect", 20.0),
        ("language", 18.0),
        ("votes", 5.0),
        ("provider", 10.0),
    ]
    assert shown.terms[0].why == "1000 x 1500, 25% of 2000 x 3000"
    assert shown.terms[2].why == "in en, wanted language 2"
    assert shown.terms[3].why == "5.0 of 10 from 25 votes"


def test_more_pixels_than_ideal_give_no_more_points() -> None:
    assert points(provider(width=4000, height=6000), "resolution") == 30


@pytest.mark.parametrize(
    ("slot", "order"),
    [
        ("poster", ["de", "en", None, "ja", "fr"]),
        ("logo", ["de", "en", None, "fr"]),
        ("banner", ["de", "en", None, "fr"]),
        ("fanart", [None, "de", "fr"]),
    ],
)
def test_each_slot_prefers_languages_in_its_own_order(slot: str, order: list[str | None]) -> None:
    taste = Taste(languages=("de", "en"), original_language="ja")
    gained = [points(provider(language=language), "language", SLOTS[slot], taste) for language in order]
    assert gained == sorted(gained, reverse=True)
    assert len(set(gained)) == len(gained)


def test_a_logo_without_wanted_language_takes_english_before_none() -> None:
    taste = Taste(languages=("de",))
    gained = [points(provider(language=language), "language", LOGO, taste) for language in ("de", "en", None, "fr")]
    assert gained == sorted(gained, reverse=True)


def test_a_textless_backdrop_beats_one_with_the_title_in_it() -> None:
    with_text = provider(1, width=1920, height=1080, language="de", vote_average=6.0, vote_count=20)
    without = provider(2, width=1920, height=1080, language=None, vote_average=6.0, vote_count=20)
    assert best([with_text, without], FANART) == 2


@pytest.mark.parametrize("code", ["", "00", "xx", None, "zxx"])
def test_all_ways_to_say_no_text_are_the_same(code: str | None) -> None:
    assert plain_language(code) is None


def test_a_country_does_not_change_the_language() -> None:
    assert plain_language("pt-BR") == plain_language("PT_pt") == "pt"


def test_likes_count_as_votes() -> None:
    assert points(provider(likes=20), "votes") == 20
    assert points(provider(likes=5), "votes") == 5
    assert points(provider(), "votes") == 0


def test_good_local_artwork_stays_and_poor_local_artwork_yields() -> None:
    typical = provider(1, width=2000, height=3000, language="de", vote_average=5.4, vote_count=20)
    good = Candidate(id=2, source_type="local", width=2000, height=3000)
    poor = Candidate(id=3, source_type="local", width=600, height=900)
    assert best([typical, good]) == 2
    assert best([typical, poor]) == 1


def test_a_small_poster_of_a_provider_is_only_a_last_resort_and_says_why() -> None:
    small = provider(1, width=300, height=450, language="de", vote_average=10.0, vote_count=999)
    plain = provider(2, width=500, height=750, language="fr")
    ranked = rank([small, plain], POSTER, TASTE)
    assert [one.candidate.id for one in ranked] == [2, 1]
    assert ranked[1].usable
    assert ranked[1].score.limit == "300 x 450 is smaller than 500 x 700"


@pytest.mark.parametrize(("width", "height"), [(1, 1), (10, 15), (1920, 1080), (400, 2000)])
def test_what_is_no_poster_at_all_is_refused(width: int, height: int) -> None:
    (one,) = rank([provider(width=width, height=height)], POSTER, TASTE)
    assert not one.usable
    assert f"{width} x {height}" in (one.score.limit or "")


def test_own_pictures_have_no_limits() -> None:
    local = Candidate(id=1, source_type="local", width=300, height=300)
    user = Candidate(id=2, source_type="user", width=8, height=8)
    assert all(one.usable and one.score.limit is None for one in rank([local, user], POSTER, TASTE))


def test_equal_points_are_decided_by_votes_then_file_size_then_id() -> None:
    weightless = Taste(weights=ScoreWeights(votes=0))
    liked = provider(9, width=2000, height=3000, likes=3, file_size=900)
    small = provider(8, width=2000, height=3000, likes=2, file_size=100)
    large = provider(2, width=2000, height=3000, likes=2, file_size=200)
    twin = provider(3, width=2000, height=3000, likes=2, file_size=200)
    unknown = provider(1, width=2000, height=3000, likes=2)
    ranked = rank([unknown, twin, large, small, liked], POSTER, weightless)
    assert [one.candidate.id for one in ranked] == [9, 8, 2, 3, 1]


def test_of_equal_local_pictures_the_one_that_players_show_is_taken_whatever_its_size() -> None:
    folder, named, bare = (
        Candidate(id=number, source_type="local", file_size=number, name_preference=image_preference(path))
        for number, path in enumerate(("/f/Heat/folder.jpg", "/f/Heat/Heat-poster.jpg", "/f/Heat/poster.jpg"))
    )
    assert [one.candidate.id for one in rank([folder, bare, named], POSTER, TASTE)] == [named.id, bare.id, folder.id]


def test_a_portrait_beside_the_media_comes_first_whatever_its_score() -> None:
    local = Candidate(id=1, source_type="local", width=100, height=150)
    fine = provider(2, width=1200, height=1800, vote_average=10.0, vote_count=100)
    assert best([fine, local], slot_of("actor", "thumb")) == 1


def test_of_two_that_look_the_same_the_smaller_is_hidden_behind_the_larger() -> None:
    first = provider(1, width=2000, height=3000, perceptual_hash="00000000000000ff")
    near = provider(2, width=1000, height=1500, perceptual_hash="000000000000003f")
    other = provider(3, width=900, height=1350, perceptual_hash="ffffffff00000000")
    ranked = rank([other, near, first], POSTER, TASTE)
    assert [(one.candidate.id, one.repeats) for one in ranked] == [(1, None), (2, 1), (3, None)]


def test_transparent_pictures_must_be_nearer_to_be_the_same() -> None:
    def logos(other: str) -> list[int | None]:
        pair = [provider(1, likes=9, perceptual_hash="0" * 16), provider(2, likes=1, perceptual_hash=other)]
        return [one.repeats for one in rank(pair, LOGO, TASTE)]

    assert logos("0000000000000003") == [None, 1]
    assert logos("0000000000000007") == [None, None]


def groups(candidates: list[Candidate], slot: Slot = POSTER, taste: Taste = TASTE) -> dict[int, int | None]:
    return {one.candidate.id: one.repeats for one in rank(candidates, slot, taste)}


def bits(count: int) -> str:
    return f"{(1 << count) - 1:016x}"


def test_the_largest_of_a_group_is_the_candidate_however_well_a_smaller_one_scores() -> None:
    liked = provider(1, width=500, height=750, language="de", likes=20, perceptual_hash=bits(0))
    large = provider(2, width=2000, height=3000, language="de", perceptual_hash=bits(6))
    assert groups([liked, large]) == {1: 2, 2: None}


def test_of_the_same_size_the_one_with_more_bytes_is_the_candidate() -> None:
    pair = [provider(n, width=500, height=750, file_size=n * 100, perceptual_hash=bits(0)) for n in (1, 2)]
    assert groups(pair) == {1: 2, 2: None}


@pytest.mark.parametrize(("slot", "distance"), [(POSTER, 6), (FANART, 6), (LOGO, 2)])
def test_so_many_bits_may_differ_and_not_one_more(slot: Slot, distance: int) -> None:
    for differing, hidden in ((distance, 1), (distance + 1, None)):
        first = provider(1, likes=2, perceptual_hash=bits(0))
        assert groups([first, provider(2, perceptual_hash=bits(differing))], slot)[2] == hidden


def test_a_chain_of_small_differences_does_not_join_two_that_differ() -> None:
    chain = [provider(n, width=1000 - n, height=1500, perceptual_hash=bits(5 * n)) for n in range(4)]
    assert groups(chain) == {0: None, 1: 0, 2: None, 3: 2}


def test_the_same_poster_with_another_languages_title_is_another_picture() -> None:
    german = provider(1, width=1000, height=1500, language="de", perceptual_hash=bits(0))
    english = provider(2, width=2000, height=3000, language="en", perceptual_hash=bits(3))
    assert groups([german, english]) == {1: None, 2: None}


def test_an_own_picture_is_the_same_as_one_in_a_wanted_language_or_without_text_only() -> None:
    own = Candidate(id=1, source_type="local", width=500, height=750, perceptual_hash=bits(0))
    for language, hidden in (("de", 2), (None, 2), ("fr", None)):
        other = provider(2, width=2000, height=3000, language=language, perceptual_hash=bits(0))
        assert groups([own, other])[1] == hidden


def test_what_nobody_has_looked_at_yet_is_like_nothing_else() -> None:
    assert groups([provider(1, perceptual_hash=bits(0)), provider(2), provider(3)]) == {1: None, 2: None, 3: None}


def test_a_picture_outside_the_limits_or_of_no_use_hides_nobody_within_them() -> None:
    fits = provider(1, width=600, height=900, perceptual_hash=bits(0))
    broad = provider(2, width=2400, height=3000, perceptual_hash=bits(0))
    no_poster = provider(3, width=9000, height=3000, perceptual_hash=bits(0))
    assert groups([fits, broad, no_poster]) == {1: None, 2: 1, 3: None}


def test_a_portrait_beside_the_media_stands_for_a_larger_one_that_looks_the_same() -> None:
    local = Candidate(id=1, source_type="local", width=100, height=150, perceptual_hash=bits(0))
    large = provider(2, width=1000, height=1500, perceptual_hash=bits(0))
    assert groups([local, large], slot_of("actor", "thumb")) == {1: None, 2: 1}


@given(many=lists, slot=slots, taste=tastes)
def test_the_order_is_total(many: list[Candidate], slot: Slot, taste: Taste) -> None:
    keys = [rank_key(one, slot) for one in rank(many, slot, taste)]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


@given(many=lists, slot=slots, taste=tastes, seed=st.integers(0, 1000))
def test_the_choice_and_the_groups_do_not_depend_on_the_order_of_arrival(
    many: list[Candidate], slot: Slot, taste: Taste, seed: int
) -> None:
    shuffled = random.Random(seed).sample(many, len(many))
    assert groups(shuffled, slot, taste) == groups(many, slot, taste)
    assert chosen(shuffled, slot, taste) == chosen(many, slot, taste)


def chosen(candidates: list[Candidate], slot: Slot, taste: Taste) -> int | None:
    return next((one.candidate.id for one in rank(candidates, slot, taste) if one.usable), None)


@given(many=lists, slot=slots, taste=tastes)
def test_everybody_hidden_looks_like_a_larger_one_and_those_shown_like_nobody_else_shown(
    many: list[Candidate], slot: Slot, taste: Taste
) -> None:
    ranked = {one.candidate.id: one for one in rank(many, slot, taste)}
    most = min(2, taste.max_distance) if slot.transparent else taste.max_distance
    for one in ranked.values():
        if one.repeats is not None:
            leader = ranked[one.repeats]
            assert distance(one, leader) <= most
            assert (
                (leader.score.limit is None and one.score.limit is not None)
                or slot.local_first
                or (pixels(leader.candidate) >= pixels(one.candidate))
            )
    shown = [one for one in ranked.values() if one.usable and one.candidate.perceptual_hash is not None]
    languages = {one.candidate.language for one in shown}
    if len(languages) <= 1:
        assert all(distance(one, other) > most for one in shown for other in shown if one is not other)


def distance(one: Ranked, other: Ranked) -> int:
    first, second = (int(each.candidate.perceptual_hash or "0", 16) for each in (one, other))
    return (first ^ second).bit_count()


@given(one=candidates, slot=slots, taste=tastes, factor=st.integers(1, 5))
def test_more_pixels_never_take_points_away(one: Candidate, slot: Slot, taste: Taste, factor: int) -> None:
    small = replace(one, width=one.width or 100, height=one.height or 150)
    large = replace(small, width=(small.width or 0) * factor, height=(small.height or 0) * factor)
    assert score(large, slot, taste).points >= score(small, slot, taste).points
    assert score(small, slot, taste).limit is not None or score(large, slot, taste).limit is None


@given(one=candidates, slot=slots, taste=tastes, more=st.integers(1, 1000))
def test_more_votes_of_the_same_kind_never_take_points_away(
    one: Candidate, slot: Slot, taste: Taste, more: int
) -> None:
    few = replace(one, source_type="provider", likes=None, vote_average=one.vote_average or 0.0)
    many = replace(few, vote_count=(few.vote_count or 0) + more)
    assert score(many, slot, taste).points >= score(few, slot, taste).points


@given(many=lists, slot=slots, taste=tastes, seed=st.integers(0, 1000))
def test_the_order_does_not_depend_on_the_order_of_arrival(
    many: list[Candidate], slot: Slot, taste: Taste, seed: int
) -> None:
    shuffled = random.Random(seed).sample(many, len(many))
    assert rank(shuffled, slot, taste) == rank(many, slot, taste)


@given(many=lists, slot=slots, taste=tastes)
def test_taking_one_away_leaves_the_order_of_the_others(many: list[Candidate], slot: Slot, taste: Taste) -> None:
    order = [one.candidate.id for one in rank(many, slot, taste)]
    rest = [one.candidate.id for one in rank(many[1:], slot, taste)]
    assert rest == [number for number in order if number != 0]


@given(one=candidates, slot=slots, taste=tastes)
def test_points_lie_between_nothing_and_the_sum_of_the_weights(one: Candidate, slot: Slot, taste: Taste) -> None:
    limit = sum(getattr(taste.weights, name) for name in ScoreWeights.__struct_fields__)
    assert 0 <= score(one, slot, taste).points <= limit + 0.05


@given(
    one=candidates,
    slot=slots,
    taste=tastes,
    name=st.sampled_from(ScoreWeights.__struct_fields__),
    more=st.floats(0, 50),
)
def test_a_higher_weight_never_takes_points_away(
    one: Candidate, slot: Slot, taste: Taste, name: str, more: float
) -> None:
    values = {field: getattr(taste.weights, field) for field in ScoreWeights.__struct_fields__}
    heavier = replace(taste, weights=ScoreWeights(**{**values, name: values[name] + more}))
    assert score(one, slot, heavier).points >= score(one, slot, taste).points


@given(one=candidates, slot=slots, taste=tastes, more=st.integers(1, 100))
def test_more_likes_never_take_points_away(one: Candidate, slot: Slot, taste: Taste, more: int) -> None:
    few = replace(one, likes=one.likes or 0)
    many = replace(one, likes=(one.likes or 0) + more)
    assert score(many, slot, taste).points >= score(few, slot, taste).points


@given(many=lists, slot=slots, taste=tastes)
def test_a_repeat_always_points_at_one_that_is_none(many: list[Candidate], slot: Slot, taste: Taste) -> None:
    ranked = rank(many, slot, taste)
    leaders = {one.candidate.id for one in ranked if one.repeats is None}
    assert {one.repeats for one in ranked} <= leaders | {None}


@given(many=lists, slot=slots, taste=tastes)
def test_marking_repeats_twice_changes_nothing(many: list[Candidate], slot: Slot, taste: Taste) -> None:
    ranked = rank(many, slot, taste)
    assert mark_repeats(ranked, slot, taste) == ranked
