"""The columns of link tables: each is a foreign key and a part of the primary key, and goes with what it points at."""

from typing import Annotated

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import mapped_column

MovieKey = Annotated[int, mapped_column(BigInteger, ForeignKey("movies.id", ondelete="CASCADE"), primary_key=True)]
SeriesKey = Annotated[int, mapped_column(BigInteger, ForeignKey("series.id", ondelete="CASCADE"), primary_key=True)]
EpisodeKey = Annotated[int, mapped_column(BigInteger, ForeignKey("episodes.id", ondelete="CASCADE"), primary_key=True)]
ActorKey = Annotated[int, mapped_column(BigInteger, ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True)]
CrewKey = Annotated[int, mapped_column(BigInteger, ForeignKey("crew.id", ondelete="CASCADE"), primary_key=True)]
ArtistKey = Annotated[int, mapped_column(BigInteger, ForeignKey("artists.id", ondelete="CASCADE"), primary_key=True)]
GenreKey = Annotated[int, mapped_column(BigInteger, ForeignKey("genres.id", ondelete="CASCADE"), primary_key=True)]
StudioKey = Annotated[int, mapped_column(BigInteger, ForeignKey("studios.id", ondelete="CASCADE"), primary_key=True)]
