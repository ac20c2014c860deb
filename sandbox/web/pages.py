"""The pages of a company's site, in four layouts that say the same in different places. Values in, HTML."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape

from sandbox.web.companies import SiteCompany
from sandbox.zoho.invented import number_for

_ANALYTICS = '<script async src="https://www.googletagmanager.com/gtag/js?id=G-SANDBOX1"></script>'
_HEADS = (
    '<meta name="generator" content="WordPress 6.5.2">',
    '<meta name="generator" content="Drupal 10 (https://www.drupal.org)">',
    '<meta name="generator" content="TYPO3 CMS">',
    _ANALYTICS,
)
_MENU = "<!-- menu -->"
Pages = Mapping[str, str]  # by path


def pages_of(company: SiteCompany) -> Pages:
    """The site of a company, by the layout that its name gives it."""
    layouts = (_structured, _in_the_footer, _with_imprint, _by_links)
    pages = layouts[number_for(f"layout {company.name}", len(layouts))](company)
    links = "".join(f'<li><a href="{path}">{_LINKS[path]}</a></li>' for path in pages if path in _LINKS)
    return {path: page.replace(_MENU, links) for path, page in pages.items()}


def _structured(company: SiteCompany) -> Pages:
    """JSON-LD on the home page, and little else."""
    known = {
        "@context": "https://schema.org",
        "@type": "Organization",
        "name": company.name,
        "url": f"https://{company.host}/",
        "description": company.told,
        "telephone": company.phone,
        "email": company.email,
        "foundingDate": str(company.founded),
        "numberOfEmployees": {"@type": "QuantitativeValue", "value": company.employees},
        "address": {
            "@type": "PostalAddress",
            "streetAddress": company.street,
            "addressLocality": company.town,
            "addressRegion": company.state,
            "postalCode": company.postcode,
            "addressCountry": company.country,
        },
        "sameAs": [f"https://www.linkedin.com/company/{company.host.removesuffix('.example')}"],
    }
    data = json.dumps({key: value for key, value in known.items() if value}).replace("</", "<\\/")
    script = f'<script type="application/ld+json">{data}</script>'
    return {
        "/": _page(company, company.name, f"<p>{escape(company.told)}</p>", head=script),
        "/about": _page(company, "About us", f"<p>{escape(_history(company))}</p>"),
    }


def _in_the_footer(company: SiteCompany) -> Pages:
    """Address and telephone number in the footer of every page."""
    footer = " · ".join(part for part in (company.name, _address(company), company.phone) if part)
    links = f'<p><a href="mailto:{company.email}">{company.email}</a></p>'
    return {
        "/": _page(company, company.name, f"<p>{escape(company.told)}</p>", footer=footer, told=True),
        "/about": _page(company, "About us", f"<p>{escape(_history(company))}</p>", footer=footer),
        "/contact": _page(company, "Contact", links, footer=footer),
    }


def _with_imprint(company: SiteCompany) -> Pages:
    """An imprint, as companies in some countries must have one."""
    lines = (company.name, company.street, _town(company), company.country, f"Telephone: {company.phone}")
    imprint = "<br>".join(escape(one) for one in (*lines, f"E-mail: {company.email}") if one.strip())
    return {
        "/": _page(company, company.name, f"<h2>Welcome</h2><p>{escape(company.told)}</p>", told=True),
        "/company": _page(company, "Our company", f"<p>{escape(_history(company))}</p>"),
        "/imprint": _page(company, "Imprint", f"<p>{imprint}</p>"),
    }


def _by_links(company: SiteCompany) -> Pages:
    """A contact page with links to be pressed on a telephone."""
    dial = "".join(sign for sign in company.phone if sign.isdigit() or sign == "+")
    body = (
        f'<p>Call <a href="tel:{dial}">{escape(company.phone)}</a> or write to '
        f'<a href="mailto:{company.email}">{company.email}</a>.</p>'
        f"<p>Visit us: {escape(company.street)}, {escape(_town(company))}</p>"
    )
    return {
        "/": _page(company, company.name, f"<p>{escape(company.told)}</p>", told=True),
        "/about-us": _page(company, "About us", f"<p>{escape(_history(company))}</p>"),
        "/contact-us": _page(company, "Contact us", body),
    }


def _history(company: SiteCompany) -> str:
    return (
        f"{company.name} was founded in {company.founded}. Today {company.employees:,} employees work for "
        f"our customers. {company.told}"
    )


def _town(company: SiteCompany) -> str:
    if company.state:
        return f"{company.town}, {company.state} {company.postcode}"
    return f"{company.postcode} {company.town}".strip()


def _address(company: SiteCompany) -> str:
    return f"{company.street}, {_town(company)}" if company.street else ""


_LINKS = {"/about": "About", "/about-us": "About us", "/company": "Company", "/contact": "Contact",
          "/contact-us": "Contact us", "/imprint": "Imprint"}  # fmt: skip


def _page(
    company: SiteCompany, title: str, body: str, *, head: str = "", footer: str = "", told: bool = False
) -> str:
    """One page.

    Args:
        company: whose.
        title: its heading.
        body: HTML.
        head: HTML.
        footer: text.
        told: what the company says of itself stands in the page's description, too.
    """
    name, at_home = escape(company.name), title == company.name
    more = _HEADS[number_for(f"head {company.name}", len(_HEADS))] + head
    if told:
        more += f'<meta name="description" content="{escape(company.told)}">'
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{name if at_home else f'{escape(title)} | {name}'}</title>"
        f'<meta property="og:site_name" content="{name}">{more}</head>'
        f'<body><header><a href="/">{name}</a><nav><ul>{_MENU}</ul></nav></header>'
        f"<main><h1>{escape(title)}</h1>{body}</main>"
        f"<footer>{escape(footer) or f'© {name}'}</footer></body></html>"
    )
