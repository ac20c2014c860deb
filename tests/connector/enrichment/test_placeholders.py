"""Pages of brokers, hosts, servers and guards are not the company's, and companies of those trades are."""

from __future__ import annotations

import pytest

from connector.enrichment.reading import read_site
from connector.enrichment.values import Company, Instead, Page, Site, SiteReading

KESTREL = Company("1", "Kestrel Works", "kestrelworks.com")
_BROKER = (
    '<p>Call <a href="tel:+13038930552">+1-303-893-0552</a>. 2635 Walnut Street, Denver, CO 80205</p>'
    '<footer>© 2026 Broker.com <a href="https://www.facebook.com/broker">fb</a></footer>'
)
_WORDS = "<p>kites of linen and of silk for every wind that blows over the hills</p>" * 40
_PASSWORD = "<form><input name=user><input type=password></form>"


def read(title: str, body: str, company: Company = KESTREL, head: str = "", *further: Page) -> SiteReading:
    html = f"<html><head><title>{title}</title>{head}</head><body>{body}</body></html>"
    return read_site(company, Site((Page(f"https://{company.website}/", html), *further)))


@pytest.mark.parametrize(
    "said",
    [
        *(
            "KestrelWorks.com is for sale",
            "This domain may be for sale.",
            "The domain kestrelworks.com is for sale",
        ),
        *(
            "Buy this domain",
            "Buy kestrelworks.com.",
            "Inquire about this domain name",
            "Parked free, courtesy of us",
        ),
        *(
            "kestrelworks.com - domain for sale",
            "This domain is parked by its host",
            "This domain has expired",
        ),
        "kestrelworks.com is your first and best source for information about kites.",
        *(
            "Diese Website steht zum Verkauf!",
            "Die Domain kestrelworks.com steht zum Verkauf",
            "Diese Domain kaufen",
        ),
        *(
            "Diese Domain wurde geparkt",
            "Domain im Kundenauftrag registriert",
            "kestrelworks.com ist zu verkaufen",
        ),
        "kestrelworks.com ist die beste Quelle für alle Informationen die Sie suchen.",
        *(
            "Ce nom de domaine est à vendre",
            "Le nom de domaine kestrelworks.com est en vente",
            "Ce domaine est à vendre",
        ),
        *(
            "Achetez ce nom de domaine",
            "Este dominio está en venta",
            "Comprar este dominio",
            "Dominio en venta",
        ),
        *("Esta página web está a la venta", "Questo dominio è in vendita", "Acquista questo dominio"),
        *("Il dominio kestrelworks.com è in vendita", "Deze domeinnaam is te koop", "Dit domein is te koop"),
        *("kestrelworks.com is te koop", "Deze domeinnaam is geregistreerd", "Este domínio está à venda"),
        *("Denna domän är till salu", "Ta domena jest na sprzedaż", "Domein te koop"),
    ],
)
def test_a_domain_that_is_for_sale_or_parked(said: str) -> None:
    for title, body in ((said, ""), ("kestrelworks.com", f"<h1>{said}</h1>")):
        reading = read(title, body + _BROKER)
        assert (reading.is_company, reading.instead, reading.proposals) == (False, Instead.FOR_SALE, ())
        assert reading.names


@pytest.mark.parametrize(
    "line",
    ["This domain may be for sale.", "Diese Domain steht zum Verkauf.", "Cette page web est en vente."],
)
def test_the_first_lines_of_a_page_that_says_little_else_count_too(line: str) -> None:
    assert read("kestrelworks.com", f"<div>{line}</div>{_BROKER}").instead is Instead.FOR_SALE
    assert read("kestrelworks.com", f"<div>{line}</div>{_BROKER}" + _WORDS).instead is None


