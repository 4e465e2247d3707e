"""The nine spheres of life and work; names in both languages."""

import msgspec

from chenu.core.i18n import Locale


class Sphere(msgspec.Struct, frozen=True):
    code: str
    fr: str
    en: str

    def name(self, locale: Locale) -> str:
        return self.en if locale == "en" else self.fr


SPHERES: tuple[Sphere, ...] = (
    Sphere("PERSONAL", "Personnel", "Personal"),
    Sphere("BUSINESS", "Affaires", "Business"),
    Sphere("GOVERNMENT", "Administration", "Government"),
    Sphere("CREATIVE_STUDIO", "Studio créatif", "Creative Studio"),
    Sphere("COMMUNITY", "Communauté", "Community"),
    Sphere("SOCIAL_MEDIA", "Réseaux et médias", "Social & Media"),
    Sphere("ENTERTAINMENT", "Divertissement", "Entertainment"),
    Sphere("MY_TEAM", "Mon équipe", "My Team"),
    Sphere("SCHOLAR", "Savoir", "Scholar"),
)

_BY_CODE = {sphere.code: sphere for sphere in SPHERES}


def find_sphere(code: str | None) -> Sphere | None:
    return _BY_CODE.get(code or "")
