"""The criteria language: grammar, syntax tree, fields, periods, canonical text, mask.

What can be written, besides ``and``, ``or``, ``not`` and brackets::

    industry = "Health Care"  annual_revenue >= €1.5M  city in (Berlin, Bonn)  "Customer Tier" != Gold
    name contains acme  name starts with A  name ends with Inc.  website is empty  tags has renewal
    r between 2 and 4  churn_risk > 60%  active = yes  label."Purchase behaviour" = VIP  rfm."Loyalty" > 9
    last_purchase before 90 days ago  last_purchase older than 12 weeks  created in last 2 quarters
    renewal in next fiscal year  renewal in next 30 days  created between 2026-01-01 and yesterday

    any contact where title contains CEO      no open deal      all deals where (stage = "Closed Won")
    deals.count > 3      deals.sum(amount) where (closing_date in this year) > 50k
    deals.last(closing_date) before 90 days ago      (and average, smallest, largest, first)
    count of deals where stage = "Closed Won" and closing_date in this year > 3
    bought "GTX Pro"      not bought since 90 days ago      bought product where category = Software
    in segment "Berlin VIPs"      not in segment Watched      market segment has Enterprise

After ``any``, ``no``, ``all`` and ``bought product`` a bare ``where`` takes one condition; several stand in
brackets. Which fields, related records and segments there are is said by a ``Catalog``.
"""
