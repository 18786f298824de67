"""How a visit begins: the pool that is asked for, what the visitor may do there, and the navigation he gets."""

from starlette.requests import Request

from poolhouse.access.principals import Person, Root
from poolhouse.errors import PageNotFound
from poolhouse.operations import delegation
from poolhouse.operations.context import Services
from poolhouse.operations.gate import served
from poolhouse.store import pools
from poolhouse.store.pools import Pool

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


async def allowed(services: Services, principal: Root | Person) -> frozenset[str]:
    """The names of the operations that somebody may perform: all that are served, or what delegation says."""
    if isinstance(principal, Root):
        return frozenset(name for service, name in served() if service == "cognito-idp")
    async with services.database.read() as tx:
        return await delegation.permitted(tx, principal)


async def _pool(services: Services, pool_id: str, principal: Root | Person) -> Pool:
    async with services.database.read() as tx:
        found = await pools.find(tx, pool_id)
    if found is None or (isinstance(principal, Person) and principal.pool_id != found.id):
        raise PageNotFound("There is no such user pool.")
    return found
