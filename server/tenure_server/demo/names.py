"""The names of people who do not exist: given names in common use with family names that nobody bears.

Pure and without chance: the same number is the same person in every demo.
"""

from dataclasses import dataclass

FINNISH_GIVEN = (
    "Aino", "Eero", "Helmi", "Ilmari", "Kerttu", "Lauri", "Maija", "Niilo", "Oona", "Paavo", "Raili",
    "Sakari", "Tyyne", "Urho", "Vieno", "Väinö", "Elli", "Otso", "Saimi", "Kauko", "Hilja", "Toivo", "Impi",
    "Armas", "Lempi", "Veikko",
)  # fmt: skip
SWEDISH_GIVEN = (
    "Alva", "Birger", "Cecilia", "Dag", "Ebba", "Folke", "Gunhild", "Holger", "Ingegerd", "Jarl", "Karin",
    "Lennart", "Märta", "Nils", "Ottilia", "Per-Olof", "Ragnhild", "Sixten", "Tova", "Ulrik", "Viveka",
    "Yngve", "Åsa", "Örjan", "Sigrid", "Torsten",
)  # fmt: skip
FINNISH_FAMILY = (
    ("Kuura", "Utu", "Halla", "Varjo", "Sarastus", "Tyyni", "Kaisla", "Routa", "Ruska", "Sumu", "Hanki"),
    ("luhta", "nevala", "selkonen", "saarela", "kannas", "rinteinen", "notko"),
)
SWEDISH_FAMILY = (
    ("Dimm", "Vinter", "Frost", "Säv", "Skymnings", "Regn", "Måne", "Töcken", "Is", "Gryning", "Glim"),
    ("hammar", "torpare", "kärr", "sköld", "viken", "lunde", "hed"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InventedPerson:
    """A name and the language its bearer speaks."""

    given: str
    family: str
    language: str


def invented_person(number: int) -> InventedPerson:
    """Return the person of a number, from 0 on; every second speaks Swedish."""
    is_swedish, index = number % 2 == 1, number // 2
    given = SWEDISH_GIVEN if is_swedish else FINNISH_GIVEN
    starts, ends = SWEDISH_FAMILY if is_swedish else FINNISH_FAMILY
    return InventedPerson(
        given=given[index % len(given)],
        family=starts[index % len(starts)] + ends[index % len(ends)],
        language="sv" if is_swedish else "fi",
    )
