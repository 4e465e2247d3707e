-- Many reports of one agent or review are one case until staff decide about it.

CREATE UNIQUE INDEX report_case_open ON report_case (subject) WHERE decided_at IS NULL;
CREATE INDEX report_case_place ON report_case (place, id);
CREATE INDEX content_report_of_case ON content_report (report_case, id);
CREATE UNIQUE INDEX content_report_once ON content_report (report_case, reporter);
ALTER TABLE report_case
    ADD CONSTRAINT report_case_kind CHECK (kind IN ('AGENT', 'REVIEW')),
    ADD CONSTRAINT report_case_state CHECK (
        (state = 'OPEN' AND decided_at IS NULL AND decided_by IS NULL AND reason IS NULL)
        OR (state IN ('DISMISSED', 'ACTED') AND decided_at IS NOT NULL AND decided_by IS NOT NULL
            AND reason IS NOT NULL));
