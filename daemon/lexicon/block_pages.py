"""Recognises pages served in place of the requested one by their words and markers.

The only such list, so that fetching, judging changes and reading offers agree. The caller decides
how much of a page must be such words.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from daemon.lexicon.blind_spots import BlindSpot
from daemon.lexicon.phrases import alternatives
from daemon.lexicon.spelling import plain

PEEK_BYTES = 64 * 1024  # no known challenge page hides its marker further down
SMALL_PAGE_BYTES = 16 * 1024  # a challenge with status 200 is a small page of its own
REFUSING_STATUSES = frozenset({403, 405, 406, 429, 503})


@dataclass(frozen=True, slots=True)
class BlockPage:
    """What was served in place of a page, and the words or the marker that show it."""

    kind: BlindSpot
    evidence: str


@dataclass(frozen=True, slots=True)
class _Sign:
    """Phrases of one kind: `sure` ones never occur on real pages, `weak` ones sometimes do."""

    kind: BlindSpot
    sure: str = ""
    weak: str = ""


# In the order in which they are tried: a challenge often speaks of errors, an error of logins.
_SIGNS = (
    _Sign(
        BlindSpot.CHALLENGE,
        sure=r"""
        (?:verify|confirm|make sure|prove) (?:that )?you(?: a|')re (?:a )?human
        you(?: a|')re not a (?:ro)?bot
        verify(?:ing)? (?:that )?you are (?:a )?human|human verification|i am human
        are you (?:a )?(?:human|robot)|robot check|not a robot|(?:re|h)?captcha
        checking (?:if the site connection is secure|your (?:browser|connection))
        just a moment\.\.\.|one moment,? please\.\.\.
        attention required|enable javascript and cookies to continue
        please enable (?:javascript|cookies) (?:to continue|and)
        please (?:complete|solve) (?:the|this) (?:captcha|security check|challenge)
        unusual (?:traffic|activity)(?: from your)?|pardon our interruption
        access (?:to this (?:page|site) has been|is temporarily) (?:denied|restricted|blocked)
        (?:your )?request (?:was |has been )?blocked|you have been blocked
        ddos protection(?: by)?|press (?:and|&) hold|request unsuccessful\. incapsula
        bot (?:detect(?:ion|ed)|protection|verification|check)
        security (?:check|verification) (?:to access|required|in progress)|security check
        prouver? que vous (?:n'êtes|ne soyez) pas un robot|pas un robot
        vérifi(?:ez|er|ons) que vous êtes (?:bien )?(?:un )?humain
        vérification de (?:votre navigateur|sécurité)|un instant\.\.\.
        (?:ich bin|sind sie|dass sie|du bist|sie sind) kein (?:ro)?bot(?:er)?
        (?:dass|ob) sie ein mensch sind|sicherheits(?:über)?prüfung|nur einen moment\.\.\.
        einen augenblick\.\.\.|no (?:eres|soy|es) un robot|(?:que )?eres (?:un )?humano
        (?:verifica(?:ndo|r)|comprobando) (?:tu|su|o seu) navegador|un momento\.\.\.
        não (?:é|sou) um robô|verificar se (?:você|é) (?:é )?humano|um momento\.\.\.
        non sei un robot|verifica di essere umano|verifica di sicurezza
        (?:u|je) (?:een mens|geen robot) b?en?t|ik ben geen robot|een moment\.\.\.
        nie jesteś robotem|nejste robot|jag är inte en robot|jeg er ikke en robot|не робот
        один момент\.\.\.|проверка (?:браузера|безопасности)|robot olmadığını|ロボットではありません
        私はロボット|セキュリティ(?:チェック|確認)
        人机验证|安全验证|验证您是真人|请完成验证|로봇이 아닙니다|보안 확인
        """,
    ),
    _Sign(
        BlindSpot.REFUSAL,
        sure=r"""
        too many requests|rate limit(?:ed| exceeded)|waiting room|virtual queue
        you are (?:now )?in (?:a |the )?(?:line|queue)|queue-it|file d'attente|salle d'attente
        victime de son succès|trop de (?:requêtes|demandes)|zu viele anfragen|warteschlange
        warte(?:zimmer|raum)|sala de espera|demasiadas (?:solicitudes|peticiones)
        lista d'attesa virtuale|sala d'attesa|troppe richieste|wachtrij|wachtkamer
        fila virtual|sala virtual|muitas solicitações|poczekalnia|zbyt wiele żądań|čekárna
        venterom|väntrum|odotushuone|слишком много запросов|вы в очереди|待合室|排队等候
        """,
        weak=r"""
        429|slow down|limite temporairement
        high (?:traffic|demand)(?: at the moment| right now)?
        """,
    ),
    _Sign(
        BlindSpot.ERROR_PAGE,
        sure=r"""
        (?:under|scheduled|undergoing|down for) maintenance|maintenance mode
        we(?:'| wi)ll be right back|we(?:'| wi)ll be back (?:soon|shortly|in a)|be right back
        en (?:cours de )?maintenance|site en maintenance|wartungs(?:arbeiten|modus)
        (?:wird|werden) gerade gewartet
        wir sind (?:gleich|bald|in kürze) (?:wieder )?(?:zurück|für sie da|da)
        en mantenimiento|volvemos (?:enseguida|pronto)|em manutenção|voltamos (?:já|em breve)
        in manutenzione|torniamo (?:subito|presto)|in onderhoud|we zijn zo terug
        onderhoudswerkzaamheden|nous revenons (?:bientôt|vite|très vite)
        (?:de )?retour (?:bientôt|dans un instant)|trwa(?:ją)? prace
        przerwa (?:techniczna|konserwacyjna)|probíhá údržba|vi er straks tilbage
        vi är snart tillbaka|underhållsarbete|huoltokatko|технические работы
        ведутся (?:технические )?работы|メンテナンス中|维护中|系统维护|점검 중
        """,
        weak=r"""
        internal (?:server )?error|50[0234] (?:error|bad|service|internal|gateway)
        (?:error|http|status|code)\s?:?\s?50[0234]|bad gateway|gateway time-?out
        service (?:temporarily )?unavailable|temporarily (?:unavailable|down|offline)
        something went wrong
        an? (?:unexpected |application |unknown )?error (?:has )?occurr?ed
        we're (?:sorry|working on it)
        (?:site|page|application) (?:is )?(?:currently )?(?:unavailable|offline|down)
        une erreur (?:\w+ )?(?:est|s'est) (?:survenue|produite)
        erreur (?:interne|technique|50\d|inattendue|serveur)|momentanément indisponible
        temporairement indisponible|service indisponible
        vorübergehend nicht (?:erreichbar|verfügbar)|interner (?:server)?fehler
        ein (?:\w+ )?fehler ist aufgetreten|error interno|se ha producido un error
        ocorreu um erro|si è verificato un errore|errore interno
        er is (?:een fout|iets mis)(?: \w+)?|er ging iets mis|wystąpił błąd|došlo k chybě
        произошла ошибка|system error|application error|fatal error
        database (?:connection )?error|error establishing a database connection
        exception (?:has )?occurred|origin (?:is unreachable|dns error)|connection timed out
        upstream (?:connect|request)
        """,
    ),
    _Sign(
        BlindSpot.MISSING,
        sure=r"""
        (?:error )?404(?![\d.,])
        page (?:was |is )?(?:not found|cannot be found|can't be found)
        page (?:does not|doesn't) exist|page could not be found
        page (?:no longer (?:exists|available)|isn't available|has been removed)|not found
        page (?:est )?(?:introuvable|inexistante)|page non trouvée|page n'existe (?:pas|plus)
        seite (?:\w+ )?nicht gefunden|seite (?:existiert|gibt es) nicht
        página no (?:encontrada|existe)|página não (?:encontrada|existe)
        pagina non (?:trovata|esiste)|pagina (?:is )?niet gevonden|pagina bestaat niet
        nie znaleziono(?: strony)?|strona nie (?:istnieje|została znaleziona)
        stránka (?:nebyla )?nenalezena|stránka nebyla nájdená|страница не найдена
        sidan (?:kunde inte|hittades inte)(?: \w+)?|siden (?:ble|blev) ikke(?: \w+)?
        sivua ei löyd\w*|页面不存在|ページが見つかりません|(?:az )?oldal nem található
        """,
        weak=r"""
        couldn't find (?:the|this|that) page|oops|oups|hoppla
        (?:the|this) page (?:you(?:'re| are)? (?:\w+ )?(?:looking for|requested))
        (?:nothing|we couldn't find what) (?:was )?(?:found|you)
        n'avons pas (?:pu )?trouvé? (?:la|cette) page|page que vous (?:re)?cherchez
        (?:cette|la) page (?:n'est plus|n'existe|est introuvable)
        no (?:se )?(?:encontr|hemos encontr)\w+
        """,
    ),
    _Sign(
        BlindSpot.LOGIN_WALL,
        sure=r"""
        access denied|forbidden|zugriff verweigert|accès (?:refusé|interdit)|acceso denegado
        accesso negato|acesso negado|toegang geweigerd|dostęp zabroniony|přístup odepřen
        доступ запрещ[её]н
        """,
        weak=r"""
        (?:please )?(?:log|sign)[\s-]?in(?: to (?:continue|view|access|your)|$)
        you (?:must|need to|have to) (?:be logged in|log in|sign in|login)|login required
        authentication required|members only|permission denied|not authori[sz]ed
        unauthori[sz]ed|40[13]|session (?:has )?(?:expired|timed out)
        forgot(?:ten)? (?:your )?password|create an account|single sign-?on|connectez-vous
        se connecter|identifiez-vous|mot de passe oublié|authentification
        bitte (?:melden sie sich|loggen|einloggen|anmelden)|passwort vergessen|anmelden
        iniciar sesión|inicia sesión|contraseña|accedi|password dimenticata|iniciar sessão
        entrar|inloggen|wachtwoord|zaloguj się|přihlásit|войти|вход|logg inn|logga in|log ind
        ログイン|登录
        """,
    ),
    _Sign(
        BlindSpot.FORWARD,
        weak=r"""
        you (?:should|will) be (?:automatically )?redirected|redirecting|if not,? click
        (?:moved permanently|object moved|document has moved|page has moved)
        redirection (?:en cours|automatique)|vous (?:allez être|êtes) redirigée?s?
        sie werden (?:\w+ )?weitergeleitet|(?:será|serás|está siendo) redirig\w*
        if you are not redirected|перенаправл\w*
        """,
    ),
    _Sign(
        BlindSpot.SHELL,
        weak=r"""
        (?:please )?(?:enable|turn on|activate) javascript
        javascript (?:is )?(?:required|disabled)|(?:requires|needs|without) javascript
        you need to enable javascript|loading|chargement|activer javascript
        javascript (?:aktivieren|activé|désactivé)|wird geladen|cargando|caricamento
        carregando|laden|ładowanie|načítá\w*|загрузка|読み込み中|加载中|unsupported browser
        please wait|your browser is (?:not supported|out of date)
        navigateur (?:obsolète|n'est pas)
        """,
    ),
    _Sign(
        BlindSpot.COOKIE_WALL,
        weak=r"""
        (?:accept|allow|consent to|agree to) (?:all |the |our |use of )*cookies
        cookie (?:consent|wall)|before you continue
        (?:accepter|autoriser) (?:\w+ ){0,3}cookies|nous utilisons des cookies
        cookies (?:akzeptieren|zustimmen|erlauben)|aceptar (?:\w+ ){0,2}cookies
        accetta\w* (?:\w+ ){0,3}cookie|cookies accepteren|we (?:value|care about) your privacy
        we use cookies|votre vie privée|ihre privatsphäre|tout accepter|alle akzeptieren
        accept all
        """,
    ),
)
_HEADERS = (
    ("cf-mitigated", ("challenge", "block")),
    ("x-amzn-waf-action", ("challenge", "captcha")),
    ("x-sucuri-block", ("",)),
)
# Each pair belongs to one vendor of challenges; both parts must be present.
_UNMISTAKABLE = (
    (b"window._cf_chl_opt", b"challenge-platform"),
    (b"captcha-delivery.com/", b"var dd="),
    (b"awswafcookiedomainlist", b"challenge.js"),
    (b"_incapsula_resource", b"main-iframe"),
    (b"window._pxappid", b"px-captcha"),
    (b"anubis_challenge", b"/.within.website/"),
    (b"opfcaptcha.amazon", b"validatecaptcha"),
    (b"validatecaptcha", b"api-services-support@amazon.com"),
    (b"sucuri_cloudproxy_js", b"<script"),
    (b"unusual traffic from your computer network", b"/sorry/"),
    (b"ddos-guard", b"checking your browser"),
)
# Enough when the status is already an error.
_TELLING = (
    b"cf-error-details",
    b"cf-browser-verification",
    b"captcha-delivery.com",
    b"incapsula incident id",
    b"_incapsula_resource",
    b"px-captcha",
    b"perimeterx",
    b"errors.edgesuite.net",
    b"sucuri website firewall",
    b"ddos-guard",
    b"anubis_challenge",
    b"hcaptcha.com",
    b"cf-turnstile",
    b"challenges.cloudflare.com",
    b"awswafcookiedomainlist",
)
# Writing systems without spaces between words have no word boundaries.
_LETTER = r"[0-9a-z_\u00df-\u024f\u0370-\u052f]"


def block_pages(text: str, kinds: Collection[BlindSpot] | None = None) -> Iterator[BlockPage]:
    """All the block pages that a text's words indicate, one of a kind, the likeliest first.

    Shape: of these kinds, or of all; sure and weak phrases alike.
    """
    line = plain(text)
    for sign in _SIGNS:
        if (kinds is None or sign.kind in kinds) and (found := _search(sign, line, weak=True)):
            yield BlockPage(sign.kind, found)


def block_page(text: str, kinds: Collection[BlindSpot] | None = None) -> BlockPage | None:
    """The block page that a text's sure phrases indicate, if any."""
    line = plain(text)
    for sign in _SIGNS:
        if (kinds is None or sign.kind in kinds) and (found := _search(sign, line, weak=False)):
            return BlockPage(sign.kind, found)
    return None


def block_page_of_answer(status: int, headers: Mapping[str, str], body: bytes) -> BlockPage | None:
    """The challenge that a response is, by its vendor's markers; None for any other response.

    Shape: for an error status, words are enough; for a 200 only an unambiguous marker.
    """
    for name, values in _HEADERS:
        if name in headers and headers[name].lower().startswith(values):
            return BlockPage(BlindSpot.CHALLENGE, f"{name}: {headers[name]}")
    is_refusal = status in REFUSING_STATUSES
    if not is_refusal and len(body) > SMALL_PAGE_BYTES:
        return None
    page = body[:PEEK_BYTES].lower()
    if mark := _maker(page) or (_hint(page) if is_refusal else b""):
        return BlockPage(BlindSpot.CHALLENGE, mark.decode("ascii"))
    if not is_refusal:
        return None
    return block_page(page.decode("utf-8", "replace"), {BlindSpot.CHALLENGE})


def _maker(page: bytes) -> bytes:
    found = (first for first, second in _UNMISTAKABLE if first in page and second in page)
    return next(found, b"")


def _hint(page: bytes) -> bytes:
    return next((known for known in _TELLING if known in page), b"")


def _search(sign: _Sign, line: str, *, weak: bool) -> str | None:
    phrases = f"{sign.sure}\n{sign.weak}" if weak else sign.sure
    found = _compiled(phrases).search(line) if phrases else None
    return found.group() if found else None


@cache
def _compiled(phrases: str) -> re.Pattern[str]:
    """The search for phrases, compiled on first use, as few pages are blocked."""
    return re.compile(rf"(?<!{_LETTER})(?:{alternatives(phrases)})(?!{_LETTER})")
