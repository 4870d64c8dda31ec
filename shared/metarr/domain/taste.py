"""What the settings of a library ask of one type of picture: the general rules, and over them those of the type."""

from metarr.domain.artwork_rules import NONE, ORIGINAL, PRESETS, WANTED, SlotRules
from metarr.domain.scoring import Taste
from metarr.domain.scoring_slots import SLOTS, slot_of
from metarr.domain.settings import Settings

_TEXTLESS = "textless"
_PORTRAIT = "portrait"
_RULES = "assets."
_LANGUAGES = "metadata.languages"


def taste_for(settings: Settings, entity_type: str, asset_type: str, original_language: str | None = None) -> Taste:
    """The taste by which candidates of this slot are judged; `original_language` is the film's own (ISO 639-1)."""
    rules: SlotRules = getattr(settings, _PORTRAIT if entity_type == "actor" else asset_type, SlotRules())
    preset = rules.preset or settings.preset
    slot = slot_of(entity_type, asset_type)
    return Taste(
        languages=settings.languages,
        original_language=original_language,
        steps=rules.languages or (slot.textless if preset == _TEXTLESS else None),
        weights=rules.weights or PRESETS.get(preset, settings.weights),
        min_width=rules.min_width,
        min_height=rules.min_height,
        providers=rules.providers or settings.providers,
        max_distance=settings.phash_max_distance,
    )


def picture_languages(settings: Settings, original_language: str | None) -> tuple[str, ...]:
    """The languages that a person wants pictures in, beside those of `metadata.languages`."""
    orders = [getattr(settings, name).languages or () for name in SLOTS]
    steps = dict.fromkeys(step for order in orders for step in order)
    named = [original_language if step == ORIGINAL else step for step in steps if step not in (WANTED, NONE)]
    return tuple(dict.fromkeys(language for language in named if language is not None))


def is_artwork_rule(key: str) -> bool:
    """Whether a setting of this dotted key has a say in the choice of artwork."""
    return key.startswith(_RULES) or key == _LANGUAGES
