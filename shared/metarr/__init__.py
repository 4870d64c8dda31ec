"""The floor of Metarr: the rules, messages, tables and plumbing that its services share."""
