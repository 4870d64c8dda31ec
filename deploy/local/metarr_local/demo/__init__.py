"""The demo: a small library of real files, a stand-in provider with pictures of its own, and a report of what was done."""
