"""Who may own what is added: the owners of the file, and the users of the database."""

from __future__ import annotations

from daemon.config import Config
from daemon.config.explain import nearest
from daemon.config.sections import OwnerConfig
from daemon.model.errors import NotFoundError, RequestError
from daemon.model.viewer import Viewer
from daemon.operations.installation.opening import Database
from daemon.operations.people.users import the_user
from daemon.store.people.users import ids_of_users


async def with_people(database: Database, viewer: Viewer, config: Config) -> Config:
    """The configuration in which whom the database alone knows is an owner as well.

    Shape: only an admin may name another owner: to anybody else the configuration stays as it is.
    """
    if not viewer.is_admin:
        return config
    named = {owner.id for owner in config.owners}
    async with database.reading() as session:
        people = [one for one in await ids_of_users(session) if one not in named]
    # The address is of no use here: it stands in the database.
    known = (OwnerConfig.model_construct(id=one, email="", username=None) for one in people)
    return config.model_copy(update={"owners": (*config.owners, *known)})


async def owner_id_of(database: Database, viewer: Viewer, config: Config, word: str) -> str:
    """The id of the owner whom a word means by their id, their name or their mail address.

    Shape:  a word that means nobody stays as it is, for the rules of the file to refuse.
    Errors: AmbiguousError.
    """
    mine = [owner for owner in config.owners if viewer.may_see(owner.id)]
    if any(owner.id == word for owner in mine):
        return word
    try:
        return (await the_user(database, viewer, word)).id
    except NotFoundError:
        named = (owner.id for owner in mine if word in (owner.username, owner.email))
        return next(named, word)


async def the_owner_id(database: Database, viewer: Viewer, config: Config, word: str) -> str:
    """The id of the owner whom a word means.

    Errors: AmbiguousError; RequestError, which names who there is.
    """
    known = [owner.id for owner in (await with_people(database, viewer, config)).owners]
    if (found := await owner_id_of(database, viewer, config, word)) in known:
        return found
    raise RequestError("owner", word, f"there is no owner {word!r}; {nearest(word, known)}")
