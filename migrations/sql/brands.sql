-- Brands of accounts, and their pictures: by name once they are removed.

CREATE INDEX brand_picture_removed ON brand_picture (name) WHERE removed_at IS NOT NULL;
ALTER TABLE brand
    ADD CONSTRAINT brand_named CHECK (name <> ''),
    ADD CONSTRAINT brand_colours CHECK (
        accent_light ~ '^#[0-9a-f]{6}$' AND accent_dark ~ '^#[0-9a-f]{6}$'),
    ADD CONSTRAINT brand_links_list CHECK (jsonb_typeof(links) = 'array'),
    ADD CONSTRAINT brand_locale CHECK (locale IN ('fr', 'en'));
ALTER TABLE brand_picture
    ADD CONSTRAINT brand_picture_name CHECK (name ~ '^[0-9a-f]{64}$'),
    ADD CONSTRAINT brand_picture_use CHECK (use IN ('logo', 'icon')),
    ADD CONSTRAINT brand_picture_size CHECK (width > 0 AND height > 0);
