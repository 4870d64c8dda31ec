"""The cache service: artwork in a content-addressed store, scored and chosen."""
