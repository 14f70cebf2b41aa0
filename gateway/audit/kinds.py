"""Lists every kind of record, so that readers of the record can rely on the words. Pure."""

from enum import StrEnum
from typing import Self


class Kind(StrEnum):
    """Names what happened. A word never changes, because old records contain it.

    Records that another version of the gateway wrote may have words that are not in this list. They are read as
    they are: ``Kind("word")`` turns any word into a kind.
    """

    ACKNOWLEDGE_REFUSED = "acknowledge_refused"
    ALARM_UNCONFIRMED = "alarm_unconfirmed"
    ALL_CLEAR_REFUSED = "all_clear_refused"
    APPROVE_PLAN_REFUSED = "approve_plan_refused"
    CLOCK_STEP = "clock_step"
    EDIT_PLAN_REFUSED = "edit_plan_refused"
    EXTEND_REFUSED = "extend_refused"
    GRANT_GIVEN = "grant_given"
    GRANT_REVOKED = "grant_revoked"
    INCIDENT_ACKNOWLEDGED = "incident_acknowledged"
    INCIDENT_ALARMED = "incident_alarmed"
    INCIDENT_ALL_CLEAR = "incident_all_clear"
    INCIDENT_EXPIRED = "incident_expired"
    INCIDENT_EXTENDED = "incident_extended"
    INCIDENT_MERGED = "incident_merged"
    INCIDENT_OPENED = "incident_opened"
    INCIDENT_SUPERSEDED = "incident_superseded"
    INCIDENT_WARNED = "incident_warned"
    INVITATIONS_WITHDRAWN = "invitations_withdrawn"
    INVITED = "invited"
    NOTICE_ACCEPTED = "notice_accepted"
    PLAN_DRAFT_BEGUN = "plan_draft_begun"
    PLAN_DRAFT_CHANGED = "plan_draft_changed"
    PLAN_DRAFT_DISCARDED = "plan_draft_discarded"
    PLAN_PRINTED = "plan_printed"
    PLAN_PROPOSED = "plan_proposed"
    PLAN_PUBLISHED = "plan_published"
    PLAN_READ = "plan_read"
    PLAN_REJECTED = "plan_rejected"
    PLAN_RESTORED = "plan_restored"
    PLAYER_REFUSED = "player_refused"
    READ_RECORD_REFUSED = "read_record_refused"
    RECORD_READ = "record_read"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    SIGN_IN_CARRIED_ON = "sign_in_carried_on"
    SIGN_IN_CLOSED = "sign_in_closed"
    SIGN_IN_CONTINUED = "sign_in_continued"
    SIGN_IN_REFUSED = "sign_in_refused"
    STATUS_REFUSED = "status_refused"
    STILL_REFUSED = "still_refused"
    STILL_SEEN = "still_seen"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - a word of the record
    TRIGGER_REFUSED = "trigger_refused"
    VIEW_CLOSED = "view_closed"
    VIEW_OPENED = "view_opened"
    VIEW_REFUSED = "view_refused"
    VIEW_RENEWAL_BEGAN = "view_renewal_began"

    @classmethod
    def _missing_(cls, value: object) -> Self:
        word = str(value)
        kind = str.__new__(cls, word)
        kind._name_, kind._value_ = word, word
        return kind
