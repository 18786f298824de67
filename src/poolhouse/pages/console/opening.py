"""How a visit begins: the pool that is asked for, what the visitor may do there, and the navigation he gets."""

from starlette.requests import Request

from poolhouse.access.principals import Person, Root
from poolhouse.errors import PageNotFound, PageRefusal
from poolhouse.operations.console import pools
from poolhouse.operations.console.pools import Pool
from poolhouse.operations.console.rights import allowed
from poolhouse.operations.context import Services

from . import forms
from .registry import PAGES
from .session import SignedIn
from .visit import ConsoleVisit, Entry, World, take_notice


async def open_visit(world: World, request: Request, who: SignedIn, pool_id: str) -> ConsoleVisit:
    """Raises PageNotFound for a pool that is not there or is not the visitor's."""
    services = world.services
    pool = await _pool(services, pool_id, who.principal)
    principal = who.principal
    visit = ConsoleVisit(
        world=world,
        request=request,
        session=who.session,
        principal=Root(principal.account_id, pool.region) if isinstance(principal, Root) else principal,
        chosen=pool,
        who=who.title,
        allowed=await allowed(services, principal),
        query=forms.query(request),
        notice=take_notice(services, request, who.session),
    )
    here = request.url.path
    for page in PAGES if visit.allowed else ():
        if page.nav is not None and page.is_for(visit):
            href = visit.url(page.path)
            visit.navigation.append(Entry(page.nav.label, page.nav.icon, page.nav.section, href, href == here))
    return visit


async def _pool(services: Services, pool_id: str, principal: Root | Person) -> Pool:
    if services.remote.of(pool_id) is not None:
        text = f"The users of {pool_id} are at AWS, and this console shows user pools of this server only."
        raise PageRefusal("This pool is at AWS", text, status=404)
    found = await pools.find(services, pool_id)
    if found is None or (isinstance(principal, Person) and principal.pool_id != found.id):
        raise PageNotFound("There is no such user pool.")
    return found
