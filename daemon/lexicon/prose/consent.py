"""How cookie banners are worded: what they are about, and what their buttons say."""

from __future__ import annotations

# What a layer speaks of that asks for a consent, as patterns of JavaScript and Python alike.
CONSENT_SUBJECT = (
    r"cookies?|consent|privacy|gdpr|tracking|datenschutz|einwilligung|privatsphäre|vie privée"
    r"|confidentialité|privacidad|privacidade|riservatezza|toestemming|prywatno|soukrom|personuppgift"
    r"|personvern|tietosuoja|конфиденциальн|куки|隐私|同意|プライバシー|クッキー|쿠키|개인정보"
)
# What its buttons say that end it: all is allowed.
CONSENT_GIVEN = (
    r"(?:yes,? )?(?:i )?(?:accept|agree|allow)(?: (?:all|&|and|the|our|to|cookies|close|continue))*"
    r"|(?:ok(?:ay)?|got it|i understand|that's fine|understood|consent)"
    r"|(?:ja,? )?(?:alle[sn]?)? ?(?:cookies? )?"
    r"(?:akzeptieren|annehmen|zulassen|zustimmen|erlauben)"
    r"(?: (?:und|&) (?:weiter|schließen))?|einverstanden|verstanden"
    r"|(?:tout )?(?:accepter|autoriser)(?: (?:tout|tous|et|les|cookies|fermer|continuer))*"
    r"|j'accepte|(?:ok, )?(?:aceptar|acepto|permitir)"
    r"(?: (?:todo|todas?|todos|las|cookies|y|continuar|cerrar))*"
    r"|(?:accett[ao]|accetta|consenti)(?: (?:tutti|tutto|i|cookie|e|continua|chiudi))*"
    r"|(?:aceitar|aceito|permitir)(?: (?:tudo|todos|os|cookies))*"
    r"|(?:alles |alle )?(?:cookies )?(?:accepteren|toestaan)|akkoord"
    r"|(?:za)?akceptuj\w*(?: (?:wszystk\w+|i|zamknij|cookies))*|zgadzam się"
    r"|(?:přijmout|povolit|souhlasím)(?: \w+)?|(?:godkänn|acceptera|tillåt)(?: \w+)*"
    r"|(?:godta|aksepter|tillat)(?: \w+)*|(?:accepter|tillad)(?: \w+)*|hyväksy(?: \w+)*"
    r"|принять(?: все)?|согласен|разрешить все|接受(?:所有|全部)?(?: ?cookie)?|同意する?"
    r"|すべて(?:許可|同意)する?|모두 (?:동의|허용)|동의"
)
# What the well-known consent tools call the button that allows all.
CONSENT_BUTTONS = (
    "#onetrust-accept-btn-handler",
    "#CybotCookiebotDialogBodyLevelButtonLevelOptinAllowAll",
    "#CybotCookiebotDialogBodyButtonAccept",
    "#didomi-notice-agree-button",
    "#truste-consent-button",
    ".fc-cta-consent",
    "[data-testid='uc-accept-all-button']",
    ".cmpboxbtnyes",
    ".qc-cmp2-summary-buttons [mode='primary']",
    ".cky-btn-accept",
    ".iubenda-cs-accept-btn",
    ".cc-allow",
    ".cmplz-accept",
    "#tarteaucitronPersonalize2",
    "#axeptio_btn_acceptAll",
    ".sp_choice_type_11",
)
