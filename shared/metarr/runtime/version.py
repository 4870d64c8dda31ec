"""The version of Metarr that runs, as every service shows it."""

from importlib.metadata import version

VERSION = version("metarr")
