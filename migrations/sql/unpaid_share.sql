UPDATE token_budget_period SET unpaid_share = 10000 WHERE is_unpaid;
