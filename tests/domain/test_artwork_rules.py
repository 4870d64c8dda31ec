"""What a person says about the choice of artwork becomes the taste of each slot; what they leave unsaid stays as it was."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.domain.artwork_rules import PRESETS, ScoreWeights, SlotRules
from metarr.domain.scoring import Candidate, Taste, rank, score
from metarr.domain.scoring_languages import OTHER, language_share, shares
from metarr.domain.scoring_slots import SLOTS
from metarr.domain.settings import Settings
from metarr.domain.taste import is_artwork_rule, taste_for

STEPS = ["wanted", "none", "original", "en", "de", "fr", "ja", "it", "es", "ko"]
orders = st.lists(st.sampled_from(STEPS), min_size=1, max_size=10, unique=True).map(tuple)
wanted = st.lists(st.sampled_from(["en", "de", "fr", "pt"]), unique=True).map(tuple)


def settings(**values: Any) -> Settings:
    return msgspec.convert({name.replace("__", "."): value for name, value in values.items()}, Settings)


def points(taste: Taste, slot: str, name: str, **fields: Any) -> float:
    one = Candidate(id=1, source_type="provider", **{"provider_name": "tmdb", **fields})
    return next(term.points for term in score(one, SLOTS[slot], taste).terms if term.name == name)


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_the_weights_of_a_preset_are_a_hundred_together(name: str) -> None:
    assert sum(msgspec.structs.astuple(PRESETS[name])) == 100


def test_presets_are_the_published_ones() -> None:
    assert msgspec.structs.astuple(PRESETS["balanced"]) == (30, 20, 20, 20, 10)
    assert PRESETS["votes"] == ScoreWeights(resolution=30, aspect=0, language=20, votes=40, provider=10)


def test_without_a_word_everything_is_as_it_always_was() -> None:
    for slot in SLOTS:
        taste = taste_for(Settings(), "movie", slot)
        assert (taste.weights, taste.steps, taste.min_width) == (ScoreWeights(), None, None)
    assert taste_for(Settings(), "movie", "poster") == Taste()


def test_own_weights_count_until_a_preset_is_named_and_those_of_a_type_before_all() -> None:
    own = {"resolution": 90, "aspect": 0, "language": 0, "votes": 10, "provider": 0}
    said = settings(assets__weights=own, assets__logo={"preset": "own"}, assets__banner={"weights": {"votes": 50}})
    named = msgspec.structs.replace(said, preset="votes")
    assert taste_for(said, "movie", "poster").weights == ScoreWeights(**own)
    assert taste_for(named, "movie", "poster").weights == PRESETS["votes"]
    assert taste_for(named, "movie", "logo").weights == ScoreWeights(**own)
    assert taste_for(named, "movie", "banner").weights == ScoreWeights(votes=50)


def test_the_textless_preset_prefers_no_words_where_words_are_not_the_point() -> None:
    said = settings(assets__preset="textless", metadata__languages=["de"])
    first = {slot: max([None, "de"], key=lambda code: share(said, slot, code)) for slot in SLOTS}
    words = {slot for slot, language in first.items() if language == "de"}
    assert words == {"logo", "clearart", "banner", "discart"}


def share(said: Settings, slot: str, code: str | None) -> float:
    owner = "actor" if slot == "portrait" else "movie"
    return points(taste_for(said, owner, slot), slot, "language", language=code)


def test_each_type_has_its_own_order_of_languages() -> None:
    said = settings(
        metadata__languages=["de", "en"],
        assets__poster={"languages": ["original", "none", "wanted"]},
        assets__fanart={"languages": ["fr"]},
    )
    poster = taste_for(said, "movie", "poster", "ja")
    gained = [points(poster, "poster", "language", language=code) for code in ("ja", None, "de", "en", "fr")]
    assert gained == sorted(gained, reverse=True)
    assert len(set(gained)) == len(gained)
    fanart = taste_for(said, "movie", "fanart", "ja")
    assert [points(fanart, "fanart", "language", language=code) for code in ("fr", None)] == [20, 2]


def test_the_first_provider_of_the_order_is_worth_most() -> None:
    said = settings(assets__providers=["fanart_tv", "tmdb"], assets__logo={"providers": ["tvdb"]})
    poster, logo = taste_for(said, "movie", "poster"), taste_for(said, "movie", "logo")
    names = ("fanart_tv", "tmdb", "tvdb")
    assert [points(poster, "poster", "provider", provider_name=name) for name in names] == [10, 9, 5]
    assert [points(logo, "logo", "provider", provider_name=name) for name in names] == [5, 5, 10]


def test_a_smallest_size_of_ones_own_is_meant_to_the_pixel() -> None:
    said = settings(assets__poster={"min_width": 1000, "min_height": 0})
    taste = taste_for(said, "movie", "poster")
    two = [
        Candidate(id=number, source_type="provider", width=width, height=1500, likes=9 - number)
        for number, width in ((1, 999), (2, 1000))
    ]
    ranked = rank(two, SLOTS["poster"], taste)
    assert [(one.candidate.id, one.score.limit) for one in ranked] == [
        (2, None),
        (1, "999 x 1500 is smaller than 1000 x 0"),
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("assets.preset", "best"),
        ("assets.providers", ["tmdb", "tmdb"]),
        ("assets.providers", ["imdb"]),
        ("assets.poster", {"languages": ["german"]}),
        ("assets.poster", {"languages": []}),
        ("assets.poster", {"languages": ["de", "de"]}),
        ("assets.poster", {"min_width": -1}),
        ("assets.poster", {"width": 5}),
        ("assets.poster", {"weights": {"votes": 101}}),
        ("assets.poster", None),
    ],
)
def test_a_rule_that_says_nothing_sensible_is_refused(key: str, value: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({key: value}, Settings)


def test_artwork_rules_are_told_from_other_settings() -> None:
    assert [key for key in ("assets.poster", "metadata.languages", "publish.auto") if is_artwork_rule(key)] == [
        "assets.poster",
        "metadata.languages",
    ]


@given(steps=orders, languages=wanted, original=st.none() | st.sampled_from(["ja", "de"]))
def test_a_later_step_is_always_worth_less_and_what_no_step_names_the_least(
    steps: tuple[str, ...], languages: tuple[str, ...], original: str | None
) -> None:
    worth = [share for share, _ in shares(steps, languages, original).values()]
    assert worth == sorted(set(worth), reverse=True)
    assert all(OTHER < share <= 1 for share in worth)
    assert language_share("xh", steps, languages, original)[0] == OTHER


@given(name=st.sampled_from(sorted(SLOTS)), rules=st.builds(SlotRules, languages=orders))
def test_rules_for_one_type_leave_the_others_alone(name: str, rules: SlotRules) -> None:
    said = msgspec.structs.replace(Settings(), **{name: rules})
    others = [("actor" if one == "portrait" else "movie", one) for one in SLOTS if one != name]
    assert all(taste_for(said, *slot) == taste_for(Settings(), *slot) for slot in others)
