"""Whether a page is in English, by its words: many pages do not say in which language they are."""

from __future__ import annotations

import re

from connector.enrichment.documents import MOST_WORDS

# The commonest words of English, and of pages about companies; those of other languages that are no English.
_ENGLISH = frozenset(
    (
        *("the", "and", "of", "for", "our", "with", "your", "we", "to", "is", "are", "you", "us"),
        *("from", "this", "about", "home", "phone", "call", "services", "contact", "address"),
        *("hours", "street"),
    )
)
_OTHERS = frozenset(
    (
        *("de", "la", "el", "los", "las", "del", "y", "para", "por", "una", "nosotros", "contacto"),
        *("servicios", "inicio", "teléfono", "dirección", "calle", "empresa", "somos", "e", "da", "do"),
        *("dos", "em", "uma", "telefone", "contato", "serviços", "endereço", "rua", "nossa", "und"),
        *("der", "das", "mit", "für", "wir", "sie", "ist", "telefon", "über", "straße", "impressum"),
        *("le", "les", "et", "pour", "nous", "vous", "dans", "avec", "téléphone", "accueil", "rue"),
        *("il", "di", "che", "della", "per", "siamo", "contatti", "azienda", "servizi", "chi", "het"),
        *("een", "van", "voor", "met", "wij", "ons", "telefoon", "diensten", "ve", "bir", "ile"),
        *("için", "iletişim", "anasayfa", "türkiye", "w", "na", "jest", "nas", "oraz", "och", "att"),
        *("för", "og", "til", "av", "vi", "hos", "ja", "ota", "yhteyttä", "puhelin"),
    )
)
FEWEST_OTHERS, SURELY = 3, 12  # words of other languages: enough on a page that does not say its language
_WORD = re.compile(r"[^\W\d_]+")
_OTHER_LETTER = re.compile(r"[^\W\d_\u0000-\u024f]")  # none of the Latin alphabet


def is_foreign(text: str, *, fewest: int = FEWEST_OTHERS) -> bool:
    """Whether a text is in another language than English, going by at least so many words of it."""
    begin = text[:MOST_WORDS]
    words = _WORD.findall(begin.lower())
    english, others = sum(map(_ENGLISH.__contains__, words)), sum(map(_OTHERS.__contains__, words))
    letters = len(_OTHER_LETTER.findall(begin))
    return (others >= fewest and others > english) or 2 * letters > sum(map(len, words))
