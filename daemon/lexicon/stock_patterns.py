"""What shops say of stock in words that may stand apart, and what changes its meaning."""

from __future__ import annotations

import re

_ONLY = (
    r"only|exclusively|nur|ausschließlich|uniquement|seulement|exclusivement|solo|sólo|solamente"
    r"|exclusivo|esclusivamente|solamente|apenas|só|somente|alleen|enkel|uitsluitend|kun|endast"
    r"|bara|vain|tylko|wyłącznie|pouze|jen|len|iba|csak|kizárólag|doar|numai|только|исключительно"
    r"|тільки|лише|sadece|yalnızca|μόνο"
)
_SHOP = (
    r"in[- ]store|in (?:our |the )?(?:stores|shops)|collection|pick-?up|filialen?|geschäft(?:en)?"
    r"|laden|markt|märkten|abholung|vor ort|magasins?|boutique|tiendas?|negozio|negozi|lojas?"
    r"|winkels?|butik(?:ken|kerne|ker|er)?|butikk(?:en|er)?|myymäl\w+|kivijalasta|sklep(?:ie|ach)"
    r"|salon(?:ie|ach)|stacjonarnie|prodejn\w*|predajn\w*|üzlet\w*|bolt\w*|magazine?|магазин\w*"
    r"|розничных \w+|самовывоз|самовивіз|mağaza\w*|κατάστημα|καταστήματα"
)
_NOT = r"not|nicht|pas|non|no|não|niet|ikke|inte|ej|ei|nie|není|nem|nu|не|δεν"
_ONLINE = (
    r"(?:available |sold |erhältlich |bestellbar |verfügbar |kaufbar |vendu |disponible |vendible "
    r"|disponibile |acquistabile |disponível |vendido |verkrijgbaar |leverbaar |tilgængelig "
    r"|tilgjengelig |tillgänglig |dostępny |dostupné )?"
    r"(?:online|on-line|en ligne|en línea|im internet|im onlineshop|på nettet|på nätet|verkosta"
    r"|internetowo|na internetu|онлайн|в интернете)"
)
_LAST = (
    r"last|letzte[nrs]?|derni(?:er|ère)s?|últim[oa]s?|ultim[oaie]|laatste|sidste|sista|siste"
    r"|viimei(?:nen|set)|ostatni[ae]?|posledn[íáéý]|utolsó|ultim(?:ul|ele)|последн(?:ий|яя|ие)"
    r"|останн(?:ій|я|і)|son|τελευταί(?:ο|α)"
)
_PIECE = (
    r"items?|units?|pieces?|pairs?|copies|stücke?n?|exemplare?|artikel|articles?|exemplaires?"
    r"|pièces?|unidad(?:es)?|existencias|piezas?|pezz[oi]|unità|peças?|unidades?|stuks?"
    r"|exempla(?:ar|ren)|styk|stk|exemplare[nt]?|kappaleet?|sztuk[aię]?|kus[yů]?|darab(?:ok)?"
    r"|bucăți|produse?|produsul|штук[аи]?|экземпляры?|шт|ürün(?:ler)?|adet|τεμάχι[οα]|κομμάτια"
)
STORE_ONLY = re.compile(
    rf"(?<![^\W\d_])(?:{_ONLY})(?:\s[^\s,.;:!?]+){{0,3}}?\s(?:{_SHOP})(?![^\W\d_])|"
    rf"(?<![^\W\d_])(?:en magasin|en tienda|in negozio|em loja|in store)\s(?:{_ONLY})(?![^\W\d_])|"
    r"(?<![^\W\d_])(?:click (?:and|&) collect only|buy in store|in-store purchase only)\b|"
    rf"(?<![^\W\d_])(?:{_NOT})\s{_ONLINE}(?![^\W\d_])|"
    rf"(?<![^\W\d_])(?:online|on-line) (?:nicht|niet|ikke|inte|ej) "
    r"(?:bestellbar|erhältlich|verfügbar|lieferbar|verkrijgbaar|leverbaar|til\w+)(?![^\W\d_])|"
    r"(?<![^\W\d_])(?:sælges ikke|säljs inte|selges ikke) (?:online|på nette?t)"
)
LIMITED = re.compile(
    rf"(?<![^\W\d_])(?:{_LAST}) (?:\d{{1,2}} )?(?:{_PIECE})(?![^\W\d_])|"
    r"(?<![^\W\d_])τελευταία \d{1,2}(?!\d)|"
    r"(?<![^\W\d_])(?:ne (?:restano|rimangono)|(?:só |apenas )?restam|il (?:ne |n'en )?reste que"
    r"|pozostał[yo]|залишилось|осталось|apenas|только|only|just|nur(?: noch)?|seulement|plus que"
    r"|solo|sólo|só|alleen nog|nog(?: maar)?|kun|endast|bara|vain|enää|tylko|už jen|už len|jen"
    r"|už iba|már csak|mai sunt|doar) \d{1,2} (?:[^\W\d_]+ ){0,1}?"
    rf"(?:{_PIECE}|left|available|in stock|em stock|em estoque|disponib\w+|verfügbar|auf lager"
    r"|op voorraad|på lager|i lager|restant\w*|na skladě|na sklade|skladem|w magazynie"
    r"|в наличии|в наявності)(?![^\W\d_])|"
    r"^(?:(?:только|осталось|залишилось|restam|só restam|quedan|ne restano|ne rimangono) \d{1,2})$"
)
# A noun that is followed by the state: "Dostupnost: vyprodáno".
ONLY_A_LABEL = re.compile(r"(?<![^\W\d_])(?:dostępność|dostupnos[tť]|dostupnosti)(?![^\W\d_])")
FEW_LEFT = re.compile(
    r"\bonly \d{1,2} (?:left|remaining|in stock|available)|\bnur noch \d{1,2}\b|"
    r"\bplus que \d{1,2}\b|"
    r"\bsolo (?:quedan )?\d{1,2} (?:disponib|unidad|rimast)|\bnog (?:maar )?\d{1,2} (?:op|stuks)|"
    r"\b(?:endast|kun|bare) \d{1,2} (?:kvar|tilbage|igjen)|\bзостал[оа]сь \d|\bосталось \d{1,2}\b|"
    r"\bостан[а-я]+ \d{1,2} шт|残り\s?\d{1,2}|품절임박|"
    r"(?:^|\s)(?:zostało|zbývá|posledn[íi]) (?:tylko )?\d{1,2}\b|"
    r"\bapenas \d{1,2} (?:unidade|em estoque)|"
    r"\bne restano (?:solo )?\d{1,2}\b|\brest(?:ano|am|e) (?:solo|só|que)? ?"
    r"\d{1,2} (?:pezz|unid|exempl)|"
    r"\bn'en reste (?:plus )?que \d{1,2}\b|\bqueda \d\b|"
    r"\bnoch \d{1,2} (?:stück|verfügbar|auf lager)|"
    r"\bzosta(?:ły|je) (?:tylko )?\d{1,2}\b|\bzbýva(?:jí)? \d{1,2}\b|\bzostáva(?:jú)? \d{1,2}\b|"
    r"\bmár csak \d{1,2} \b|\bau mai rămas \d{1,2}\b|\b(?:enää|vain) \d{1,2} (?:kpl|jälj)|"
    r"(?<![^\W\d_])(?:осталось|залишилось|restam|quedan|restano|rimangono|zbývají|zbývá|zostáva"
    r"|zostávajú|zostały|zostało|pozostało|pozostały|jäljellä|maradt) (?:[^\W\d_]+ )?\d{1,2}"
    r"(?!\d| ?(?:d[ií]as?|dn[íi]|dní|hod|horas?|giorni|ore|дн|час|днів|dni|godz|nap|óra|[%€$]))|"
    r"(?<![\d.,:])\b\d{1,2} (?:(?:items?|units?|pieces?|pcs|st|stk|szt|ks|db|шт|adet|kpl)\.? )?"
    r"(?:left|remaining|tilbage|kvar|igjen|jäljellä|übrig|rimast[ei]|rimanenti|restantes?"
    r"|restants?|kaldı|in voorraad over)(?![^\W\d_]|-)",
    re.IGNORECASE,
)
# A state that may come, of which the shop says only what it would do then.
CONDITION = re.compile(
    r"(?<![^\W\d_])(?:if|when|whenever|once|until|should|whether|wenn|falls|sobald|ob|si|quand"
    r"|lorsque?|dès qu[e']|cuando|se|quando|appena|als|wanneer|zodra|hvis|når|om|när|jos|jeśli"
    r"|gdy|kiedy|pokud|když|jakmile|ak|keď|ha|amikor|dacă|când|если|когда|якщо|коли|αν|όταν|eğer"
    r"|kad|kai|kui)(?:\s[^\s,;:!?|–-]+){0,5}\s$"
)
# What makes a phrase one about all that a shop sells: "in-stock items ship today".
MANY_THINGS = re.compile(
    r"\s(?:items|products|goods|orders|articles|artikeln|produkten|waren|produits|productos"
    r"|artículos|prodotti|articoli|produtos|artigos|producten|artikelen|varor|varer|tuotteet"
    r"|produkty|produktů|товары|товаров|товари)(?![^\W\d_])"
)
# What makes a phrase of being in stock one about a later day.
AWAITED = re.compile(
    r"(?<![^\W\d_])(?:soon|expected|due|bald|demnächst|in kürze|erwartet|bientôt|prochainement"
    r"|attendu|próximamente|pronto|presto|prossimamente|em breve|brevemente|binnenkort|verwacht"
    r"|snart|inom kort|pian|wkrótce|brzy|čoskoro|hamarosan|în curând|in curand|скоро|незабаром"
    r"|ожидается|σύντομα|yakında|netrukus|drīzumā|varsti)(?:\s(?:back|wieder|de nouveau|igen"
    r"|opnieuw|weer|ponownie|znovu|opět|снова))?\s$"
)
OTHER_BRANCHES = re.compile(
    r"\b(?:other|another|nearby|\d{1,3}) (?:stores?|shops?|branch(?:es)?|locations?)\b|"
    r"\b(?:andere[nr]?|weiteren|\d{1,3}) (?:filialen?|märkten?|geschäften?)\b|"
    r"\b(?:autres?|d'autres|\d{1,3}) (?:magasins?|boutiques?)\b|"
    r"\b(?:otras?|\d{1,3}) tiendas?\b|\b(?:altri|\d{1,3}) negozi\b|"
    r"\b(?:outras?|\d{1,3}) lojas?\b|\b(?:andere|\d{1,3}) (?:winkels?|vestiging(?:en)?)\b|"
    r"\b(?:andra|andre|\d{1,3}) butik(?:er|ker)?\b|\b(?:innych|\d{1,3}) (?:sklepach|salonach)\b"
)
# By these a sentence speaks of what the page sells.
THE_THING = re.compile(
    r"\bth(?:is|e) (?:item|product|article|title|book|variant|style|colou?r|size)\b|"
    r"\bit(?:'s| is)\b|"
    r"\bdiese[rs]? (?:artikel|produkt|ware)\b|\bder artikel\b|\bdas produkt\b|"
    r"\b(?:ce|cet|le|l') ?(?:produit|article)\b|"
    r"\b(?:este|el|esse|o) (?:producto|artículo|produto|artigo)\b|"
    r"\b(?:questo|il|l') ?(?:prodotto|articolo)\b|\b(?:dit|het) (?:product|artikel)\b|"
    r"\b(?:denna|denne|dette) (?:vara|produkt|artikel|vare|varen)\b|\b(?:produkten|varan|varen)\b|"
    r"\btuote\b|\b(?:ten|tento|tahle) (?:produkt|towar|artykuł)\b|\b(?:этот )?товар\b"
)
# Before a phrase of being in stock, with few words and no comma between. Words that also belong to
# a number, a model or another language ("No. 5", "S8 Plus", "nu") are left out.
NEGATION = re.compile(
    r"(?<![^\W\d_])(?:not|never|neither|no (?:longer|more)|isn't|aren't|nicht|kein(?:e[mnrs]?)?|pas"
    r"|(?:n'est|ne sont|n'en) plus|no (?:está|están|hay|es|queda[nr]?)|não|non (?:è|sono|più)|niet"
    r"|geen|ikke|inte|ej|nie|není|nejsou|nem|nincs|не|нет|немає|nema|nije|nav|nėra|δεν|không|chưa"
    r"|tidak)(?:\s[^\s\d.,;:!?|–-]+){0,3}\s$"
)
NEARLY = re.compile(
    r"(?<![^\W\d_])(?:almost|nearly|fast|bald|beinahe|presque|bientôt|casi|quasi|quase|bijna|næsten"
    r"|nesten|nästan|snart|melkein|pian|prawie|téměř|takmer|skoro|majdnem|aproape|почти|майже|скоро"
    r"|σχεδόν|neredeyse)\s$"
)
# "Not available for pick-up" says nothing about the product, unless it mentions stock as well.
ANOTHER_MATTER = re.compile(
    r"pick-?\s?up|collect|\bstores?\b|gift|express|next[- ]day|same[- ]day|install|financ|credit|"
    r"review|image|photo|video|preview|description|filiale|markt|abholung|retrait|magasin|tienda|recogida|"
    r"negozio|ritiro|loja|retirada|winkel|afhalen|butik|sklep|prodejn|discount",
    re.IGNORECASE,
)
ANY_AVAILABLE = re.compile(
    r"availab|disponib|verfügbar|beschikbaar|tilgæng|tilgjeng|tillgäng|dostępn|dostupn|elérhető|saatav",
    re.IGNORECASE,
)
# Words so short or common that they tell the stock only where they are the whole line.
_ALONE = {
    "available": "in_stock", "elérhető": "in_stock", "kapható": "in_stock", "mevcut": "in_stock",
    "tilgjengelig": "in_stock", "tilgængelig": "in_stock", "saatavana": "in_stock",
    "доступен": "in_stock", "доступно": "in_stock", "w sprzedaży": "in_stock",
    "in voorraad": "in_stock", "all gone": "out_of_stock", "slut": "out_of_stock",
    "vendido": "out_of_stock", "venduto": "out_of_stock", "plus disponible": "out_of_stock",
    "plus en stock": "out_of_stock", "uit voorraad": "out_of_stock", "nul en stock": "out_of_stock",
    "kommer snart": "preorder", "próximamente": "preorder", "hamarosan": "preorder",
    "yakında": "preorder", "în curând": "preorder", "tulossa": "preorder",
    "tulossa pian": "preorder", "již brzy": "preorder", "už čoskoro": "preorder",
    "připravujeme": "preorder", "pripravujeme": "preorder", "em breve": "preorder",
    "demnächst": "preorder", "bientôt": "preorder", "prossimamente": "preorder",
    "binnenkort": "preorder", "wkrótce": "preorder", "скоро": "preorder",
    "έρχεται σύντομα": "preorder", "on order": "backorder", "mało": "limited",
}  # fmt: skip
_EDGES = " .!:✓✔●•-*"
_TELLS_A_COUNT = re.compile(r"\d|품절임박")
_COUNTED = re.compile(
    r"(?:more than |over |mehr als |plus de |más de |più di |mais de |meer dan |> ?)?"
    r"(?:[1-9]\d{0,4}\+? (?:available|disponib\w+|disponíve\w+|verfügbar|beschikbaar|tilgængelige?"
    r"|tilgjengelige?|tillgängliga?|dostępn\w+|dostupn\w+|elérhető)|在庫数?[:：] ?[1-9]\d{0,4})"
)


def tells_few_left(line: str) -> bool:
    """Whether a folded lower-case line tells how few are left."""
    return bool(_TELLS_A_COUNT.search(line) and FEW_LEFT.search(line))


def said_alone(line: str) -> str | None:
    """The state that a folded lower-case line of a word or two tells by being nothing else."""
    text = line.strip(_EDGES)
    return "in_stock" if _COUNTED.fullmatch(text) else _ALONE.get(text)
