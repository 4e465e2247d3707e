"""Returns on investment, from runs, invoices and purchases."""
