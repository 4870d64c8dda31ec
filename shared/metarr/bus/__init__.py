"""NATS: doorbells, facts, questions, control. The only importer of nats."""
