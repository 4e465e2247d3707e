-- Cards of trials: the first one who used a card stays. docs/decisions/0032

REVOKE UPDATE, DELETE ON trial_card FROM chenu_app;
