"""Monthly budgets of tokens: the worker's tasks, and the mails that warn."""
