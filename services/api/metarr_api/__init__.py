"""The API: HTTP in, HTTP out. No rules, no provider calls."""
