"""The handlers of brands and of their hosts."""

from storefront.routes import brand, brand_hosts

BRAND_HANDLERS = (
    brand.show_brand,
    brand.save_brand,
    brand.upload_logo,
    brand.upload_brand_icon,
    brand.remove_logo,
    brand.remove_brand_icon,
    brand.end_brand,
    brand.send_preview,
    brand_hosts.add_host,
    brand_hosts.prove_host,
    brand_hosts.remove_host,
)
