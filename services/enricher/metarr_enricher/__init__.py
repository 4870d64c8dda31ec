"""The enricher: finds out which film it is, asks the providers, merges what they say."""
