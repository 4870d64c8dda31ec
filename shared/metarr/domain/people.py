"""When two names in a cast or crew list mean the same person, and what one list can tell another about its people.

A person is known by TMDB's id; without one, by the name without regard to case. Somebody with an id and somebody with
only a name are taken for the same when the names agree: within one film that is as good as certain.
"""

from collections.abc import Iterable, Sequence

import msgspec

from metarr.domain.movie import ActorCredit, CrewCredit

ROLE_JOINT = " / "
"""Between the roles of somebody who plays several: `movie_actors` holds one row for a person in a film."""

_LENT = ("tmdb_id", "imdb_id", "thumb_url")


def same_person(one: ActorCredit | CrewCredit, other: ActorCredit | CrewCredit) -> bool:
    """Whether two credits of one film name the same person."""
    if one.tmdb_id is not None and other.tmdb_id is not None:
        return one.tmdb_id == other.tmdb_id
    return one.name.casefold() == other.name.casefold()


def settled_cast(actors: Iterable[ActorCredit]) -> tuple[ActorCredit, ...]:
    """The list as it can be stored: in billing order from 0, each person once with all roles, nobody without a name."""
    cast: list[ActorCredit] = []
    for actor in actors:
        if not actor.name.strip():
            continue
        place = next((index for index, known in enumerate(cast) if same_person(known, actor)), None)
        if place is None:
            cast.append(msgspec.structs.replace(actor, name=actor.name.strip(), sort_order=len(cast)))
        else:
            cast[place] = _both(cast[place], actor)
    return tuple(cast)


def settled_crew(crew: Iterable[CrewCredit]) -> tuple[CrewCredit, ...]:
    """The list as it can be stored: each person once in each role, numbered from 0 within the role."""
    settled: list[CrewCredit] = []
    for credit in crew:
        peers = [known for known in settled if known.role == credit.role]
        if credit.name.strip() and not any(same_person(known, credit) for known in peers):
            settled.append(msgspec.structs.replace(credit, name=credit.name.strip(), sort_order=len(peers)))
    return tuple(settled)


def acquainted[T: (ActorCredit, CrewCredit)](
    people: Sequence[T], others: Iterable[ActorCredit | CrewCredit]
) -> tuple[T, ...]:
    """`people` with the ids and portraits that `others` know of them; who they are and what they did stays as it is."""
    by_name: dict[str, ActorCredit | CrewCredit] = {}
    for other in others:
        by_name.setdefault(other.name.casefold(), other)
    return tuple(_told(person, by_name.get(person.name.casefold())) for person in people)


def _both(known: ActorCredit, again: ActorCredit) -> ActorCredit:
    roles = [role for role in (known.role, again.role) if role]
    if len(roles) == 2 and again.role in roles[0].split(ROLE_JOINT):
        roles.pop()
    lent = _lent(known, again)
    return msgspec.structs.replace(known, role=ROLE_JOINT.join(roles) or None, **lent)


def _told[T: (ActorCredit, CrewCredit)](person: T, other: ActorCredit | CrewCredit | None) -> T:
    if other is None or not same_person(person, other):
        return person
    lent = _lent(person, other)
    return msgspec.structs.replace(person, **lent) if lent else person


def _lent(person: ActorCredit | CrewCredit, other: ActorCredit | CrewCredit) -> dict[str, object]:
    """What `other` knows and `person` has a place for but does not say."""
    return {
        field: value
        for field in _LENT
        if hasattr(person, field)
        and getattr(person, field) is None
        and (value := getattr(other, field, None)) is not None
    }
