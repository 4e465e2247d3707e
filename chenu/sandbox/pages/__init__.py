"""The hosted pages: plain forms that work without JavaScript, in French and English."""
