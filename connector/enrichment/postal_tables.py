"""What postal addresses are recognised by: states and their postcodes, counties, words of streets."""

from __future__ import annotations

from collections.abc import Mapping

# The first three digits of ZIP codes by state, from the USPS's labelling list L002 as generally known.
ZIP_PREFIXES: Mapping[str, tuple[tuple[int, int], ...]] = {
    "AL": ((350, 369),),
    "AK": ((995, 999),),
    "AZ": ((850, 865),),
    "AR": ((716, 729),),
    "CA": ((900, 961),),
    "CO": ((800, 816),),
    "CT": ((60, 69),),
    "DE": ((197, 199),),
    "DC": ((200, 205), (569, 569)),
    "FL": ((320, 349),),
    "GA": ((300, 319), (398, 399)),
    "HI": ((967, 968),),
    "ID": ((832, 838),),
    "IL": ((600, 629),),
    "IN": ((460, 479),),
    "IA": ((500, 528),),
    "KS": ((660, 679),),
    "KY": ((400, 427),),
    "LA": ((700, 714),),
    "ME": ((39, 49),),
    "MD": ((206, 219),),
    "MA": ((10, 27), (55, 55)),
    "MI": ((480, 499),),
    "MN": ((550, 567),),
    "MS": ((386, 397),),
    "MO": ((630, 658),),
    "MT": ((590, 599),),
    "NE": ((680, 693),),
    "NV": ((889, 898),),
    "NH": ((30, 38),),
    "NJ": ((70, 89),),
    "NM": ((870, 884),),
    "NY": ((5, 5), (63, 63), (100, 149)),
    "NC": ((270, 289),),
    "ND": ((580, 588),),
    "OH": ((430, 459),),
    "OK": ((730, 749),),
    "OR": ((970, 979),),
    "PA": ((150, 196),),
    "RI": ((28, 29),),
    "SC": ((290, 299),),
    "SD": ((570, 577),),
    "TN": ((370, 385),),
    "TX": ((750, 799), (885, 885)),
    "UT": ((840, 847),),
    "VT": ((50, 59),),
    "VA": ((201, 201), (220, 246)),
    "WA": ((980, 994),),
    "WV": ((247, 268),),
    "WI": ((530, 549),),
    "WY": ((820, 831),),
    "PR": ((6, 9),),
}
STATE_NAMES: Mapping[str, str] = {
    "alabama": "AL",
    "alaska": "AK",
    "arizona": "AZ",
    "arkansas": "AR",
    "california": "CA",
    "colorado": "CO",
    "connecticut": "CT",
    "delaware": "DE",
    "district of columbia": "DC",
    "florida": "FL",
    "georgia": "GA",
    "hawaii": "HI",
    "idaho": "ID",
    "illinois": "IL",
    "indiana": "IN",
    "iowa": "IA",
    "kansas": "KS",
    "kentucky": "KY",
    "louisiana": "LA",
    "maine": "ME",
    "maryland": "MD",
    "massachusetts": "MA",
    "michigan": "MI",
    "minnesota": "MN",
    "mississippi": "MS",
    "missouri": "MO",
    "montana": "MT",
    "nebraska": "NE",
    "nevada": "NV",
    "new hampshire": "NH",
    "new jersey": "NJ",
    "new mexico": "NM",
    "new york": "NY",
    "north carolina": "NC",
    "north dakota": "ND",
    "ohio": "OH",
    "oklahoma": "OK",
    "oregon": "OR",
    "pennsylvania": "PA",
    "rhode island": "RI",
    "south carolina": "SC",
    "south dakota": "SD",
    "tennessee": "TN",
    "texas": "TX",
    "utah": "UT",
    "vermont": "VT",
    "virginia": "VA",
    "washington": "WA",
    "west virginia": "WV",
    "wisconsin": "WI",
    "wyoming": "WY",
    "puerto rico": "PR",
}
OLD_STATE_NAMES: Mapping[str, str] = {
    "fla": "FL",
    "calif": "CA",
    "mass": "MA",
    "tex": "TX",
    "penn": "PA",
    "wash": "WA",
    **{"okla": "OK", "nebr": "NE", "kans": "KS", "miss": "MS", "mont": "MT", "ala": "AL", "ark": "AR"},
    **{"nev": "NV", "del": "DE", "wyo": "WY", "oreg": "OR", "w. va": "WV", "n.c": "NC", "s.c": "SC"},
    **{"n.y": "NY", "n.j": "NJ", "n.h": "NH", "n.m": "NM", "n.d": "ND", "s.d": "SD", "r.i": "RI"},
    "ill": "IL",
    "mich": "MI",
    "conn": "CT",
    "minn": "MN",
    "wis": "WI",
    "colo": "CO",
    "ariz": "AZ",
    "ore": "OR",
    "tenn": "TN",
    "d.c": "DC",
}
# The first letters of Canadian postcodes by province.
PROVINCES: Mapping[str, str] = {
    "NL": "A",
    "NS": "B",
    "PE": "C",
    "NB": "E",
    "QC": "GHJ",
    "ON": "KLMNP",
    "MB": "R",
    "SK": "S",
    "AB": "T",
    "BC": "V",
    "NT": "X",
    "NU": "X",
    "YT": "Y",
}
PROVINCE_NAMES: Mapping[str, str] = {
    "newfoundland and labrador": "NL",
    "nova scotia": "NS",
    "prince edward island": "PE",
    "new brunswick": "NB",
    "quebec": "QC",
    "québec": "QC",
    "ontario": "ON",
    "manitoba": "MB",
    "saskatchewan": "SK",
    "alberta": "AB",
    "british columbia": "BC",
}
# The first digits of Australian postcodes by state.
AUSTRALIAN: Mapping[str, str] = {
    "NSW": "12",
    "ACT": "02",
    "VIC": "38",
    "QLD": "49",
    "SA": "5",
    "WA": "6",
    "TAS": "7",
    "NT": "0",
}
AUSTRALIAN_NAMES: Mapping[str, str] = {
    "new south wales": "NSW",
    "victoria": "VIC",
    "queensland": "QLD",
    "south australia": "SA",
    "western australia": "WA",
    "tasmania": "TAS",
    "northern territory": "NT",
}
BRITISH_COUNTIES = frozenset(
    (
        *(
            "bedfordshire",
            "berkshire",
            "buckinghamshire",
            "bucks",
            "cambridgeshire",
            "cambs",
            "cheshire",
            "cornwall",
        ),
        *(
            "cumbria",
            "derbyshire",
            "devon",
            "dorset",
            "durham",
            "co durham",
            "county durham",
            "east sussex",
            "essex",
        ),
        *(
            "gloucestershire",
            "glos",
            "greater london",
            "greater manchester",
            "hampshire",
            "hants",
            "herefordshire",
        ),
        *(
            "hertfordshire",
            "herts",
            "isle of wight",
            "kent",
            "lancashire",
            "lancs",
            "leicestershire",
            "lincolnshire",
        ),
        *(
            "merseyside",
            "middlesex",
            "norfolk",
            "northamptonshire",
            "northants",
            "northumberland",
            "nottinghamshire",
        ),
        *(
            "notts",
            "north yorkshire",
            "oxfordshire",
            "oxon",
            "rutland",
            "shropshire",
            "somerset",
            "south yorkshire",
        ),
        *(
            "staffordshire",
            "staffs",
            "suffolk",
            "surrey",
            "tyne and wear",
            "tyne & wear",
            "warwickshire",
            "sussex",
        ),
        *(
            "west midlands",
            "west sussex",
            "west yorkshire",
            "east yorkshire",
            "wiltshire",
            "wilts",
            "worcestershire",
        ),
        *(
            "yorkshire",
            "aberdeenshire",
            "fife",
            "lanarkshire",
            "midlothian",
            "west lothian",
            "glamorgan",
            "gwent",
        ),
        *(
            "south glamorgan",
            "dyfed",
            "gwynedd",
            "powys",
            "clwyd",
            "co antrim",
            "co down",
            "avon",
            "cleveland",
        ),
        *(
            "pembrokeshire",
            "carmarthenshire",
            "ceredigion",
            "monmouthshire",
            "denbighshire",
            "flintshire",
            "conwy",
        ),
        *("anglesey", "isle of anglesey", "mid glamorgan", "west glamorgan", "vale of glamorgan", "gwynedd"),
        *(
            "ayrshire",
            "angus",
            "perthshire",
            "stirlingshire",
            "argyll",
            "moray",
            "east lothian",
            "renfrewshire",
        ),
        *("dunbartonshire", "inverness-shire", "ross-shire", "highland", "scottish borders", "dumfriesshire"),
        *(
            "humberside",
            "east riding of yorkshire",
            "middlesex",
            "middx",
            "merseyside",
            "northumberland",
            "northants",
        ),
        *(
            "northamptonshire",
            "nottinghamshire",
            "norfolk",
            "shropshire",
            "salop",
            "warks",
            "worcs",
            "staffs",
            "leics",
        ),
        *(
            "lincs",
            "derbys",
            "beds",
            "berks",
            "cambs",
            "yorks",
            "west yorks",
            "north yorks",
            "south yorks",
            "huntingdonshire",
        ),
        *("england", "scotland", "wales", "united kingdom", "uk", "great britain", "northern ireland"),
    )
)
IRISH_COUNTIES = (
    "Carlow|Cavan|Clare|Cork|Donegal|Dublin|Galway|Kerry|Kildare|Kilkenny|Laois|Leitrim|Limerick|Longford|Louth|Mayo|"
    "Meath|Monaghan|Offaly|Roscommon|Sligo|Tipperary|Waterford|Westmeath|Wexford|Wicklow"
)
STREET_WORDS = (
    r"street|st|road|rd|avenue|ave|lane|ln|drive|dr|way|court|ct|place|pl|square|sq|boulevard|blvd|highway|hwy|"
    r"parkway|pkwy|circle|cir|terrace|ter|trail|trl|pike|plaza|crescent|cres|close|row|hill|gardens|mews|wharf|"
    r"park|estate|house|mill|yard|quay|broadway|route|rt|expressway|expy|rue|boul|chemin|parade|pde|esplanade|promenade|tce|circuit|cct|"
    r"freeway|fwy|loop|turnpike|causeway|walk|grove"
)
# A street and the country it speaks for: number before the name, or after it.
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
    r"(?:Calle|C/|Avda\.?|Avenida|Paseo|Plaza|Carrer|Ronda|Camino|Polígono|Passeig)"
    r"\s?[\w.'’áéíóúñüç -]{2,45},?\s"
    r"(?:n\.?º?\s?)?\d{1,4}"
)
_PORTUGUESE = (
    r"(?:Rua|Avenida|Av\.|Largo|Praça|Travessa|Estrada)\s[\w.'’áàâãéêíóôõúç -]{2,45}"
    r"(?:,?\s(?:n\.?º?\s?|N\.?º\s?)?\d{1,4})?(?:,\s?\d{1,2}\.?[ºª][\w .]{0,12})?"
)
STREETS_ABROAD: tuple[tuple[str, str], ...] = (
    ("DE", _GERMAN),
    ("FR", _FRENCH),
    ("IT", _ITALIAN),
    ("ES", _SPANISH),
    ("PT", _PORTUGUESE),
)
