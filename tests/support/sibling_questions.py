"""Phrasings beside those of the files of questions: one word of a class known, its neighbours are too."""

from __future__ import annotations

CARAS = (
    "Violet Mclelland",
    "Corliss Cosme",
    "Rosie Papadopoulos",
    "Garret Kinder",
    "Wilburn Farren",
    "Elizabeth Anderson",
)
SIBLINGS: tuple[tuple[str, str], ...] = (
    # places in lower case and by short names
    ("champs in tx", "list: label = Champion and state = Texas"),
    ("sf and la vips", 'list: city in ("San Francisco", "Los Angeles") and label = VIP'),
    ("lost accts in il", "list: label = Lost and state = Illinois"),
    ("my san fran accounts", 'list: owner = "Anna Snelling" and city = "San Francisco"'),
    # what is said of several fields together
    ("without website and phone", "list: website is empty and phone is empty"),
    ("accounts with neither website nor phone", "list: website is empty and phone is empty"),
    ("with both a website and a phone", "list: website is not empty and phone is not empty"),
    ("blank city and state", "list: city is empty and state is empty"),
    ("city or state is empty", "list: city is empty or state is empty"),
    ("phone is missing", "list: phone is empty"),
    ("r, f and m all 5", "list: r = 5 and f = 5 and m = 5"),
    ("f or m at least 5", "list: f >= 5 or m >= 5"),
    ("r=5 f=5 m=5", "list: r = 5 and f = 5 and m = 5"),
    ("f 4, m 4", "list: f = 4 and m = 4"),
    ("employees and revenue over 500", "asked"),
    # teams
    ("how is cara's team doing", 'flock: owner in ("' + '", "'.join(CARAS) + '")'),
    ("people under Cara lost", 'list: owner in ("' + '", "'.join(CARAS) + '") and label = Lost'),
    # whose most
    ("who has the most at risk accounts", 'count_by: label = "At Risk"; by owner'),
    ("who owns the most champions", "count_by: label = Champion; by owner"),
    ("which rep has the most lost customers", "count_by: label = Lost; by owner"),
    ("which owner has the fewest vips", "asked"),
    # not any more; gained and lost
    ("who is not vip anymore", "history: label != VIP; VIP; in until 2026-11-23"),
    ("why doesn't Labdrill buy anymore", "why: Labdrill"),
    ("why is Acme not a VIP", "why: Acme Corporation"),
    ("how many vips did we lose this quarter", "moved: ; from VIP; in this quarter"),
    ("how many customers did we lose last month", "moved: ; to Lost; in last month"),
    ("how many champions did we gain this year", "moved: ; to Champion; in this year"),
    ("which accounts went lost last month", "moved: ; to Lost; in last month"),
    # what customers brought, and what became of deals
    ("how much did retail bring in this year", "figure: industry = retail; revenue; in this year"),
    ("which industry brings in the most", "figure: ; revenue; by industry"),
    ("how much do we earn from champions this year", "figure: label = Champion; revenue; in this year"),
    ("how much money is at risk", 'figure: label = "At Risk"; sum of total_spend'),
    ("what's the pipeline worth", "figure: ; pipeline"),
    ("pipeline due this month", "figure: ; pipeline; in this month"),
    ("how many deals are closing this quarter", "figure: ; open_deals; in this quarter"),
    ("who won the most deals this year", "figure: ; won_deals; by deal_owner; in this year"),
    (
        "how many deals did cecily lose in q3",
        'figure: owner = "Cecily Lampkin"; lost_deals; in 2026-07-01 to 2026-09-30',
    ),
    ("how many employees do our vips have in total", "figure: label = VIP; sum of employees"),
    ("spend per state", "figure: ; sum of total_spend; by state"),
    ("champions spend by industry", "figure: label = Champion; sum of total_spend; by industry"),
    ("all time revenue", "figure: ; revenue"),
    ("total spend all time by industry", "figure: ; sum of total_spend; by industry"),
    ("revenue in q1 and q2", "figure: ; revenue; in 2026-01-01 to 2026-06-30"),
    (
        "compare revenue in september and october",
        "figure: ; revenue; in 2026-09-01 to 2026-09-30; vs 2026-10-01 to 2026-10-31",
    ),
    ("created in july and august", "list: created between 2026-07-01 and 2026-08-31"),
    ("last purchase since the beginning of september", "list: last_purchase >= 2026-09-01"),
    # spoken by who learned English later, or of selling
    ("how much champions in texas", "count: label = Champion and state = Texas"),
    ("having less as 100 employees", "list: employees < 100"),
    ("customers I've sold to this month", 'list: owner = "Anna Snelling" and last_purchase in this month'),
    ("customers i never sold to", 'list: owner = "Anna Snelling" and last_purchase is empty'),
    ("accounts labelled at risk in june", "history: ; At Risk; in 2026-06-01 to 2026-06-30"),
    (
        "companies working in finance with over 100 people in dallas",
        "list: industry = finance and employees > 100 and city = Dallas",
    ),
    ("fewer than 5 open deals and more than 100k spent", "list: open_deals < 5 and total_spend > 100k"),
    # a letter that is a field, and one that is a word; whose there are none; the best of the months
    ("r at least 4 and f = 2", "list: r >= 4 and f = 2"),
    ("which vips r owned by boris", 'list: label = VIP and owner = "Boris Faz"'),
    ("which reps have no vips", "asked"),
    ("best month for revenue in 2025", "figure: ; revenue; every month; in 2025-01-01 to 2025-12-31"),
    ("owned by someone other than me in texas", 'list: owner != "Anna Snelling" and state = Texas'),
    ("my revenue this month", 'figure: owner = "Anna Snelling"; revenue; in this month'),
    ("what did i sell last quarter", 'figure: owner = "Anna Snelling"; revenue; in last quarter'),
    ("value of champions", "asked"),
)
