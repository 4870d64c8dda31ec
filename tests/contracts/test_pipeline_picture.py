"""The picture of the pipeline in the README is the one that the code draws."""

from pathlib import Path

from metarr_local.picture import draw

README = Path(__file__).parents[2] / "README.md"


def test_the_readme_shows_the_pipeline_as_it_is() -> None:
    assert draw() in README.read_text(), "run `make picture`"


def test_the_picture_tells_the_whole_life_of_a_film() -> None:
    edges = set(draw().splitlines())
    chain = [
        "ScanLibrary --> FoldersChanged",
        "FoldersChanged --> ScanFolder",
        "ScanFolder --> ItemIdentified",
        "ItemIdentified --> EnrichItem",
        "EnrichItem --> ItemEnriched",
        "ItemEnriched --> CacheAssets",
        "CacheAssets --> AssetsChosen",
        "AssetsChosen --> PublishItem",
    ]
    assert [f"    {edge}" for edge in chain if f"    {edge}" not in edges] == []
