"""The storefront: pages that work without JavaScript and swap fragments with htmx."""
