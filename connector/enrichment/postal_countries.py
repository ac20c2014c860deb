"""What tells countries with postcodes of digits apart: the shape, the place of the city, their names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """A shape of postcodes.

    Attributes:
        after: countries that write the city behind it.
        before: countries that write the city before it.
        alone: the country that the shape alone tells; empty if several have it, or other things have.
    """

    pattern: re.Pattern[str]
    after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    alone: str = ""


SHAPES: Sequence[Shape] = (
    Shape(re.compile(r"\d{4}\s?[A-Z]{2}"), ("NL",), alone="NL"),
    Shape(re.compile(r"\d{5}-\d{3}"), ("BR",), ("BR",), "BR"),
    Shape(re.compile(r"\d{4}[-–]\d{3}"), ("PT",), alone="PT"),
    Shape(re.compile(r"\d{2}-\d{3}"), ("PL",)),
    Shape(re.compile(r"\d{3}-\d{4}"), ("JP",), ("JP",)),
    Shape(re.compile(r"\d{3} \d{2}"), ("SE", "CZ", "SK", "GR")),
    Shape(re.compile(r"\d{3} \d{3}"), (), ("IN",)),
    Shape(re.compile(r"\d{7}"), (), ("IL",)),
    Shape(re.compile(r"\d{6}"), ("RO",), ("IN", "SG", "CN", "VN", "KZ", "RO")),
    Shape(
        re.compile(r"\d{5}"),
        (
            *(
                "DE",
                "FR",
                "IT",
                "ES",
                "FI",
                "SE",
                "CZ",
                "SK",
                "GR",
                "EE",
                "MX",
                "HR",
                "TR",
                "MY",
                "LT",
                "RS",
                "MC",
                "UA",
            ),
        ),
        ("TH", "KR", "ID", "SA", "EG", "PE", "PK", "IL"),
    ),
    Shape(
        re.compile(r"\d{4}"),
        ("AT", "CH", "BE", "DK", "NO", "LU", "HU", "SI", "LI", "LV", "BG", "IS", "NL", "PT"),
        ("NZ", "ZA", "PH"),
    ),
)
# What stands before a postcode with a hyphen: the signs that cars bore, or ISO 3166.
PREFIXES: Mapping[str, str] = {
    "A": "AT",
    "B": "BE",
    "D": "DE",
    "E": "ES",
    "F": "FR",
    "I": "IT",
    "L": "LU",
    "N": "NO",
    "P": "PT",
    "S": "SE",
    "H": "HU",
    "FL": "LI",
    **{
        one: one
        for one in [
            "AT",
            "BE",
            "CH",
            "CZ",
            "DE",
            "DK",
            "EE",
            "ES",
            "FI",
            "FR",
            "GR",
            "HR",
            "HU",
            "IT",
            "LI",
            "LT",
            "LU",
            "LV",
            "NL",
            "NO",
            "PL",
            "PT",
            "RO",
            "SE",
            "SI",
            "SK",
        ]
    },
}
# Names of countries as addresses end with them, in lower case; their own languages and English.
COUNTRY_NAMES: Mapping[str, str] = {
    **dict.fromkeys(("deutschland", "germany", "allemagne", "germania", "alemania"), "DE"),
    **dict.fromkeys(("österreich", "austria", "autriche"), "AT"),
    **dict.fromkeys(("schweiz", "suisse", "svizzera", "switzerland"), "CH"),
    **dict.fromkeys(("liechtenstein",), "LI"),
    **dict.fromkeys(("france", "frankreich", "francia"), "FR"),
    **dict.fromkeys(("españa", "spain", "espagne", "spanien"), "ES"),
    **dict.fromkeys(("italia", "italy", "italie", "italien"), "IT"),
    **dict.fromkeys(("nederland", "the netherlands", "netherlands", "holland", "niederlande"), "NL"),
    **dict.fromkeys(("belgië", "belgie", "belgique", "belgium", "belgien"), "BE"),
    **dict.fromkeys(("luxembourg", "luxemburg"), "LU"),
    **dict.fromkeys(("sverige", "sweden", "schweden"), "SE"),
    **dict.fromkeys(("norge", "norway", "norwegen"), "NO"),
    **dict.fromkeys(("danmark", "denmark", "dänemark"), "DK"),
    **dict.fromkeys(("suomi", "finland", "finnland"), "FI"),
    **dict.fromkeys(("ísland", "iceland"), "IS"),
    **dict.fromkeys(("polska", "poland", "polen"), "PL"),
    **dict.fromkeys(("česká republika", "czech republic", "czechia", "česko", "tschechien"), "CZ"),
    **dict.fromkeys(("slovensko", "slovakia", "slovenská republika"), "SK"),
    **dict.fromkeys(("slovenija", "slovenia"), "SI"),
    **dict.fromkeys(("hrvatska", "croatia"), "HR"),
    **dict.fromkeys(("magyarország", "hungary", "ungarn"), "HU"),
    **dict.fromkeys(("românia", "romania"), "RO"),
    **dict.fromkeys(("greece", "ελλάδα", "hellas"), "GR"),
    **dict.fromkeys(("eesti", "estonia"), "EE"),
    **dict.fromkeys(("latvija", "latvia"), "LV"),
    **dict.fromkeys(("lietuva", "lithuania"), "LT"),
    **dict.fromkeys(("portugal",), "PT"),
    **dict.fromkeys(("india",), "IN"),
    **dict.fromkeys(("japan",), "JP"),
    **dict.fromkeys(("new zealand", "aotearoa"), "NZ"),
    **dict.fromkeys(("brasil", "brazil"), "BR"),
    **dict.fromkeys(("méxico", "mexico"), "MX"),
    **dict.fromkeys(("singapore",), "SG"),
    **dict.fromkeys(("south africa",), "ZA"),
    **dict.fromkeys(("malaysia",), "MY"),
    **dict.fromkeys(("türkiye", "turkey"), "TR"),
    **dict.fromkeys(("thailand",), "TH"),
    **dict.fromkeys(("indonesia",), "ID"),
    **dict.fromkeys(("philippines",), "PH"),
    **dict.fromkeys(("china", "p.r. china", "pr china"), "CN"),
    **dict.fromkeys(("south korea", "korea"), "KR"),
    **dict.fromkeys(("hong kong", "hongkong"), "HK"),
    **dict.fromkeys(("united arab emirates", "uae", "u.a.e."), "AE"),
    **dict.fromkeys(("usa", "united states", "u.s.a."), "US"),
    **dict.fromkeys(("canada",), "CA"),
    **dict.fromkeys(("australia",), "AU"),
    **dict.fromkeys(("united kingdom", "uk", "england", "scotland", "wales", "northern ireland"), "GB"),
    **dict.fromkeys(("ireland", "éire"), "IE"),
    **dict.fromkeys(("israel",), "IL"),
}
# Cities that need no postcode to be known.
CITIES_WITHOUT_CODES: Mapping[str, str] = {
    "hong kong": "HK",
    "dubai": "AE",
    "abu dhabi": "AE",
    "sharjah": "AE",
    "doha": "QA",
    "macau": "MO",
}
# Parts that stand between a city and its postcode.
REGIONS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *(
                "andhra pradesh",
                "assam",
                "bihar",
                "chhattisgarh",
                "delhi",
                "goa",
                "gujarat",
                "haryana",
                "jharkhand",
            ),
            *("himachal pradesh", "karnataka", "kerala", "madhya pradesh", "maharashtra", "odisha", "punjab"),
            *("rajasthan", "tamil nadu", "telangana", "uttar pradesh", "uttarakhand", "west bengal"),
        ),
        "IN",
    ),
    **dict.fromkeys(
        ("gauteng", "western cape", "kwazulu-natal", "eastern cape", "free state", "limpopo"), "ZA"
    ),
}
# Cities of India that many addresses name without a state or the country.
INDIAN_CITIES = frozenset(
    (
        *(
            "mumbai",
            "new delhi",
            "bangalore",
            "bengaluru",
            "chennai",
            "hyderabad",
            "pune",
            "kolkata",
            "surat",
        ),
        *("ahmedabad", "jaipur", "lucknow", "kanpur", "nagpur", "indore", "thane", "navi mumbai", "bhopal"),
        *("noida", "greater noida", "gurgaon", "gurugram", "faridabad", "ghaziabad", "ludhiana", "mohali"),
        *("chandigarh", "coimbatore", "kochi", "cochin", "vadodara", "rajkot", "nashik", "visakhapatnam"),
        *("mysore", "mysuru", "madurai", "agra", "varanasi", "patna", "ranchi", "dehradun", "secunderabad"),
    )
)
# Where a street without a word for street bears its number at the end, or at the beginning.
NUMBER_LAST = frozenset(
    (
        *("DE", "AT", "CH", "LI", "NL", "BE", "DK", "NO", "SE", "FI", "IS", "PL", "CZ", "SK", "SI", "HR"),
        *("HU", "EE", "LV", "LT", "GR", "IT", "ES", "PT", "RO"),
    )
)
NUMBER_FIRST = frozenset(("FR", "LU", "BE", "NZ", "ZA", "SG", "IN", "JP", "HK", "MY", "PH", "AE", "CA", "IL"))
# Where what stands between the street and the city is needed to find the house.
WITH_LOCALITIES = frozenset(("IN", "PK", "HK"))
# Where the town may stand before the postcode, and its province behind it: "Borgo Nuovo 36099, Vicenza".
PROVINCE_BEHIND = frozenset(("IT", "ES"))
# Where a building is called as in English: "Rose Chambers".
ENGLISH_BUILDINGS = frozenset(("IN", "PK", "SG", "HK", "AE", "MY", "PH", "ZA", "NZ", "IL"))
_JOINED = (
    r"stra(?:ß|ss)e|str|weg|platz|allee|gasse|ring|damm|ufer|chaussee|markt|graben|steig|park|hof|berg|wall|tor|"
    r"gatan|vägen|gata|gränd|torget|veien|vei|gate|gaten|gada|brygge|gade|vej|allé|plads|stræde|boulevarden|torv|"
    r"katu|tie|kuja|aukio|kalea|etorbidea|laan|straat|dijk|kade|singel|plein|gracht|steenweg|lei"
)
_ALONE = (
    r"rue|avenue|av|ave|bd|blvd|boulevard|boul|place|chemin|chauss[ée]e|route|quai|impasse|all[ée]e|cours|square|"
    r"lieu-dit|hameau|lotissement|zone\s(?:artisanale|industrielle|d['’]activit[ée]s)|r[úu]a|"
    r"via|viale|piazza|p\.zza|corso|largo|vicolo|strada|piazzale|calle|avda|avenida|paseo|plaza|carrer|ronda|"
    r"camino|pol[íi]gono|passeig|gran v[íi]a|carretera|ctra|rua|pra[çc]a|travessa|estrada|rodovia|alameda|"
    r"zona industrial|ul|al|os|pl|aleja|aleje|rynek|plac|n[áa]m|n[áa]m[ěe]st[íi]|t[řr][íi]da|t[řr]|ulica|"
    r"ulice|"
    r"bulevardul|calea|[úu]t|utca|u|t[ée]r|k[öo]r[úu]t|leoforos|odos|mnt|pst|tee|iela|g|"
    r"street|st|road|rd|lane|ln|drive|dr|way|court|ct|highway|hwy|parkway|crescent|cres|close|terrace|"
    r"marg|nagar|salai|sector|phase|complex|jalan|jl|lorong|gewerbepark|industriepark|technologiepark"
)
STREET_WORD = re.compile(
    rf"(?:{_JOINED})\.?(?![^\W\d_])|(?<![^\W_])(?:c/|(?:{_ALONE})(?![^\W\d_]))", re.IGNORECASE
)
BOX = re.compile(
    r"(?<!\w)(?:p\.?\s?o\.?\s?box|postfach|postbus|postboks|post(?:al)?\s?box|box|locked\sbag|private\sbag|bo[îi]te\spostale|"
    r"apartado|casilla|pb|pl)\s(?:[A-Z]-?)?\d",
    re.IGNORECASE,
)
ROOM = re.compile(
    r"^(?:\d{1,3}(?:\.|[ºª°]|st|nd|rd|th|er|e|ème|[ºª]\.)?\s?(?:og|stock|etage|étage|sal|tv|th|mf|tr(?:appor)?|vån|planta|piso|andar|floor|"
    r"fl|izq|dcha|esq|dto|piano|emelet|krs)\b.*|\d{1,3}/f|\d{1,2}[.ºª°]{1,2}(?:\s?\w{1,5}\.?)?|"
    r"(?:planta|piso|andar|piano|top|tür|stiege|bus|bte|bo[îi]te|lok|lokal|m|suite|ste|unit|units|floor|level|office|"
    r"room|rm|shop|haus|geb[äa]ude|eingang|etaj|et|ap|apt|int|interior|bloco|sala|loja|cj|bureau|bât|bâtiment|esc|"
    r"puerta|local|nave|bp|cs|tsa|postfach|case postale|c\.?p\.?|km|building|bldg|block|lote|lot|bj|bajos|"
    r"baixos|oficina|portal|escalera|despacho|interno|scala)(?![^\W\d_])"
    r"\.?\s?(?:n[.º°]\s?)?#?[\w./-]{0,8}|#[\w-]{1,8}|#\d{1,3}-\d{1,4}[A-Z]?\s[A-Z][\w' -]{1,30}|"
    r"hinterhaus|vorderhaus|r[üu]ckgeb[äa]ude|[A-Z]{1,2}\d?|postfach|case postale|"
    r"eg|rdc|bajo|ground\sfloor|hochparterre|vån\.?\s?\d{1,2}|piano\sterra|r/c|s/n)$",
    re.IGNORECASE,
)
