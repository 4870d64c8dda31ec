"""How Litestar hands a route what it needs: the tools by name, numbers and words from the path."""

from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation

from metarr_api.tools import Tools

Given = NamedDependency[SkipValidation[Tools]]
PathId = FromPath[int]
PathWord = FromPath[str]
