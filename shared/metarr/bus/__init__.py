"""NATS: doorbells, facts, questions, control. The only importer of nats."""

from metarr.bus.service import Bus, FactMessage

__all__ = ["Bus", "FactMessage"]
