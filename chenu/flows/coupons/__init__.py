"""Coupons: made and withdrawn by staff, typed by customers, reserved with an order."""
