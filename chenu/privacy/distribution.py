"""Exports and deletions are of a person, and made by the worker."""

from chenu.core.distribution import OF_A_PERSON, Local, Placement

PLACEMENTS: tuple[Placement, ...] = (
    Local("data_export", OF_A_PERSON),
    Local("data_export_chunk", OF_A_PERSON),
    Local("person_deletion", OF_A_PERSON),
)
