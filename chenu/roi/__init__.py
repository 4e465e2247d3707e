"""Return on investment: the value of saved time against what was paid."""