@pytest.mark.parametrize(
    ("title", "body", "found"),
    [
        (
            "Account Suspended",
            "<p>This account has been suspended. Call 888-555-0134.</p>",
            Instead.SUSPENDED,
        ),
        ("kestrelworks.com", "<h1>Diese Website wurde gesperrt</h1>", Instead.SUSPENDED),
        ("kestrelworks.com", "<h1>Ce site web est temporairement suspendu</h1>", Instead.SUSPENDED),
        ("Cuenta suspendida", "<p>Esta cuenta ha sido suspendida.</p>", Instead.SUSPENDED),
        ("kestrelworks.com", "<p>Deze website is tijdelijk geblokkeerd.</p>", Instead.SUSPENDED),
        ("Account sospeso", "<p>Questo sito è stato sospeso.</p>", Instead.SUSPENDED),
        ("Website Expired", "<p>Is it yours? Renew it.</p>", Instead.SUSPENDED),
        ("Apache2 Ubuntu Default Page: It works", _WORDS[:900], Instead.DEFAULT_PAGE),
        ("Welcome to nginx!", "<h1>Welcome to nginx!</h1>", Instead.DEFAULT_PAGE),
        ("IIS Windows Server", "", Instead.DEFAULT_PAGE),
        ("", "<h1>It works!</h1>", Instead.DEFAULT_PAGE),
        ("Index of /", "<h1>Index of /</h1>", Instead.DEFAULT_PAGE),
        (
            "Web Server's Default Page",
            "<p>Plesk: 8300 Esters Blvd, Irving, TX 75063</p>",
            Instead.DEFAULT_PAGE,
        ),
        ("kestrelworks.com", "<h1>Hier entsteht eine neue Internetpräsenz</h1>", Instead.DEFAULT_PAGE),
        ("Félicitations ! Votre domaine a bien été créé", "", Instead.DEFAULT_PAGE),
        ("Bienvenido a su nuevo sitio", "", Instead.DEFAULT_PAGE),
        ("Just a moment...", "<p>Enable JavaScript and cookies to continue</p>", Instead.HUMAN_CHECK),
        ("Attention Required! | Cloudflare", "", Instead.HUMAN_CHECK),
        ("kestrelworks.com", "<p>Please verify you are a human to continue.</p>", Instead.HUMAN_CHECK),
        (
            "kestrelworks.com",
            "<h1>Bitte bestätigen Sie, dass Sie kein Roboter sind</h1>",
            Instead.HUMAN_CHECK,
        ),
        ("kestrelworks.com", "<h1>Vérifiez que vous êtes humain</h1>", Instead.HUMAN_CHECK),
        ("Un momento…", "<p>Verifique que usted es humano</p>", Instead.HUMAN_CHECK),
        ("kestrelworks.com", "<h1>Bevestig dat u een mens bent</h1>", Instead.HUMAN_CHECK),
        ("kestrelworks.com", "<h1>Conferma di essere umano</h1>", Instead.HUMAN_CHECK),
        ("Access Denied", "<p>You were stopped.</p>", Instead.HUMAN_CHECK),
        ("Sign in | Kestrel Works", f"{_PASSWORD}<p>Help desk: 1-800-555-0199</p>", Instead.SIGN_IN),
        ("Anmelden - Kestrel Works", _PASSWORD, Instead.SIGN_IN),
        ("Kestrel Works", f"<h1>Connexion</h1>{_PASSWORD}", Instead.SIGN_IN),
        ("Iniciar sesión", _PASSWORD, Instead.SIGN_IN),
        ("Kestrel Works", f"<h1>Inloggen</h1>{_PASSWORD}", Instead.SIGN_IN),
        ("Accedi | Kestrel Works", _PASSWORD, Instead.SIGN_IN),
    ],
)
def test_suspended_sites_servers_own_pages_guards_and_forms_to_sign_in(
    title: str, body: str, found: Instead
) -> None:
    reading = read(title, body)
    assert (reading.is_company, reading.instead, reading.proposals) == (False, found, ())


_CHECK = '<meta name=description content="Please complete the security check to access kestrelworks.com">'
_SALE = '<meta property="og:title" content="kestrelworks.com is for sale">'


@pytest.mark.parametrize(("head", "found"), [(_CHECK, Instead.HUMAN_CHECK), (_SALE, Instead.FOR_SALE)])
def test_descriptions_say_it_too(head: str, found: Instead) -> None:
    assert read("kestrelworks.com", "<p>Hello</p>", KESTREL, head).instead is found


