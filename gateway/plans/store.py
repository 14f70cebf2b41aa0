"""Reads and writes versions and drafts of plans as database rows. Every function works within the caller's session."""

import json
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from gateway.models import SiteId
from gateway.plans.version import Draft, Proposal, Version
from gateway.storage.tables import PlanDraftRow, PlanVersionRow


async def newest(session: AsyncSession) -> dict[SiteId, Version]:
    """Return the newest published version of each school's plan."""
    last = select(PlanVersionRow.site_id, func.max(PlanVersionRow.number)).group_by(PlanVersionRow.site_id)
    rows = await session.execute(last)
    found = [await session.get_one(PlanVersionRow, (site, number)) for site, number in rows.all()]
    return {SiteId(row.site_id): _version(row, _document(row.document)) for row in found}


async def versions(session: AsyncSession, site: SiteId) -> list[Version]:
    """Return all published versions of a school's plan, the newest first, without their documents."""
    row = PlanVersionRow
    wanted = select(row).options(defer(row.document)).where(row.site_id == site).order_by(row.number.desc())
    return [_version(found, {}) for found in await session.scalars(wanted)]


async def version(session: AsyncSession, site: SiteId, number: int) -> Version | None:
    """Return one version, or None if there is none with this number."""
    row = await session.get(PlanVersionRow, (site, number))
    return None if row is None else _version(row, _document(row.document))


async def last_number(session: AsyncSession, site: SiteId) -> int:
    """Return the number of the newest version of a school's plan, or 0 if none was ever published."""
    return await session.scalar(select(func.max(PlanVersionRow.number)).where(PlanVersionRow.site_id == site)) or 0


async def draft(session: AsyncSession, site: SiteId) -> Draft | None:
    """Return the draft of a school's plan, or None if nobody has started one."""
    row = await session.get(PlanDraftRow, site)
    return None if row is None else _draft(row)


async def proposals(session: AsyncSession) -> dict[SiteId, Proposal]:
    """Return the proposals that wait for approval, by school."""
    row = PlanDraftRow
    wanted = select(row.site_id, row.proposed_at, row.proposed_by_id, row.proposed_by)
    rows = await session.execute(wanted.where(row.proposed_at.is_not(None)))
    return {SiteId(site): Proposal(at, by_id or "", by or "") for site, at, by_id, by in rows.all() if at is not None}


async def put_draft(session: AsyncSession, site: SiteId, draft: Draft, text: str) -> None:
    """Write a draft over the previous one."""
    proposal = draft.proposal
    await session.merge(
        PlanDraftRow(
            site_id=site,
            document=text,
            revision=draft.revision,
            saved_at=draft.saved_at,
            saved_by=draft.saved_by,
            restores=draft.restores,
            proposed_at=proposal.at if proposal else None,
            proposed_by_id=proposal.by_id if proposal else None,
            proposed_by=proposal.by if proposal else None,
            note=draft.note,
        )
    )


async def drop_draft(session: AsyncSession, site: SiteId) -> None:
    """Delete a school's draft."""
    await session.execute(delete(PlanDraftRow).where(PlanDraftRow.site_id == site))


def add_version(session: AsyncSession, site: SiteId, version: Version, text: str) -> None:
    """Add a version. Its number must be new."""
    session.add(
        PlanVersionRow(
            site_id=site,
            number=version.number,
            document=text,
            sha256=version.sha256,
            published_at=version.published_at,
            published_by=version.published_by,
            approved_by=version.approved_by,
            note=version.note,
            restores=version.restores,
        )
    )


def _version(row: PlanVersionRow, document: dict[str, Any]) -> Version:
    return Version(
        row.number,
        document,
        row.sha256,
        row.published_at,
        row.published_by,
        row.approved_by,
        row.note,
        row.restores,
    )


def _draft(row: PlanDraftRow) -> Draft:
    proposal = None
    if row.proposed_at is not None:
        proposal = Proposal(row.proposed_at, row.proposed_by_id or "", row.proposed_by or "")
    document = _document(row.document)
    return Draft(document, row.revision, row.saved_at, row.saved_by, row.restores, proposal, row.note)


def _document(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found
