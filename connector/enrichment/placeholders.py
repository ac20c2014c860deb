"""Pages that stand where a company's site was: of brokers, hosts, servers and guards, not of the company.

They bear the domain's name and so look like the company's, but their telephone is the broker's. What counts
is what a page says of itself: in its title, headings and description, and in its first lines if it says
little else. Companies that sell domains or houses, host sites or keep robots out say so of other things.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from connector.enrichment.documents import LONGEST_LINE, Document, Kind, registered_domain
from connector.enrichment.values import Company, Instead

FIRST_LINES = 15
LONGEST_HEAD = 300  # characters
MOST_HEADINGS = 3
# Words of pages that hold a form, a notice, or what a broker or a server explains.
FEW, BRIEF, LONG = 60, 150, 450
_OWN = "this-domain"  # stands for the domain's name, once it is found
_THIS = r"(?:this|diese[rs]?|ce|cette|est[ea]|esta|quest[oa]|dit|deze|denna|dette|ta)"
# In French and Dutch an estate may be called as a domain is.
_SURE_WORD = (
    r"(?:domain(?:\s?name)?|nom\sde\sdomaine|(?:nombre\sde\s|nome\s(?:di|de|a)\s)?dom[ií]nio|domeinnaam|"
    r"dom[äæ]n(?:e|namn)?|domena)"
)
_ANY_WORD = rf"(?:{_SURE_WORD}|domaine|domein)"
_THIS_SITE = (
    rf"{_THIS}\s(?:web\s?(?:site|page|seite)|internetseite|homepage|(?:site|page)\s(?:web|internet)|sitio(?:\sweb)?|"
    r"p[áa]gina\sweb|sito(?:\sweb)?)"
)
_IS = (
    r"(?:is|was|(?:may|might|could|can)\sbe|has(?:\sbeen)?|ist|steht|wird|wurde|est|a\s[ée]t[ée]|est[áà]|ha(?:\ssido)?|"
    r"[èée]|[èe]\sstato|foi|wordt|[äe]r|jest)(?:\s[\w-]{1,20}){0,3}?"
)
_FOR_SALE = (
    r"(?:for\s(?:sale|lease)|available\s(?:for\s(?:sale|purchase)|to\sbuy)|up\sfor\sauction|zum\sverkauf|"
    r"zu\s(?:verkaufen|erwerben)|käuflich|[àa]\svendre|en\svente|disponible\s[àa]\s(?:la\svente|l['’]achat)|en\sventa|"
    r"a\sla\sventa|disponible\spara\s(?:la\sventa|(?:su\s)?compra|comprar)|[àa]\svenda|in\svendita|te\skoop|"
    r"till\ssalu|til\ssalg|na\ssprzeda[żz])(?!\w|\s(?:and|or|of|und|oder|et|ou|y|o|e|en)\s)"
)
_TAKEN = (
    r"(?:parked|registered|reserved|expired|geparkt|registriert|reserviert|freigeschaltet|abgelaufen|parqu[ée]|"
    r"enregistr[ée]|r[ée]serv[ée]|expir[ée]|aparcado|estacionado|registrado|reservado|caducado|expirado|"
    r"parcheggiato|registrato|riservato|scaduto|geregistreerd|gereserveerd|geparkeerd|verlopen)(?!\w)"
)
_BUY = (
    r"(?:buy|purchase|acquire|lease|bid\s(?:on|for)|inquire\sabout|enquire\sabout|"
    r"interested\sin\s(?:buying|purchasing|acquiring|owning)|achete[rz]|acqu[ée]rir|compr(?:ar?|e)|comprare|"
    r"adquir(?:ir|[ae])|acquista(?:re)?|koop|köp|køb)"
)
_MAY_BUY = (
    r"(?:own|get|make\san\soffer\s(?:on|for)|interested\sin|offre\s(?:pour|sur)|oferta\s(?:por|para)|bod\sop)"
)
_TO_BUY = r"(?:kaufen|erwerben|mieten|ersteigern)"
# What is sold at a place is not the place.
_NOT_AT = r"(?<!\bon )(?<!\bat )(?<!\bop )(?<!\bbei )(?<!\bauf )(?<!\bvon )(?<!\bsur )(?<!\ben )(?<!\bsu )"
_BEST_SOURCE = (
    r"(?:is|ist|est|es|[èe])\s(?:\w{2,6}\s)?(?:first\sand\sbest\ssource|beste\squelle\sfür|"
    r"premi[èe]re\set\smeilleure\ssource|mejor\sfuente\spara|migliore\sfonte\sper|beste\sbron\svoor)"
)


def _sold(word: str, buy: str) -> re.Pattern[str]:
    """Sentences that offer this domain, which is called by such a word, or call it parked."""
    domain = rf"(?:{_THIS}\s(?:premium\s)?{word}|{word}\s{_OWN})"
    return re.compile(
        rf"(?:{domain}|{_NOT_AT}{_OWN}|{_THIS_SITE})\s{_IS}\s{_FOR_SALE}|{domain}\s(?:{_IS}\s{_TAKEN}|{_TO_BUY})|"
        rf"\b{buy}\s{domain}(?!\w)|\b{_BUY}\s{_OWN}(?=\s?[!?.|–—]|$)|{_OWN}\s{_BEST_SOURCE}|"
        rf"{_OWN}\W{{1,5}}{word}\s(?:is\s)?{_FOR_SALE}|{word}\s{_FOR_SALE}\W{{1,5}}{_OWN}|"
        rf"parked\sfree|domain\s(?:is\s|name\s)?parked\s(?:by|at|with)|{word}\sim\skundenauftrag\sregistriert"
    )


_SOLD = _sold(_SURE_WORD, _BUY)
_MAY_BE_SOLD = _sold(_ANY_WORD, rf"(?:{_BUY}|{_MAY_BUY})")
_CALLED_SOLD = re.compile(
    rf"(?:premium\s)?{_ANY_WORD}\s(?:is\s)?{_FOR_SALE}|parked\sdomain(?:\sname)?|domain\sexpired"
)
_SUSPENDED = re.compile(
    rf"{_THIS}\s(?:(?:hosting\s|user\s)?account|web\s?(?:site|page|seite)|site(?:\s(?:web|internet))?|{_ANY_WORD}|page|"
    r"konto|seite|internet(?:seite|pr[äa]senz)|homepage|compte|cuenta|sitio(?:\sweb)?|p[áa]gina(?:\sweb)?|"
    rf"sito(?:\sweb)?|pagina|conta)\s{_IS}\s(?:suspended|disabled|deactivated|terminated|gesperrt|deaktiviert|"
    r"abgeschaltet|stillgelegt|suspendue?|d[ée]sactiv[ée]e?|bloqu[ée]e?|suspendid[oa]|desactivad[oa]|"
    r"deshabilitad[oa]|bloquead[oa]|suspensa|sospes[oa]|disattivat[oa]|disabilitat[oa]|opgeschort|geschorst|"
    r"geblokkeerd|gedeactiveerd|uitgeschakeld)(?!\w)"
)
_CALLED_SUSPENDED = re.compile(
    r"(?:this\s)?(?:account|web\s?site|site|domain)\s(?:suspended|disabled|expired)|bandwidth\slimit\sexceeded|"
    r"suspended\s(?:account|site|domain|page)|(?:konto|account|web\s?site|webseite|domain)\sgesperrt|"
    r"(?:compte|site|domaine)\ssuspendu|(?:cuenta|p[áa]gina)\ssuspendida|(?:sitio|dominio)\ssuspendido|"
    r"conta\ssuspensa|(?:account|sito|dominio)\ssospeso|(?:account|web\s?site)\s(?:opgeschort|geschorst|geblokkeerd)"
)
_OF_SERVER = re.compile(
    r"(?:web\s?server(?:['’]?s)?|plesk|nginx|apache2?|lighttpd|ubuntu|debian|centos|iis|cpanel|xampp|http\sserver)"
    r"(?:\s\w{1,12}){0,3}?\s(?:default|test)\s(?:web\s?)?page|(?:domain|hosting)\sdefault\spage|"
    r"default\s(?:web\s?site|web\s?server|parallels\splesk|plesk|virtual\shost|hosting)\s(?:panel\s)?page|"
    r"test\spage\sfor\sthe\s(?:apache|nginx|http)|future\shome\sof\ssomething\squite\scool|"
    r"page\sis\s(?:automatically\s)?generated\sby\s(?:parallels\s)?plesk|your\snew\sweb\sserver\sis\sready|"
    r"hier\sentsteht\seine\sneue\s(?:internet|web)\w{4,12}|standardseite\sdes\s(?:web)?servers|"
    r"page\spar\sd[ée]faut\s(?:du|de|d['’])|p[áa]gina\s(?:web\s)?(?:predeterminada|por\sdefecto)\sde|"
    r"pagina\s(?:predefinita|di\sdefault)\sd|standaard\s?pagina\svan|"
    r"(?:willkommen\s(?:bei|auf)\sihrer|bienvenue\ssur\svotre|bienvenido\sa\s(?:su|tu)|benvenuto\s(?:nel|sul)\stuo|"
    r"welkom\sop\s(?:uw|je)|welcome\sto\syour)\s(?:neuen|nouveau|nuevo|nuovo|nieuwe|new)\s"
    r"(?:web\s?site|webseite|homepage|domain|server|site|sitio|sito|espace)(?!\w)|"
    r"f[ée]licitations[\s!,]{1,3}votre\s(?:nom\sde\s)?domaine"
)
_CALLED_SERVER = re.compile(
    r"welcome\sto\s(?:nginx|centos|openresty|caddy|tengine|apache)|it\sworks|iis(?:\swindows(?:\sserver)?|\s?\d{1,2})|"
    r"index\sof\s/|internet\sinformation\sservices|default\s(?:web\s)?page|site\snot\s(?:found|published)|"
    r"domain\snot\s(?:found|configured|connected)"
)
_GUARDED = re.compile(
    r"(?:verify(?:ing)?|confirm|prove|make\ssure|check(?:ing)?)\s(?:that\s|if\s|whether\s)?you(?:['’]re|\sare)\s"
    r"(?:an?\s|not\sa\s)?(?:human|robot|bot|real\sperson)|checking\s(?:your\sbrowser|if\sthe\ssite\sconnection)|"
    r"review\sthe\ssecurity\sof\syour\sconnection|complete\sthe\s(?:security\scheck|captcha)|"
    r"enable\s(?:java\s?script\sand\s)?cookies\sto\scontinue|sorry,?\syou\shave\sbeen\sblocked|"
    r"(?:dass|ob)\ssie\s(?:kein\s(?:ro)?bot(?:er)?|ein\smensch)|browser\swird\s(?:über)?geprüft|"
    r"überprüfung\sihres\sbrowsers|que\svous\s(?:[êe]tes\s(?:un\s)?(?:[êe]tre\s)?humain|n['’][êe]tes\spas\sun\srobot)|"
    r"v[ée]rification\sde\svotre\snavigateur|comprobando\s(?:su|tu)\snavegador|"
    r"que\s(?:usted\s)?(?:no\s)?(?:es|eres)\s(?:un\s)?(?:ser\s)?(?:humano|robot)|"
    r"que\svocê\s(?:é\s(?:um\s)?(?:ser\s)?humano|não\sé\sum\srob[ôo])|"
    r"di\s(?:non\s)?essere\s(?:un\s)?(?:umano|essere\sumano|robot)|verifica\sdel\sbrowser|"
    r"(?:dat|of)\s(?:u|je)\s(?:een\smens|geen\srobot|menselijk)|browser\swordt\sgecontroleerd"
)
_CALLED_GUARDED = re.compile(
    r"(?:just\sa|one|nur\seinen|un|einen)\s(?:moment|instant|momento|attimo)(?:,?\s(?:please|bitte|por\sfavor))?|"
    r"(?:even|een\sogenblik)\sgeduld|please\swait|attention\srequired|access\sdenied|pardon\sour\sinterruption|"
    r"(?:vercel\s)?security\scheck(?:point)?|human\sverification|bot\sverification|robot\schallenge\sscreen|"
    r"are\syou\sa\srobot\?|(?:re|h)?captcha|ddos-guard|verifying\syour\sbrowser|sicherheitsüberprüfung|"
    r"v[ée]rification\sde\ss[ée]curit[ée]|(?:comprobaci[óo]n|verificaci[óo]n)\sde\sseguridad|beveiligingscontrole|"
    r"controllo\sdi\ssicurezza|zugriff\sverweigert|acc[èe]s\srefus[ée]|acceso\sdenegado|accesso\snegato|"
    r"toegang\sgeweigerd"
)
_OF_LOGIN = re.compile(
    r"(?:sign|log)\sin\sto\s(?:continue|your\saccount)|melden\ssie\ssich\s(?:bei\sihrem\skonto\s)?an|"
    r"connectez-vous\s(?:à\svotre\scompte|pour\scontinuer)|inici[ae]\ssesi[óo]n\s(?:en\s(?:su|tu)\scuenta|para\scontinuar)|"
    r"accedi\s(?:al\stuo\saccount|per\scontinuare)|log\sin\som\sverder|meld\s(?:u|je)\saan"
)
_CALLED_LOGIN = re.compile(
    r"(?:please\s)?(?:(?:member|client|customer|user|admin|staff|employee|partner)\s)?(?:sign|log)[\s-]?(?:in|on)"
    r"(?:\spage)?|anmelde(?:n|maske)|anmeldung|einloggen|(?:se\s)?connexion|se\sconnecter|identification|"
    r"authentification|iniciar\ssesi[óo]n|inicio\sde\ssesi[óo]n|acceder|inloggen|aanmelden|accedi|entrar"
)
_PARTS = re.compile(r"\s[|\-–—:•·»«/]{1,3}\s|\s?[|»«•·]\s?|:\s")
_OWN_PAGES = frozenset((Kind.CONTACT, Kind.ABOUT, Kind.TEAM, Kind.LOCATIONS))


@dataclass(frozen=True)
class _Said:
    """What a home page says of itself, in lower case, with _OWN for its domain's name.

    Attributes:
        heads: its title, headings and description.
        lines: its first lines.
        words: of the whole page.
        asks: whether it asks for a password.
        writes: whether it has a form for a message.
        name: of the company.
    """

    heads: tuple[str, ...]
    lines: tuple[str, ...]
    words: int
    asks: bool
    writes: bool
    name: str

    def says(self, pattern: re.Pattern[str], *, most: int) -> bool:
        """Whether it says so in its head, or in the first lines of a page of at most so many words."""
        return any(pattern.search(one) for one in (*self.heads, *(self.lines if self.words <= most else ())))

    def is_called(self, pattern: re.Pattern[str], *, whole: bool = False) -> bool:
        """Whether its title or a heading, or a part of it, is that and nothing more; but for its name."""
        parts = self.heads if whole else (part for one in self.heads for part in _PARTS.split(one))
        names = (part.strip(" .…!") for part in parts)
        return any(pattern.fullmatch(one) and one != self.name for one in names)


def instead(documents: Sequence[Document], company: Company) -> Instead | None:
    """What stands there instead of the company's site; None if it may be that. The home page is the first.

    A site with pages of its own on a company is one, whatever its home page says in a line.
    """
    said, home = _said(documents[0], company), documents[0]
    if any(one.kind in _OWN_PAGES and one.text != home.text for one in documents[1:]):
        return Instead.FOR_SALE if said.says(_SOLD, most=0) else None
    if said.says(_SOLD, most=LONG):
        return Instead.FOR_SALE
    if said.words <= LONG and (
        said.says(_OF_SERVER, most=LONG) or said.is_called(_CALLED_SERVER, whole=True)
    ):
        return Instead.DEFAULT_PAGE
    return _in_brief(said) if said.words <= BRIEF else None


def _in_brief(said: _Said) -> Instead | None:
    """What a page with little text is."""
    if said.says(_MAY_BE_SOLD, most=BRIEF) or said.is_called(_CALLED_SOLD):
        return Instead.FOR_SALE
    if said.says(_SUSPENDED, most=BRIEF) or said.is_called(_CALLED_SUSPENDED):
        return Instead.SUSPENDED
    # Forms for messages ask whether one is a robot, too.
    if said.says(_GUARDED, most=0 if said.writes else BRIEF) or said.is_called(_CALLED_GUARDED, whole=True):
        return Instead.HUMAN_CHECK
    return Instead.SIGN_IN if said.asks and _is_login(said) else None


def _is_login(said: _Said) -> bool:
    """Whether its title says so, or a heading or line where there is hardly more than the form."""
    titled = replace(said, heads=said.heads[:1]).is_called(_CALLED_LOGIN)
    return titled or (said.words <= FEW and (said.says(_OF_LOGIN, most=FEW) or said.is_called(_CALLED_LOGIN)))


def _said(home: Document, company: Company) -> _Said:
    domains = {registered_domain(company.website), registered_domain(home.url)} - {""}
    own = "|".join(map(re.escape, sorted(domains))) or "(?!)"
    named = re.compile(rf"(?<![\w@.-])(?:https?://)?(?:www\.)?(?:{own})(?![\w-])")

    def plain(text: str) -> str:
        bare = named.sub(_OWN, " ".join(text[:LONGEST_HEAD].lower().split()))
        return bare.removesuffix(" | cloudflare")

    return _Said(
        heads=tuple(map(plain, _heads(home))),
        lines=tuple(map(plain, home.lines[:FIRST_LINES])),
        words=len(home.text.split(maxsplit=LONG + 1)),
        asks=bool(home.tree.xpath("boolean(//input[@type='password'])")),
        writes=bool(
            home.tree.xpath("boolean(//textarea[not(contains(@name, 'captcha'))] | //input[@type='email'])")
        ),
        name=company.name.lower(),
    )


def _heads(home: Document) -> Iterator[str]:
    yield home.title
    for heading in list(home.tree.iter("h1"))[:MOST_HEADINGS]:
        yield "".join(heading.itertext())[:LONGEST_LINE]
    for name in ("description", "og:title", "og:description"):
        yield home.metas.get(name, "")
