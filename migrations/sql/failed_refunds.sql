-- Refunds of agents that banks sent back: a list of the support desk. docs/decisions/0055

CREATE INDEX purchase_refund_sent_back ON purchase_refund (id)
    WHERE state = 'FAILED' AND stripe_refund_id IS NOT NULL;