@pytest.mark.parametrize(
    ("company", "title", "body"),
    [
        (
            "Kestrel Works",
            "Kestrel Works | Domain names for sale",
            "<p>Find a domain name that is for sale.</p>",
        ),
        (
            "Kestrel Works",
            "Kestrel Works",
            "<h1>This house is for sale in Alton</h1><p>12 acres for sale</p>",
        ),
        ("Kestrel Works", "Ce domaine est à vendre : 12 ha de vignes | Kestrel Works", _WORDS),
        ("Kestrel Works", "Drachen günstig bei kestrelworks.com kaufen", "<p>Drachen aus Seide</p>"),
        ("Kestrel Works", "Kestrel Works", "<p>Everything on kestrelworks.com is for sale.</p>"),
        ("Kestrel Works", "Kestrel Works", "<p>Kestrelworks.com is registered in England and Wales.</p>"),
        ("Kestrel Works", "Kestrel Works", "<p>This website is for sale and rental of kites.</p>"),
        ("Kestrel Works", "Domain kaufen | Kestrel Works", "<p>Domains und Hosting</p>"),
        (
            "Kestrel Works",
            "Kestrel Works Hosting",
            "<p>Account suspended? Your account has been disabled?</p>",
        ),
        ("Kestrel Works", "Kestrel Works: stop robots", f"<h1>Verify that you are human</h1>{_WORDS}"),
        (
            "Kestrel Works",
            "Kestrel Works",
            "<p>Write to us</p><textarea></textarea><p>Verify you are human</p>",
        ),
        ("Kestrel Works", "Kestrel Works", f"<p>Members: sign in</p>{_PASSWORD}<p>Kites of silk</p>"),
        ("Kestrel Works", "Kestrel Works", f"<h1>Member login</h1>{_PASSWORD}{_WORDS[:600]}"),
        ("Kestrel Works", "Sign in | Kestrel Works", f"{_PASSWORD}{_WORDS}"),
        ("Kestrel Works", "Sign in | Kestrel Works", "<p>We paint signs.</p>"),
        ("It Works!", "It Works! | Kites", "<p>Kites of silk</p>"),
        ("Just a Moment", "Just a Moment", "<p>A café in Alton</p>"),
        ("Kestrel Works", "Welcome to your new home | Kestrel Works", "<p>We build houses.</p>"),
        ("Kestrel Works", "Kestrel Works", "<p>We host nginx, Apache and IIS.</p><h2>Welcome to nginx</h2>"),
    ],
)
def test_companies_that_speak_of_such_things_are_companies(company: str, title: str, body: str) -> None:
    website = "".join(company.lower().split()).strip("!") + ".com"
    reading = read(title, body, Company("1", company, website))
    assert (reading.is_company, reading.instead) == (True, None)


def test_a_site_with_pages_on_its_company_is_one() -> None:
    about = Page("https://kestrelworks.com/about", f"<title>About us</title><body>{_WORDS}</body>")
    body = f"<h1>Login</h1>{_PASSWORD}"
    assert read("Kestrel Works", body, KESTREL, "", about).is_company
    assert read("kestrelworks.com is for sale", body, KESTREL, "", about).instead is Instead.FOR_SALE


def elsewhere(title: str, body: str, website: str = "kestrelworks.com") -> SiteReading:
    html = f"<title>{title}</title><body><p>Call 512-555-0100</p><p>{body}</p></body>"
    page = Page("https://biggroup.com/kestrel", html)
    return read_site(Company("1", "Kestrel Works Ltd", website), Site((page,), redirected_to="biggroup.com"))


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Big Group", ""),
        ("Home", ""),
        ("Kestrel Works joins Big Group | Big Group", "© 2026 Kestrel Works, Big Group Inc"),
        ("Our brands: Kestrel Works and forty more", ""),
        ("Kestrel Worlds", ""),
    ],
)
def test_another_domain_whose_pages_do_not_bear_the_companys_name(title: str, body: str) -> None:
    reading = elsewhere(title, body)
    assert (reading.is_company, reading.instead, reading.proposals) == (False, Instead.ANOTHER_SITE, ())


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Kestrel Works", ""),
        ("Kites | Kestrel Works", ""),
        ("Welcome to Kestrel Works", ""),
        ("Kites", "© 2026 Kestrel Works Limited. All rights reserved."),
    ],
)
def test_another_domain_whose_pages_bear_it(title: str, body: str) -> None:
    reading = elsewhere(title, body)
    assert (reading.is_company, reading.redirected_to) == (True, "biggroup.com")
    assert "phone" in {one.field for one in reading.proposals}


def test_a_domain_that_leads_to_its_broker() -> None:
    assert elsewhere("KestrelWorks.com is for sale | Big Group", "").instead is Instead.FOR_SALE


def test_what_another_domain_says_of_its_own_company_is_not_proposed() -> None:
    data = (
        '<script type="application/ld+json">{"@type": "Organization", "name": "Big Group",'
        '"email": "info@biggroup.com", "telephone": "+1 512 555 0111"}</script>'
    )
    reading = elsewhere("Kestrel Works", data)
    assert [one.value for one in reading.proposals if one.field == "phone"] == ["+15125550100"]
