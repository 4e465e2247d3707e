"""The pages of the affiliate programme."""

from storefront.routes import affiliate, affiliate_codes, affiliate_payouts, affiliate_statements

AFFILIATE_HANDLERS = (
    affiliate.show_affiliate,
    affiliate.download_commissions,
    affiliate_statements.send_own_statement,
    affiliate_codes.send_svg_code,
    affiliate_codes.send_png_code,
    affiliate_payouts.save_country,
    affiliate_payouts.open_payout_setup,
    affiliate_payouts.open_bank_page,
    affiliate_payouts.return_from_setup,
)
