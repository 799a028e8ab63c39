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
        mo(?:nth)?s?|mth|monthly|week(?:ly)?|wk|day|night|monat(?:lich)?e?n?|mtl\.?|woche|mois
        mensual(?:es|ité|idades)?|mes(?:es)?|mese|mesi|mensili|mês|maand|måned|mån(?:ad)?|kk
        miesi[aą]c[a-z]*|mies\.?|m[eě]s[ií][a-zč]*|hó(?:nap)?|lun[ăa]|мес(?:яц)?[а-я]*|міс\.?|aylık
        ay|月|개월
        """
    )
    + _END
)
MONTHLY = re.compile(
    r"(?:/|\bper|\ba|\bpro|\bpar|\bal|\bpor|\bpr\.?|\bi|\bна|\bв|\beach|\bevery|\bje)?\s*" + _MONTH,
    re.IGNORECASE,
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
_UNITS = (
    r"(?:kg|kilo(?:gram[a-zè]*)?|g|gr|gram[a-z]*|mg|lb|lbs|oz|ounce|l|lt|ltr|lit(?:er|re|ro|r)[a-z]*|"
    r"cl|ml|fl\.? oz|m|m2|m²|m³|qm|lfm|cm|ft|sq\.? ?ft|sqft|yd|yard|metre|meter|stk\.?|stück|st|pc|"
    r"pcs|piece|unit|unité|unidad|unità|ud|each|ea|pezzo|sheet|wash|dose|serving|tablet|capsule|"
    r"count|ct|кг|шт|л|м|мл|г|公斤|個|个|100 ?g|100 ?ml|1 ?l|1 ?kg)"
)
PER_UNIT = re.compile(
    r"^\s*\)?\s*(?:/|per|pro|par|je|al|por|pr\.?|à|a|the|za|na|за|il|le|la)\s*(?:\d+\s*)?"
    + _UNITS
    + _END,
    re.IGNORECASE,
)
UNIT_BEFORE = re.compile(
    r"(?:\d\s*" + _UNITS + r"\s*(?:=|:|à|/|für|pour|for)\s*|"
    r"(?:/|per|pro|je)\s*(?:\d+\s*)?"
    + _UNITS
    + r"\s*[=:]?\s*|"
    + _words(
        r"unit price|price per|grundpreis|grundpr\.?|preis pro|prix (?:au|à l'|par|unitaire)|"
        r"precio por|prezzo al|jmf\.?pris|jämförpris|cena za|cena jednotková|egységár|цена за"
    )
    + r"[^\d]*)\(?\s*$",
    re.IGNORECASE,
)
FROM = re.compile(
    _words(
        r"""
        from|starting (?:at|from)|starts at|ab|à partir de|a partire da|desde|da|dès|vanaf|fra
        från|alkaen|od|już od|ettől|de la|от|від|από|itibaren|より|から|起|부터|as low as|à p\. de
        """
    )
    + r"\s*:?\s*$",
    re.IGNORECASE,
)
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
WITHOUT_TAX = any_of(
    r"""
    ex\.? ?vat|excl\.? ?vat|exc\.? ?vat|excluding vat|plus vat|ex\.? tax|excl\.? tax|bez dph|netto
    zzgl\. ?mwst|exkl\. ?mwst|ohne mwst|exkl\.? ?moms|eks\.? ?moms|ex\.? moms|excl\.? ?btw
    hors taxes?|h\.?t\.?(?!\w)|sin iva|iva no incluido|iva esclusa|senza iva|sem iva|alv 0|bez vat
    nettó|fără tva|без ндс|без пдв|税抜|未税
    """
)
SAVED_AFTER = re.compile(
    r"\s*(?:off|points?|discount|saved|cashback|rabatt|korting|sleva|descuento|скидка)(?![^\W\d_])",
    re.IGNORECASE,
)
FREE = re.compile(
    r"^\W*(?:(?:price|preis|prix|precio|prezzo|cena|pris)\W+)?"
    + _words(
        r"""
        for free|free of charge|free|gratis|kostenlos|kostenfrei|umsonst|gratuite?|gratuito|grátis
        ilmainen|maksutta|zdarma|za darmo|bezpłatn[a-z]*|darmowy|zadarmo|ingyenes|ingyen|бесплатно
        безкоштовно|безплатно|δωρεάν|ücretsiz|bedava|無料|免费|免費|무료|مجانا|مجاني|חינם|miễn phí
        """
    )
    + r"\W*$",
    re.IGNORECASE,
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
