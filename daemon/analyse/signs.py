"""The words by which walls, shells and stubs give themselves away, in many languages."""

from __future__ import annotations

import re
from functools import cache

from daemon.blindspot import BlindSpot
from daemon.model import ErrorClass


@cache
def compiled(phrases: str) -> re.Pattern[str]:
    """The search for phrases; compiled at first use, for few pages turn into walls."""
    return re.compile(phrases, re.IGNORECASE)


def _any(*phrases: str) -> str:
    return "|".join(phrases)


# In the order in which they are tried: a challenge often speaks of errors, an error of logins.
SIGNS = (
    (
        ErrorClass.BOT_WALL,
        BlindSpot.CHALLENGE,
        _any(
            r"verify (?:that )?you(?: a|')re (?:a )?human", r"are you (?:a )?(?:human|robot)",
            r"checking (?:if the site connection is secure|your browser)", r"just a moment\.\.\.",
            r"attention required! \| cloudflare", r"enable javascript and cookies to continue",
            r"please (?:complete|solve) (?:the|this) (?:captcha|security check)", r"captcha",
            r"unusual (?:traffic|activity) from your", r"pardon our interruption",
            r"access (?:to this page has been|is temporarily) (?:denied|restricted|blocked)",
            r"you have been blocked", r"ddos protection by", r"press (?:and|&) hold",
            r"request unsuccessful\. incapsula", r"bot (?:detection|protection|verification)",
            r"prouver que vous n'êtes pas un robot", r"vous n'êtes pas un robot",
            r"(?:ich bin|sind sie|dass sie) kein roboter", r"no (?:eres|soy) un robot",
            r"verifica(?:ndo|r) (?:tu|su|o seu) navegador", r"не робот",
            r"vérification de (?:votre navigateur|sécurité)", r"sicherheitsüberprüfung",
            r"security (?:check|verification) (?:to access|required|in progress)",
        ),
    ),
    (
        ErrorClass.RATE_LIMITED,
        BlindSpot.REFUSAL,
        _any(
            r"too many requests", r"rate limit(?:ed| exceeded)", r"\b429\b", r"slow down",
            r"trop de (?:requêtes|demandes)", r"victime de son succès", r"limite temporairement",
            r"zu viele anfragen", r"demasiadas (?:solicitudes|peticiones)", r"troppe richieste",
            r"you are (?:now )?in (?:the )?(?:line|queue)", r"waiting room", r"file d'attente",
            r"warteschlange", r"high (?:traffic|demand) (?:at the moment|right now)",
        ),
    ),
    (
        ErrorClass.HTTP_5XX,
        BlindSpot.ERROR_PAGE,
        _any(
            r"internal (?:server )?error", r"\b50[0234]\b (?:error|bad|service|internal|gateway)",
            r"(?:error|http|status|code)\s?:?\s?50[0234]\b", r"bad gateway", r"gateway time-?out",
            r"service (?:temporarily )?unavailable", r"temporarily (?:unavailable|down|offline)",
            r"something went wrong",
            r"an? (?:unexpected |application |unknown )?error (?:has )?occurr?ed",
            r"(?:under|scheduled|undergoing|down for) maintenance", r"maintenance mode",
            r"we(?:'| wi)ll be (?:right )?back (?:soon|shortly)",
            r"we're (?:sorry|working on it)",
            r"(?:site|page|application) (?:is )?(?:currently )?(?:unavailable|offline|down)",
            r"en (?:cours de )?maintenance",
            r"une erreur (?:\w+ )?(?:est|s'est) (?:survenue|produite)",
            r"erreur (?:interne|technique|50\d|inattendue|serveur)",
            r"momentanément indisponible", r"temporairement indisponible",
            r"service indisponible", r"wartungsarbeiten", r"(?:wird|werden) gerade gewartet",
            r"vorübergehend nicht (?:erreichbar|verfügbar)", r"interner (?:server)?fehler",
            r"ein (?:\w+ )?fehler ist aufgetreten", r"en mantenimiento", r"error interno",
            r"se ha producido un error", r"em manutenção", r"ocorreu um erro", r"in manutenzione",
            r"si è verificato un errore", r"errore interno", r"in onderhoud",
            r"er is (?:een fout|iets mis)", r"er ging iets mis", r"trwa(?:ją)? prace",
            r"przerwa techniczna", r"wystąpił błąd", r"probíhá údržba", r"došlo k chybě",
            r"технические работы", r"произошла ошибка", r"メンテナンス中",
            r"维护中", r"system error",
            r"application error", r"fatal error", r"database (?:connection )?error",
            r"error establishing a database connection", r"exception (?:has )?occurred",
            r"origin (?:is unreachable|dns error)", r"connection timed out",
            r"upstream (?:connect|request)",
        ),
    ),
    (
        ErrorClass.GONE,
        BlindSpot.MISSING,
        _any(
            r"page (?:not found|cannot be found|can't be found|doesn't exist)",
            r"page (?:does not exist|could not be found)",
            r"page (?:no longer (?:exists|available)|isn't available|has been removed)",
            r"\b40[4]\b", r"not found", r"couldn't find (?:the|this|that) page", r"oops",
            r"(?:the|this) page (?:you(?:'re| are)? (?:\w+ )?(?:looking for|requested))",
            r"(?:nothing|we couldn't find what) (?:was )?(?:found|you)",
            r"page (?:introuvable|non trouvée|inexistante|n'existe (?:pas|plus))",
            r"n'avons pas (?:pu )?trouvé? (?:la|cette) page", r"page que vous (?:re)?cherchez",
            r"(?:cette|la) page (?:n'est plus|n'existe|est introuvable)", r"oups",
            r"seite (?:\w+ )?nicht gefunden", r"seite (?:existiert|gibt es) nicht", r"hoppla",
            r"página no (?:encontrada|existe)", r"no (?:se )?(?:encontr|hemos encontr)\w+",
            r"página não (?:encontrada|existe)", r"pagina non (?:trovata|esiste)",
            r"pagina (?:is )?niet gevonden", r"pagina bestaat niet", r"nie znaleziono strony",
            r"strona nie (?:istnieje|została znaleziona)", r"stránka (?:nebyla )?nenalezena",
            r"страница не найдена", r"sidan (?:kunde inte|hittades inte)",
            r"siden (?:ble|blev) ikke", r"sivua ei löyd", r"页面不存在", r"ページが見つかりません",
            r"oldal nem található",
        ),
    ),
    (
        ErrorClass.AUTH,
        BlindSpot.LOGIN_WALL,
        _any(
            r"(?:please )?(?:log|sign)[\s-]?in(?: to (?:continue|view|access|your)|$)",
            r"you (?:must|need to|have to) (?:be logged in|log in|sign in|login)",
            r"login required", r"authentication required", r"members only", r"access denied",
            r"permission denied", r"not authori[sz]ed", r"unauthori[sz]ed", r"forbidden",
            r"\b40[13]\b", r"session (?:has )?(?:expired|timed out)",
            r"forgot(?:ten)? (?:your )?password", r"create an account", r"single sign-?on",
            r"connectez-vous", r"se connecter", r"identifiez-vous", r"mot de passe oublié",
            r"accès (?:refusé|interdit)", r"authentification",
            r"bitte (?:melden sie sich|loggen|einloggen|anmelden)", r"passwort vergessen",
            r"anmelden", r"zugriff verweigert", r"iniciar sesión", r"inicia sesión",
            r"contraseña", r"acceso denegado", r"accedi", r"accesso negato",
            r"password dimenticata", r"iniciar sessão", r"entrar", r"inloggen", r"wachtwoord",
            r"zaloguj się", r"přihlásit", r"войти", r"вход", r"logg inn", r"logga in", r"log ind",
            r"ログイン", r"登录",
        ),
    ),
    (
        ErrorClass.REDIRECT,
        BlindSpot.FORWARD,
        _any(
            r"you (?:should|will) be (?:automatically )?redirected", r"redirecting",
            r"if not,? click",
            r"(?:moved permanently|object moved|document has moved|page has moved)",
            r"redirection (?:en cours|automatique)", r"vous (?:allez être|êtes) redirigé",
            r"sie werden (?:\w+ )?weitergeleitet", r"(?:será|serás|está siendo) redirig",
            r"if you are not redirected", r"перенаправл",
        ),
    ),
    (
        ErrorClass.EMPTY,
        BlindSpot.SHELL,
        _any(
            r"(?:please )?(?:enable|turn on|activate) javascript",
            r"javascript (?:is )?(?:required|disabled)", r"(?:requires|needs|without) javascript",
            r"you need to enable javascript", r"loading", r"chargement", r"activer javascript",
            r"javascript (?:aktivieren|activé|désactivé)", r"wird geladen", r"cargando",
            r"caricamento", r"carregando", r"laden", r"ładowanie", r"načítá", r"загрузка",
            r"読み込み中", r"加载中", r"unsupported browser", r"please wait",
            r"your browser is (?:not supported|out of date)",
            r"navigateur (?:obsolète|n'est pas)",
        ),
    ),
)  # fmt: skip
COOKIE_WALL = _any(
    r"(?:accept|allow|consent to|agree to) (?:all |the |our |use of )*cookies",
    r"cookie (?:consent|wall)", r"before you continue",
    r"(?:accepter|autoriser) (?:\w+ ){0,3}cookies", r"nous utilisons des cookies",
    r"cookies (?:akzeptieren|zustimmen|erlauben)", r"aceptar (?:\w+ ){0,2}cookies",
    r"accetta\w* (?:\w+ ){0,3}cookie", r"cookies accepteren",
    r"we (?:value|care about) your privacy", r"we use cookies", r"votre vie privée",
    r"ihre privatsphäre", r"tout accepter", r"alle akzeptieren", r"accept all",
)  # fmt: skip
