"""How a visit begins: the pool that is asked for, what the visitor may do there, and the navigation he gets."""

from starlette.requests import Request

from poolhouse.access.principals import Person, Root
from poolhouse.errors import PageNotFound
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
    principal = who.principal
    remote = pools.referenced(services, pool_id) if isinstance(principal, Root) else None
    pool = remote or await _pool(services, pool_id, principal)
    visit = ConsoleVisit(
        world=world,
        request=request,
        session=who.session,
        principal=Root(principal.account_id, pool.region) if isinstance(principal, Root) else principal,
        chosen=pool,
        is_remote=remote is not None,
        who=who.title,
        allowed=await allowed(services, principal, pool.id),
        query=forms.query(request),
        notice=take_notice(services, request, who.session),
    )
    here = request.url.path
    for page in PAGES if visit.allowed else ():
        if page.nav is not None and page.is_for(visit) and not (visit.is_remote and page.elsewhere):
            href = visit.url(page.path)
            visit.navigation.append(Entry(page.nav.label, page.nav.icon, page.nav.section, href, href == here))
    return visit


async def _pool(services: Services, pool_id: str, principal: Root | Person) -> Pool:
    found = await pools.find(services, pool_id)
    if found is None or (isinstance(principal, Person) and principal.pool_id != found.id):
        raise PageNotFound("There is no such user pool.")
    return found
