"""How streets are written in languages that put their word for street beside its name."""

from __future__ import annotations

# The number before the name, or after it.
_GERMAN = (
    r"[A-ZÄÖÜ][\w.äöüßÄÖÜ'/ -]{1,45}?(?:[Ss]tra(?:ß|ss)e|[Ss]tr\.|[Ww]eg|[Pp]latz|[Aa]llee|gasse|[Rr]ing|"
    r"[Dd]amm|ufer|chaussee|markt|graben|steig|park|hof|berg)\s?\d{1,4}\s?[a-zA-Z]?(?:\s?[-–/+]\s?\d{1,4}[a-z]?)?"
)
_FRENCH = (
    r"(?:\d{1,4}(?:\s?(?:bis|ter|[-–]\s?\d{1,4}))?,?\s)?(?:[Rr]ue|[Aa]venue|[Aa]v\.|[Bb]oulevard|[Bb]d|[Pp]lace|"
    r"[Cc]hemin|[Cc]hauss[ée]e|[Qq]uai|[Rr]oute|[Ii]mpasse|[Aa]ll[ée]e|[Cc]ours|square|passage|faubourg)"
    r"\s[\w.'’éèêàâçôûîïëü -]{2,50}"
)
_ITALIAN = (
    r"(?:Via|Viale|Piazza|Corso|Largo|Vicolo|Strada|Piazzale)\s[\w.'’àèéìòù -]{2,45},?\s(?:n\.?\s?)?\d{1,4}"
    r"(?:/?[A-Za-z])?"
)
_SPANISH = (
    r"(?:Calle|C/|R[úu]a|Avda\.?|Avenida|Paseo|Plaza|Carrer|Ronda|Camino|Polígono|Passeig)"
    r"\s?[\w.'’áéíóúñüç -]{2,45},?\s"
    r"(?:n\.?º?\s?)?\d{1,4}|[A-ZÁÉÍÓÚÑ][\w.' -]{2,45}\s(?:kalea|etorbidea),?\s\d{1,4}"
)
_PORTUGUESE = (
    r"(?:Rua|R\.|Avenida|Av\.|Largo|Praça|Travessa|Estrada)\s[\w.'’áàâãéêíóôõúç -]{2,45}"
    r"(?:,?\s(?:n\.?º?\s?|N\.?º\s?)?\d{1,4}[A-Z]?)?(?:,\s?\d{1,2}\.?[ºª][\w .]{0,12})?"
)
# Country -> what a street of its language is like.
STREETS_ABROAD: tuple[tuple[str, str], ...] = (
    ("DE", _GERMAN),
    ("FR", _FRENCH),
    ("IT", _ITALIAN),
    ("ES", _SPANISH),
    ("PT", _PORTUGUESE),
)
