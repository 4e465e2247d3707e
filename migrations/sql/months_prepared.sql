-- Usage first: its newest day is looked for in the whole table, before anything is locked.
SELECT prepare_months('api_usage', 'day');
SELECT prepare_months('affiliate_click', 'clicked_at');
