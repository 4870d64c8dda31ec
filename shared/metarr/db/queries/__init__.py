"""Every SQL statement of the house, by the beat that needs it."""
