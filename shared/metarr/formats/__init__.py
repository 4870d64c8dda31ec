"""Text to values and back, pure: NFO documents and file names."""
