"""Recognises addresses that lead to no page of their own: logins, searches, error pages."""

from __future__ import annotations

import re

from daemon.lexicon.phrases import alternatives

# Whole segments of a path, without their extension, in lower case.
_PHRASES = """
    log-?in|log-?on|sign-?in|sign-?up|register|auth|oauth2?|sso|account|my-?account|session
    connexion|se-connecter|anmelden|anmeldung|konto|mein-konto|iniciar-sesion|acceso|accedi
    entrar|inloggen|logowanie|zaloguj|prihlaseni|vhod
    search|find|results|suche|suchergebnisse?|recherche|buscar|busqueda|ricerca|cerca|zoeken
    szukaj|hledat|poisk|sok|haku
    error|errors|404|410|500|not-?found|page-?not-?found|unavailable|gone|oops|nicht-gefunden
    introuvable|no-encontrado
    captcha|challenge|blocked|denied|forbidden|maintenance|wartung|sorry|consent|cookies?-?wall
    age-?gate|age-?check|queue|waiting-?room
"""
_DETOUR = re.compile(alternatives(_PHRASES))


def is_detour(segment: str) -> bool:
    """Whether a segment of a path names a login, a search, an error page or the like."""
    return _DETOUR.fullmatch(segment.lower().replace("_", "-").partition(".")[0]) is not None
