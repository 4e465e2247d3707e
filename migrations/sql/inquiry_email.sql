-- By which a deletion finds what somebody asked before or beside having an account.

CREATE INDEX enterprise_inquiry_email ON enterprise_inquiry (email);
