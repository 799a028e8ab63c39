"""The words beside a price that give its role: old, saved, per unit, shipping, monthly, from."""

from __future__ import annotations

import re

from daemon.lexicon.phrases import alternatives


def _words(text: str) -> str:
    """An alternation of phrases, each bounded by non-letters."""
    return rf"(?<![^\W\d_])(?:{alternatives(text)})"


def any_of(text: str) -> re.Pattern[str]:
    """A case-insensitive search for phrases separated by lines and bars."""
    return re.compile(_words(text), re.IGNORECASE)


_END = r"(?![^\W\d_])"
_END_OF_WORD = r"(?![a-z\u00df-\u04ff])"  # in scripts that part words: "Nowy" is no "now"

WAS = re.compile(
    _words(
        r"""
        was|were|rrp|r\.r\.p\.?|msrp|srp|list(?: price)?|retail(?: price)?|regular(?: price)?
        reg\.?|old price|previous(?:ly)?|original(?:ly)?|orig\.?|instead of
        compare(?:d)? (?:at|to|with)|before|normally|usual(?:ly)?|standard price|strike|crossed
        ticket price|mrp|m\.r\.p\.?|statt|uvp|uvp\.|unverb(?:indliche|\.)? preisempf(?:ehlung|\.)?
        bisher|vorher|früher|alter preis|ehemals|ursprünglich|normalpreis|listenpreis|ladenpreis
        regulär(?:er preis)?|avant|ancien prix|au lieu de
        prix (?:conseillé|barré|initial|public|de base|d'origine)|prix habituel|antes
        precio (?:anterior|habitual|normal|original|recomendado|de lista)|pvp|p\.v\.p\.?|pvpr
        de lista|prezzo (?:precedente|consigliato|di listino|originale|pieno)|listino|anziché
        invece di|preço (?:anterior|original|de tabela|normal)|de:|de r\$|van|adviesprijs|was nu
        oude prijs|normaal|i\.p\.v\.|ipv|før|førpris|normalpris|ordinarie|ord\.?|tidigare
        rek\.? pris|veil\.?|veiledende|vejl\.?(?: pris)?|oli|norm\.?|ovh|cena regularna
        najniższa cena|poprzednia cena|stara cena|cena katalogowa|běžná cena|původní cena|původně
        bežná cena|pôvodná cena|doporučená cena|mpc|pvpc|eredeti ár|régi ár|listaár|preț vechi
        pret vechi|prp|старая цена|было|прежняя цена|обычная цена|стара ціна|звичайна ціна
        αρχική(?: τιμή)?|parasta cena|veca cena|tavahind|sena kaina|liste fiyatı|eski fiyat
        piyasa fiyatı|定価|通常価格|希望小売価格|参考価格|原价|市场价|市價|原價|建議售價|정가
        السعر السابق|كان
        """
    )
    + _END_OF_WORD
    + r"\s*:?",
    re.IGNORECASE,
)
NOW = re.compile(
    _words(
        r"""
        now|sale(?: price)?|special(?: price)?|our price|today|your price|current(?: price)?|only
        deal price|offer price|clearance|reduced to|you pay|jetzt|nur|aktionspreis|sonderpreis
        angebotspreis|unser preis|neuer preis|maintenant|prix (?:promo|soldé|actuel|remisé)
        soldes?|ahora|precio (?:actual|oferta|de oferta|final|internet|especial)|oferta|ora|adesso
        prezzo (?:attuale|scontato|speciale|online)|por|agora|por apenas|nu|nå|nyt|kampanjpris
        teraz|cena promocyjna|nasza cena|akční cena|naše cena|nyní|akciová cena|akciós ár|most
        acum|preț nou|сейчас|цена со скидкой|новая цена|зараз|τώρα|şimdi|indirimli|特価|販売価格
        セール価格|现价|促销价|特價|售價|促銷價|할인가|판매가|الآن|السعر الحالي|सेल
        """
    )
    + _END_OF_WORD
    + r"\s*:?",
    re.IGNORECASE,
)
SAVE = re.compile(
    _words(
        r"""
        save|saving|savings|you save|discount(?: of)?|rebate|cashback|cash back|less|coupon
        voucher|spare|sparen|sie sparen|du sparst|ersparnis|rabatt|gespart|gutschein|nachlass
        économi[se][a-z]*|vous économisez|remise(?: de)?|réduction|ahorr[aoe][a-z]*|descuento
        dto\.?|risparmi[a-z]*|sconto|economiz[ea]|economia|desconto|bespaar|besparing|korting|spar
        spara|säästä|oszczędz[a-z]*|oszczędność|rabat|zniżka|ušetř[a-z]*|sleva|zľava|ušetr[a-z]*
        megtakarít[a-z]*|kedvezmény|economisești|reducere|экономия|скидка|выгода|знижка|indirim
        kazanç|έκπτωση|割引|节省|優惠|立省|折扣|할인|وفر|خصم|earn|trade-in
        trade in
        """
    )
    + _END,
    re.IGNORECASE,
)
SHIPPING = re.compile(
    _words(
        r"""
        shipping|delivery|postage|freight|p&p|handling|over|orders? (?:over|above|of)
        minimum order|spend|pickup|versand[a-zäöü]*|lieferung|liefer[a-z]*|porto|ab einem|zzgl\.?
        pfand|deposit|livraison|frais de port|port|expédition|dès|éco-?part(?:icipation)?|dont
        consigne|envío|gastos de envío|a partir de un pedido|spedizione|consegna|frete|envio
        entrega|verzend[a-z]*|bezorg[a-z]*|statiegeld|frakt|levering|fragt|pant|toimitus[a-z]*
        dostaw[a-zay]*|wysyłk[a-z]*|kaucja|doprav[a-zyau]*|poštovné|doručen[a-z]*|szállítás[a-z]*
        livrare|transport|доставк[а-я]*|kargo|送料|運費|运费|배송비|الشحن|fee|fees|warranty
        insurance|protection|garantie|installation|assembly|montage|gift wrap|recycling|extra
        surcharge|add-on|min\. order|мин\. заказ
        """
    ),
    re.IGNORECASE,
)
_MONTH = (
    _words(
        r"""
        mo(?:nth)?s?|mth|monthly|week(?:ly)?|wk|day|night|minute?|min\.?|monat(?:lich)?e?n?|mtl\.?|woche|mois
        mensual(?:es|ité|idades)?|mes(?:es)?|mese|mesi|mensili|mês|maand|måned|mån(?:ad)?|kk
        miesi[aąę]c[a-z]*|mies\.?|m[eě]s[ií][a-zč]*|hó(?:nap)?|lun[ăa]|мес(?:яц)?[а-я]*|міс\.?|aylık
        ay|月|개월
        """
    )
    + _END
)
MONTHLY = re.compile(
    r"(?:/|\bper|\ba|\bpro|\bpar|\bal|\bpor|\bpr\.?|\bim?|\bin|\bau|\bна|\bв|\beach|\bevery|\bje)?\s*"
    + _MONTH,
    re.IGNORECASE,
)
MONTHLY_BEFORE = any_of(
    r"""
    monthly|per month|monatlich[a-z]*|monatsrate[a-z]*|mensual(?:idad)?(?:es)?|mensuel[a-z]*
    mensualité[a-z]*|mensil[ei]|maandelijks|månedlig[a-z]*|månads[a-z]*|miesięczn[a-z]*|měsíčn[a-z]*
    havi|aylık|ежемесячн[а-я]*|щомісячн[а-я]*|taksit[a-z]*|raty|rate von|splátk[a-z]*
    """
)
# For how long something is paid by the month: then the sum is owed, and each part is no price.
TERM = re.compile(rf"[x×]\s?\d{{1,3}}(?!\w)|(?<!\d)\d{{1,3}}[\s-]*{_MONTH}", re.IGNORECASE)
INSTALMENT = re.compile(
    r"(?<![^\W_])\d{1,3}\s*(?:interest[- ]free\s*|monthly\s*)?(?:x|×|х|fois|raten|rate|payments?|"
    r"instal?lments?|vezes|cuotas|pagos?|mensualit[àé]s?|mensualidades|splátek|taksit|rat(?:y|ach)?|платеж[а-я]*|parcelas?)"
    r"(?:\s*(?:interest[- ]free|payments?|instal?lments?|of|de|à|da|zu|von|a|at|sem juros|s/ juros|"
    r"por|po|по|for))*" + _END,
    re.IGNORECASE,
)
# One piece is the thing itself: its price is the price, if nothing says better.
_PIECES = (
    r"stk\.?|stück|stuk|styck|st|pc|piece|pièce|unit|unité|unidad|unità|ud|each|ea|pezzo|sztuk[aęi]|"
    r"szt\.?|kus|ks|шт|штук[ау]|個|个"
)
_UNITS = (
    r"(?:" + _PIECES + r"|"
    r"kg|hg|dkg|kilo(?:gram[a-zè]*)?|g|gr|gram[a-z]*|mg|lb|lbs|oz|ounce|l|lt|ltr|lit(?:er|re|ro|r)[a-z]*|"
    r"cl|ml|fl\.? oz|m|m2|m²|m³|qm|lfm|cm|ft|sq\.? ?ft|sqft|yd|yard|metre|meter|pcs|"
    r"sheet|wash|dose|serving|tablet|capsule|count|ct|кг|л|м|мл|г|公斤|100 ?g|100 ?ml|1 ?l|1 ?kg)"
)
PER_UNIT = re.compile(
    r"^\s*\)?\s*(?:(?:/|per|pro|par|je|al|por|pr\.?|à|a|the|za|na|за|il|le|la)\s*(?:\d+\s*)?|"
    r"\w{2,3} \d+ ?)" + _UNITS + _END,
    re.IGNORECASE,
)
PER_PIECE = re.compile(
    rf"^\s*\)?\s*(?:/|per|pro|par|je|al|por|pr\.?|à|a|the|za|na|за|il|le|la)?\s*(?:{_PIECES}){_END}",
    re.IGNORECASE,
)
PIECE_BEFORE = re.compile(
    rf"(?<![^\W\d_])(?:unit price|(?:price|cena|цена|prezzo|precio|pris|prijs|prix|preis) "
    rf"(?:per|za|за|al|por|pr\.?|à l'|par|pro|je) ?(?:{_PIECES})|"
    r"prix unitaire|precio unitario|prezzo unitario|"
    r"cena jednostkowa|(?:stück|stuks|styck|styk|stk)\.?(?:preis|prijs|pris))\W*$",
    re.IGNORECASE,
)
UNIT_BEFORE = re.compile(
    r"(?:\d\s*" + _UNITS + r"\s*(?:=|:|à|/|für|pour|for)\s*|"
    r"(?:/|per|pro|je)\s*(?:\d+\s*)?"
    + _UNITS
    + r"\s*[=:]?\s*|"
    + _words(
        r"price per|grundpreis|grundpr\.?|preis pro|prix (?:au|par)|"
        r"precio por|prezzo al|jmf\.?pris|jämförpris|cena za|cena jednotková|egységár|цена за"
    )
    + r"[^\d]*)\(?\s*$",
    re.IGNORECASE,
)
_FROM = _words(
    r"""
    from|starting (?:at|from)|starts at|ab|à partir de|a partire da|desde|da|dès|vanaf|fra
    från|alkaen|od|již od|już od|ettől|de la|от|від|από|itibaren|より|から|起|부터|as low as
    à p\. de
    """
)
FROM = re.compile(_FROM + r"\s*:?\s*$", re.IGNORECASE)
FROM_ANYWHERE = re.compile(_FROM + _END, re.IGNORECASE)
MEMBER = re.compile(
    _words(
        r"""
        members?|club|loyalty|prime|with card|with (?:code|coupon)|card ?price|clubcard|nectar
        plus|mitglieder?|kundenkarte|mit code|mit gutschein|abonn[a-zé]*|adhérent|socio|socios
        carta|medlem[a-z]*|kartą|s kartou|subscribe(?: ?& ?save)?|subscription|student
        trade account
        """
    )
    + _END,
    re.IGNORECASE,
)
_TAX = (
    r"(?:(?:\d{1,2}(?:[.,]\d)? ?% ?)?(?:vat|gst|sales tax(?:es)?|tax(?:es)?|mwst|ust|umsatzsteuer|"
    r"mehrwertsteuer|steuern?|tva|iva|btw|moms|mva|dph|alv|áfa|пдв|ндс|kdv|vat-?u|impuestos|imposte|"
    r"impostos|belasting)\.?)"
)
_WITHOUT_TAX = (
    r"(?<![^\W\d_])(?:"
    rf"(?:\+|ex(?:cl|kl|c|cluding|klusive|clus[eo]?)?|eks(?:kl|klusive)?|without|before|plus|zzgl|ohne|hors|sans|sin|"
    rf"senza|sem|zonder|bez|utan|uten|fără|fara|без)\.?:? ?(?:de )?{_TAX}"
    rf"|{_TAX} ?(?:no inclu\w*|escl\w*|excl\w*|não inclu\w*|hors|0(?![\d,.]))"
    r"|netto|nettó|net price|h\.?t\.?(?!\w)|税抜|未税)"
)
_WITH_TAX = (
    r"(?<![^\W\d_])(?:"
    rf"(?:incl?|inkl|inc|including|included|inklusive|inclusief|avec|con|med|mit|com|met|s|se|z|cu|sis|"
    rf"вкл|с|з|vč|včetně)\.? ?(?:of )?(?:all |alle )?{_TAX}"
    rf"|{_TAX} ?(?:incl\w*|inkl\w*|compres\w*|includ\w*|inklud\w*|inbegrepen|ingår|dahil)"
    r"|toutes taxes comprises|t\.?t\.?c\.?(?!\w)|brutto|bruttó|税込"
    r"|(?:zzgl|plus|exkl|excl|ekskl|hors)\.? (?:versand|verzend|frakt|fragt|shipping|livraison)\w*"
    r")"
)
WITHOUT_TAX = re.compile(_WITHOUT_TAX, re.IGNORECASE)
WITH_TAX = re.compile(_WITH_TAX, re.IGNORECASE)
# What is said of tax right behind an amount is about that one, not about the next.
TAX_BEHIND = re.compile(
    rf"[\s(*]{{0,3}}(?:{_WITHOUT_TAX}|{_WITH_TAX})(?!\W{{0,2}}:)", re.IGNORECASE
)
# What must be spent: "50 € and above".
OR_MORE = re.compile(
    r"\W*(?:(?:and|or) (?:above|over|up|more)|(?:ve )?üzeri|üstü|и (?:выше|более)|felett|以上|이상)"
    r"(?![a-z])",
    re.IGNORECASE,
)
# What an amount is called that is asked for a thing; in one word with others in some languages.
PRICE_NOUN = re.compile(
    r"(?<![^\W\d_])(?:unit |sale |selling )?(?:prices?|verkaufspreis|preise?|prix(?: de vente)?|"
    r"precios?(?: de venta)?|prezzo|preços?|(?:verkoop)?prijs|pris(?:et)?|cen[aęyu]|hinta|"
    r"árak?|ára|"
    r"fiyatı?|harga|cijena|prețul?|pret|kaina|hind|цен[аыу]|ціна|τιμή|السعر|מחיר|ราคา|giá)"
    r"(?![^\W\d_])|価格|售价|售價|价格|價格|特價|特价|가격",
    re.IGNORECASE,
)
SAVED_AFTER = re.compile(
    r"\s*(?:(?:de|d'|in|i|til|di|of|z|s) )?(?:off|points?|discount|saved|cashback|rabatu?|rabatt|"
    r"korting|sleva|slevy|descuento|desconto|sconto|remise|réduction|ahorro|скидка)(?![^\W\d_])",
    re.IGNORECASE,
)
_FREE = _words(
    r"""
    for free|free of charge|free|gratis|kostenlos|kostenfrei|umsonst|gratuite?|gratuito|grátis
    ilmainen|maksutta|zdarma|za darmo|bezpłatn[a-z]*|darmow[a-z]*|zadarmo|ingyenes|ingyen
    бесплатн[а-я]*
    безкоштовн[а-я]*|безплатн[а-я]*|δωρεάν|ücretsiz|bedava|無料|免费|免費|무료|مجانا|مجاني|חינם
    miễn phí
    """
)
# "Free from 50 €": what must be spent.
SENT_FREE = re.compile(_FREE, re.IGNORECASE)
FREE_BEFORE = re.compile(_FREE + r"[^.;]*$", re.IGNORECASE)
FREE = re.compile(
    r"^\W*(?:(?:price|preis|prix|precio|prezzo|cena|pris)\W+)?" + _FREE + r"\W*$", re.IGNORECASE
)
NOT_MONEY_AFTER = re.compile(
    r"^\s*(?:%|x\b|×|\"|(?:mm|cm|kg|l|g|lb|oz|gb|tb|mb|mah|ml|cl|mhz|ghz|watts?|w|v|hz|inch|zoll)\b|"
    r"out of|reviews?|ratings?|stars?|votes?|sold|bewertung[a-z]*|avis|opini[a-z]*|recensioni|"
    r"отзыв[а-я]*|items?|pieces|pcs|pack\b|artikel|produ[a-z]*|years?|months?|days?|hours?|jahre?|"
    r"tage?|stunden?|monate[n]?\b|ans\b|jours?|días|años|giorni|anni|dage|dní|dni)",
    re.IGNORECASE,
)
NOT_MONEY_BEFORE = re.compile(
    _words(
        r"sku|item|art(?:icle|ikel)?\.? ?(?:nr|no|n°)|model|ref|isbn|ean|gtin|qty|quantity|menge|"
        r"min\. order|мин\. заказ|out of|rated|rating"
    )
    + r"\W*$",
    re.IGNORECASE,
)
