"""A service's life: worker loop, settings, logging, metrics, health, clock."""
