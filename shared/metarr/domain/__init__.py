"""The rules of Metarr, pure: no I/O, no clock, no SQL."""
