"""The publisher: the only writer of the library."""
