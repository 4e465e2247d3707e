-- A card once for each customer, and the customers of one card.
CREATE UNIQUE INDEX referral_card_once ON referral_card (card_hash, referral);

-- Who else is paid to a bank account.
CREATE INDEX connect_account_banks ON connect_account USING gin (bank_hashes);
