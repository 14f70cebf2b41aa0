"""Keeps the draft of each school's plan, and makes it the plan when somebody publishes it."""

import asyncio
import secrets
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TypeVar, TypeVarTuple

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audit.kinds import Kind
from gateway.audit.log import AuditEvent, AuditLog
from gateway.clock import Clock
from gateway.errors import BadRequest, Conflict
from gateway.floorplan.document import digest_of, text_of, with_features_of
from gateway.floorplan.geometry.index import Geometry
from gateway.floorplan.model import FloorPlan
from gateway.metrics import Metrics
from gateway.models import CameraId, Principal, SiteId
from gateway.plans import store
from gateway.plans.in_use import Plans
from gateway.plans.limits import read_draft
from gateway.plans.proposals import Proposals
from gateway.plans.version import Checked, Draft, Proposal, Version, adapted, check
from gateway.storage.database import Database

FIRST_REVISIONS = 2**40
"""A draft's first revision is a random number from 1 to this."""

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")


class Drafts:
    """Saves, restores, publishes and discards drafts.

    Each draft begins at a random revision, so that two drafts never share one, and the person who approves a revision
    approves what they have seen. Plans are read and checked on a thread of their own, so nothing else waits for that.

    Every request names the revision that it refers to, so that nobody overwrites or publishes something that they have
    not seen. With ``approval``, what one person wants to publish stays a proposal until somebody else approves it. A
    change and its record are on disk, in one transaction, before it takes effect. All methods raise StorageError if
    that fails.
    """

    def __init__(
        self, plans: Plans, database: Database, clock: Clock, audit: AuditLog, metrics: Metrics, *, approval: bool
    ) -> None:
        self.approval = approval
        self.proposals = Proposals(metrics)
        self._plans = plans
        self._database = database
        self._clock = clock
        self._audit = audit
        self._changing = {site: asyncio.Lock() for site in plans}
        self._threads = ThreadPoolExecutor(1, "floor plans")
        self._checked: dict[SiteId, tuple[Draft, Checked]] = {}

    async def start(self) -> None:
        """Load the proposals that waited when the gateway stopped. Raises StorageError."""
        await self.proposals.start(self._database)

    def close(self) -> None:
        """Drop work that has not begun. Call it when the gateway stops."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def run(self, work: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        """Run work on a plan in the thread for plans."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *arguments))

    async def get(self, site: SiteId) -> Draft:
        """Return the draft. If nobody has started one, it is the version in use, with revision 0."""
        async with self._database.reading() as session:
            return await store.draft(session, site) or Draft(self._plans.version(site).document)

    async def check(self, site: SiteId, draft: Draft) -> Checked:
        """Return the draft's plan, or what is wrong with it. The last answer is kept."""
        known = self._checked.get(site)
        if known is None or known[0] != draft:
            checked = await self.run(check, draft.document, self._plans.cameras(site))
            known = self._checked[site] = draft, checked
        return known[1]

    async def save(
        self,
        site: SiteId,
        by: Principal,
        address: str,
        text: bytes,
        revision: int,
        base: int,
        hidden: Collection[CameraId] = (),
    ) -> Draft:
        """Save a draft over the one with this revision, even if it is not a valid plan yet. This ends any proposal.

        A first save names the version on which it is based, ``base``. Cameras that are ``hidden`` from this person stay
        where they were. Raises BadRequest if it is not GeoJSON, and Conflict if somebody else has saved or published
        meanwhile.
        """
        document = await self.run(read_draft, text)
        async with self._changing[site]:
            before = await self._same(site, revision)
            if revision == 0 and base != self._plans.version(site).number:
                raise Conflict("draft_changed", "Somebody has published another version meanwhile. Load it again.")
            document = with_features_of(document, before.document, hidden)
            restores = before.restores if document == before.document else None
            draft = replace(before, document=document, restores=restores, proposal=None, note="")
            event = None
            if revision == 0:
                event = _event(Kind.PLAN_DRAFT_BEGUN, site, by, address)
            elif before.proposal is not None or before.saved_by != by.name:
                event = _event(Kind.PLAN_DRAFT_CHANGED, site, by, address, before=before.saved_by)
            return await self._put(site, draft, by, event)

    async def restore(
        self, site: SiteId, by: Principal, address: str, number: int, revision: int, hidden: Collection[CameraId] = ()
    ) -> Draft:
        """Make an earlier version the draft; publishing that brings the version back. Raises NotFound, Conflict."""
        found, in_use = await self._plans.find(site, number), self._plans.version(site).document
        async with self._changing[site]:
            before = await self._same(site, revision)
            document = adapted(found.document, self._plans.cameras(site), in_use)
            document = with_features_of(document, in_use, hidden)
            draft = replace(before, document=document, restores=number, proposal=None, note="")
            return await self._put(site, draft, by, _event(Kind.PLAN_RESTORED, site, by, address, version=number))

    async def discard(self, site: SiteId, by: Principal, address: str, revision: int) -> None:
        """Delete the draft. Raises Conflict."""
        async with self._changing[site]:
            await self._same(site, revision)
            async with self._database.session() as session:
                await store.drop_draft(session, site)
                self._record(session, _event(Kind.PLAN_DRAFT_DISCARDED, site, by, address))
            self.proposals.put(site, None)

    async def publish(self, site: SiteId, by: Principal, address: str, revision: int, note: str) -> Version | Draft:
        """Make the draft the plan, or propose it if somebody else must approve it. Return the version or the proposal.

        Raises BadRequest if it is not a valid plan yet, and Conflict if somebody has changed or published it meanwhile.
        """
        async with self._changing[site]:
            draft, plan = await self._ready(site, revision)
            draft = replace(draft, note=note)
            if self.approval:
                draft = replace(draft, proposal=Proposal(self._clock.now(), by.id, by.name))
                sha256 = digest_of(await self.run(text_of, draft.document)).hex()
                event = _event(Kind.PLAN_PROPOSED, site, by, address, note=note, sha256=sha256)
                return await self._put(site, draft, by, event)
            return await self._publish(site, draft, plan, by, address, published_by=by.name, approved_by=None)

    async def approve(self, site: SiteId, by: Principal, address: str, revision: int) -> Version:
        """Publish a proposed draft. Raises Conflict if this draft is not proposed, or if it is their own."""
        async with self._changing[site]:
            draft, plan = await self._ready(site, revision)
            proposal = _proposal(draft)
            if proposal.by_id == by.id:
                raise Conflict("own_proposal", "Somebody else must approve what you propose.")
            return await self._publish(site, draft, plan, by, address, published_by=proposal.by, approved_by=by.name)

    async def reject(self, site: SiteId, by: Principal, address: str, revision: int, note: str) -> Draft:
        """Give a proposed draft back to those who draw it, with a note. Raises Conflict."""
        async with self._changing[site]:
            draft = await self._same(site, revision)
            _proposal(draft)
            draft = replace(draft, proposal=None, note=note)
            return await self._put(site, draft, by, _event(Kind.PLAN_REJECTED, site, by, address, note=note))

    async def _same(self, site: SiteId, revision: int) -> Draft:
        """Return the draft, if it still has this revision. Raises Conflict."""
        draft = await self.get(site)
        if draft.revision != revision:
            who = draft.saved_by or "Somebody"
            raise Conflict("draft_changed", f"{who} has changed or published this draft meanwhile. Load it again.")
        return draft

    async def _ready(self, site: SiteId, revision: int) -> tuple[Draft, FloorPlan]:
        """Return the draft and its plan, if it can be published. Raises BadRequest, Conflict."""
        draft = await self._same(site, revision)
        if draft.revision == 0:
            raise Conflict("no_draft", "There is no draft: nothing has been changed since the last version.")
        checked = await self.check(site, draft)
        if checked.plan is None:
            raise BadRequest("plan_incomplete", "The draft is not a complete plan yet. Fix the problems that it lists.")
        return draft, checked.plan

    async def _put(self, site: SiteId, draft: Draft, by: Principal, event: AuditEvent | None) -> Draft:
        revision = draft.revision + 1 if draft.revision else 1 + secrets.randbelow(FIRST_REVISIONS)
        saved = replace(draft, revision=revision, saved_at=self._clock.now(), saved_by=by.name)
        text = await self.run(text_of, saved.document)
        async with self._database.session() as session:
            await store.put_draft(session, site, saved, text)
            if event is not None:
                self._record(session, event)
        self.proposals.put(site, saved.proposal)
        return saved

    async def _publish(
        self,
        site: SiteId,
        draft: Draft,
        plan: FloorPlan,
        by: Principal,
        address: str,
        *,
        published_by: str,
        approved_by: str | None,
    ) -> Version:
        geometry = await self.run(Geometry, plan)
        text = await self.run(text_of, draft.document)
        if (sha256 := digest_of(text)) == self._plans.version(site).sha256:
            raise Conflict("nothing_changed", "The draft is the same as the plan in use.")
        async with self._database.session() as session:
            version = Version(
                await store.last_number(session, site) + 1,
                draft.document,
                sha256,
                self._clock.now(),
                published_by,
                approved_by,
                draft.note,
                draft.restores,
            )
            store.add_version(session, site, version, text)
            await store.drop_draft(session, site)
            detail = {"version": version.number, "sha256": version.sha256.hex(), "published_by": published_by}
            self._record(session, _event(Kind.PLAN_PUBLISHED, site, by, address, **detail))
        self._plans.use(site, version, geometry)
        self.proposals.put(site, None)
        return version

    def _record(self, session: AsyncSession, event: AuditEvent) -> None:
        self._audit.add(session, self._audit.record(event))


def _proposal(draft: Draft) -> Proposal:
    if draft.proposal is None:
        raise Conflict("not_proposed", "This draft is not proposed, or is no longer.")
    return draft.proposal


def _event(kind: Kind, site: SiteId, by: Principal, address: str, **detail: object) -> AuditEvent:
    return AuditEvent.of(
        by,
        kind,
        site=site,
        origin_address=address or None,
        detail=detail,
    )
