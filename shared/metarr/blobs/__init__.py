"""Content-addressed files under the data directory."""
