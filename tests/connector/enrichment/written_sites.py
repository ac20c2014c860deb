"""Sites of companies that do not exist, written for the tests."""

from __future__ import annotations

from connector.enrichment.values import Company, Page, Site

HARBOUR = Company("1", "Harbour Light Tools, Inc.", "harbourlighttools.com", "USA")
_HOME = """<!doctype html><html><head>
<title>Marine winches and deck machinery | Harbour Light Tools</title>
<meta property="og:site_name" content="Harbour Light Tools">
<meta name="description"
content="Manufacturer of marine winches, capstans and custom deck machinery for work boats.">
<meta name="generator" content="WordPress 6.4.1">
<script src="/wp-content/themes/harbour/app.js"></script>
<script>
(function(w){w.src='https://www.googletagmanager.com/gtm.js?id=GTM-X'})(window)</script></head><body>
<nav><a href="/contact-us/">Contact</a> <a href="/about/#story">About us</a>
<a href="/about/press.pdf">About, as PDF</a>
<a href="/legal">Legal</a> <a href="/our-team/">Our team</a> <a href="/locations">Locations</a>
<a href="https://elsewhere-example.com/contact">Contact of others</a></nav>
<p>Our manufacturing plant builds each winch by CNC machining.
Custom made machinery from a
single manufacturer.</p>
<p>Read how the winch works at https://www.shopify.com/blog, or write to
jane.doe@harbourlighttools.com.</p>
<footer><a href="https://www.linkedin.com/company/harbour-light-tools/?trk=x">LinkedIn</a>
<a href="https://twitter.com/intent/tweet?text=hi">Tweet this</a> <a href="https://twitter.com/harbourlight">X</a>
<a href="https://www.linkedin.com/in/jane-doe">Jane</a>
<p>© 2011–2024 Harbour Light Tools, Inc. All rights reserved.</p></footer></body></html>"""
_CONTACT = """<html><head><title>Contact us | Harbour Light Tools</title></head><body>
<h1>Contact</h1><p>Harbour Light Tools<br>1420 Pier Street, Suite 8<br>Portland, OR 97209</p>
<table><tr><th>Office</th><th>Phone</th><th>Fax</th></tr>
<tr><td>Portland</td><td>(503) 224-4100</td><td>(503) 224-4101</td></tr></table>
<p>Mail: info [at] harbourlighttools [dot] com</p></body></html>"""
_ABOUT = """<html><head><title>About us | Harbour Light Tools</title></head><body>
<p>Harbour Light Tools was founded in 1987 by two boat builders.
Our supplier, Lindqvist, was founded in 1911.</p>
<p>Today we employ more than 140 people.</p></body></html>"""
HARBOUR_SITE = Site(
    pages=(
        Page(
            "https://www.harbourlighttools.com/", _HOME, headers=(("server", "nginx/1.25"),), cookies=("_ga",)
        ),
        Page("https://www.harbourlighttools.com/contact-us/", _CONTACT),
        Page("https://www.harbourlighttools.com/about/", _ABOUT),
    ),
    mail_hosts=("harbourlighttools-com.mail.protection.outlook.com",),
    text_records=("v=spf1 include:spf.protection.outlook.com include:sendgrid.net -all",),
)

NORDWIND = Company("2", "Nordwind Werkzeuge GmbH", "nordwind-werkzeuge.de")
NORDWIND_SITE = Site(
    pages=(
        Page(
            "https://nordwind-werkzeuge.de/",
            """<html><head><title>Nordwind Werkzeuge</title><script type="application/ld+json">
            {"@context": "https://schema.org",
             "@graph": [{"@type": "Organization", "name": "Nordwind Werkzeuge",
             "telephone": "040 / 300 50 70",
             "email": "kontakt@nordwind-werkzeuge.de", "foundingDate": "1962-05-01",
             "numberOfEmployees":
             {"@type": "QuantitativeValue", "value": 85},
             "sameAs": ["https://www.linkedin.com/company/nordwind-werkzeuge"]},
             {"@type": "Organization", "name": "Web Agentur Schulze",
             "telephone": "+49 30 1234567"}]}
            </script><script type="application/ld+json">
            {"broken": </script></head><body>Willkommen</body></html>""",
        ),
        Page(
            "https://nordwind-werkzeuge.de/impressum",
            "<html><head><title>Impressum</title></head><body><p>Nordwind Werkzeuge GmbH<br>"
            "Hafenstraße 12a<br>"
            "20457 Hamburg</p><p>Telefax: 040 / 300 50 71</p></body></html>",
        ),
    )
)
