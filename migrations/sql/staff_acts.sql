-- The list of what staff did, by act and by person, the newest first.

CREATE INDEX audit_event_acts ON audit_event (id) WHERE by_staff;
CREATE INDEX audit_event_acts_by_action ON audit_event (action, id) WHERE by_staff;
CREATE INDEX audit_event_acts_by_actor ON audit_event (actor, id) WHERE by_staff;
