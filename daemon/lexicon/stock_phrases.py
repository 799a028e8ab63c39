"""The phrases of shops about stock, by meaning: lower case, in many languages."""

from __future__ import annotations

import re

from daemon.lexicon.phrases import Phrases

DISCONTINUED = Phrases(
    """
    discontinued|no longer sold|no longer stocked|no longer in our range|no longer for sale
    this product is retired|end of life|permanently unavailable|nicht mehr im sortiment
    artikel wurde eingestellt|produit arrêté|plus commercialisé|n'est plus vendu
    produit discontinué|descatalogado|producto discontinuado|descontinuado|fuera de catálogo
    fuori produzione|fuori catalogo|fora de linha|uit assortiment|utgått|utgår ur sortimentet
    udgået|udgår|poistunut valikoimasta|poistunut tuote|produkt wycofany|wycofany z oferty
    wycofane z oferty|prodej ukončen|prodej byl ukončen|ukončený prodej|výroba ukončena
    predaj ukončený|predaj bol ukončený|megszűnt|már nem kapható|kifutott termék
    produs discontinuat|снят с производства|снято с производства|знято з виробництва|販売終了
    生産終了|取り扱い終了|已停产|已停產|已下架|停售|단종|판매종료|artık satılmıyor|üretimi durdu
    снят с продажи|снята с продажи|снято с продажи|снята с производства
    """
)
OUT = Phrases(
    """
    няма в наличност|не е налично|не е наличен|nedostupno|nije na zalihi|nije dostupan|نفدت|نفذت|نفد
    no longer available|nicht mehr verfügbar|nicht mehr erhältlich|nicht mehr lieferbar
    n'est plus disponible|ya no está disponible|ya no disponible|non più disponibile
    não está mais disponível|niet meer leverbaar|niet meer verkrijgbaar|ei enää saatavilla
    již není dostupn*|больше не доступен|out of stock|out-of-stock|sold out|sold-out
    currently unavailable|temporarily unavailable|not in stock|not available|is unavailable
    unavailable online|no stock|stock: 0|0 in stock|currently out|not currently available
    temporarily out|item unavailable|this item is unavailable|product unavailable|unavailable
    item is no longer in stock|all sold|zero stock|available soon|back in stock soon|back soon
    coming back soon|awaiting stock|awaiting restock|ausverkauft|nicht verfügbar|nicht lieferbar
    nicht auf lager|nicht vorrätig|vergriffen|derzeit nicht|momentan nicht|zurzeit nicht
    zur zeit nicht|leider nicht mehr|nicht bestellbar|rupture de stock|en rupture|épuisé
    indisponible|non disponible|hors stock|pas disponible|victime de son succès|agotado|sin stock
    sin existencias|no disponible|fuera de stock|sin inventario|temporalmente agotado|esaurito
    non disponibile|non è disponibile|momentaneamente non|terminato|esgotado|indisponível
    sem estoque|sem stock|fora de estoque|produto indisponível|uitverkocht|niet op voorraad
    niet leverbaar|niet beschikbaar|geen voorraad|tijdelijk uitverkocht|udsolgt|ikke på lager
    ikke tilgængelig|midlertidigt udsolgt|utsolgt|ikke tilgjengelig|slutsåld|slut i lager
    ej i lager|inte i lager|tillfälligt slut|slut på lagret|finns ej i lager|slut online|loppu
    loppuunmyyty|ei varastossa|ei saatavilla|tilapäisesti loppu|varasto loppu|brak w magazynie
    niedostępny|niedostępne|niedostępna|wyprzedany|wyprzedane|brak na stanie|produkt niedostępny
    chwilowy brak|vyprodáno|není skladem|nedostupné|momentálně nedostupn*|dočasně nedostupn*
    nie je skladom|vypredané|nedostupný|momentálne nedostupn*|dočasne nedostupn*|není na skladě
    elfogyott|nincs készleten|nem elérhető|nem kapható|átmenetileg nem|nincs raktáron|stoc epuizat
    indisponibil|nu este în stoc|nu este in stoc|lipsă stoc|lipsa stoc|stoc 0|изчерпан
    няма наличност|не е в наличност|rasprodano|nema na zalihi|nije dostupno|nema na stanju
    ni na zalogi|razprodano|нет в наличии|нет на складе|распродано|закончился|товар закончился
    отсутствует|недоступен|немає в наявності|нема в наявності|немає на складі|розпродано
    закінчився|εξαντλήθηκε|εξαντλημένο|μη διαθέσιμο|δεν είναι διαθέσιμο|tükendi|stokta yok
    stokta bulunmamaktadır|mevcut değil|nav pieejams|nav noliktavā|izpārdots|neturime|išparduota
    nėra sandėlyje|prekės neturime|läbi müüdud|otsas|在庫切れ|売り切れ|在庫なし|品切れ|完売
    入荷待ち|現在お取り扱いできません|缺货|缺貨|售罄|售完|无货|無貨|已售完|補貨中|暫無庫存|품절
    재고 없음|일시품절|매진|غير متوفر|نفذت الكمية|نفد المخزون|غير متاح|ناموجود|אזל מהמלאי
    אזל המלאי|לא במלאי|स्टॉक में नहीं|สินค้าหมด|หมดชั่วคราว|hết hàng|tạm hết|stok habis
    habis terjual|kehabisan stok
    more on the way|nedostupn*|nie je dostupn*|není dostupn*|zásoby vyčerpán*|inte tillgänglig
    tidak tersedia|недоступ*|ожидается|אזל|niedostępn*|wyprzedan*|vyprodán*|vypredan*|loppunut
    εξαντλ*
    """
)
PREORDER = Phrases(
    """
    pre-order|preorder|pre order|pre-sale|presale|coming soon|available for pre
    vorbestell*|vorverkauf|jetzt vorbestellen|erscheint am|précommande|précommander
    pré-commande|à paraître|reservar ahora|preventa|pre-venta|resérvalo|prenota ora|preordine
    pre-ordine|in prevendita|pré-venda|pre-venda|encomendar antecipadamente|voorbestell*
    pre-orderen|forudbestil*|forhåndsbestill*|förboka|förbeställ*|förhandsboka*|ennakkotilaa*
    ennakkotilattavissa*|przedsprzedaż*|zamów przed premierą|předobjedn*|předprodej|predobjedn*
    előrendel*|precomand*|предзаказ|передзамовлення|προπαραγγελία|ön sipariş|iepriekšpasūt
    予約受付|予約商品|予約する|ご予約|预售|預購|预订|預售|예약판매|예약 구매|사전예약|طلب مسبق
    الطلب المسبق|đặt trước|พรีออเดอร์
    preordina|available from
    """
)
BACKORDER = Phrases(
    """
    backorder|back-order|back order|backordered|made to order|made-to-order
    available to order|special order|available on request|ships when available|order now, ships in
    nachbestellt|auf bestellung|auf anfrage lieferbar|nachlieferung|wird für sie bestellt
    lieferrückstand|sur commande|en réapprovisionnement|bajo pedido|por encargo|pedido pendiente
    su ordinazione|ordinabile|sob encomenda|op bestelling|nabestelling|in backorder|restordre
    på bestilling|bestillingsvare|bestillingsvara|beställningsvara|på beställning|tilaustuote
    na zamówienie|na objednávku|rendelésre|la comandă|la comanda|под заказ|на заказ|під замовлення
    κατόπιν παραγγελίας|sipariş üzerine|お取り寄せ|取り寄せ|受注生産|订货|訂製|接单生产|주문제작
    por encomenda|uz pasūtījumu|pagal užsakymą
    """
)
LIMITED = Phrases(
    """
    low stock|limited stock|limited availability|almost gone|selling fast|few left|last few
    last one|last item|only a few left|hurry, only|nearly gone|nur noch wenige|wenige verfügbar
    geringer bestand|letzte stück|knapp verfügbar|letzter artikel|derniers articles
    dernières pièces|plus que quelques|stock limité|últimas unidades|pocas unidades|quedan pocos
    quedan pocas|ultimi pezzi|ultimi rimasti|disponibilità limitata|últimas peças|poucas unidades
    laatste stuks|bijna uitverkocht|få på lager|få kvar|fåtal kvar|få stk|begrenset antall
    begränsat antal|ostatnie sztuki|mała ilość|poslední kus*|posledné kus*|utolsó darab
    ultimele bucăți|ultimele bucati|stoc limitat|осталось мало|последний экземпляр|мало|останні
    τελευταία κομμάτια|son ürün|tükenmek üzere|残りわずか|残り僅か|库存紧张|僅剩|仅剩
    كمية محدودة|sắp hết
    last items|last pieces
    """
)
STORE_ONLY = Phrases(
    """
    in store only|in-store only|in stores only|available in store only|available in-store only
    not sold online|store exclusive|not available online|only available in store|pickup only
    collection only|click & collect only|nur im markt|nur in der filiale|nur im geschäft
    nur in filialen|nur vor ort|nicht online erhältlich|online nicht verfügbar
    uniquement en magasin|disponible uniquement en magasin|sólo en tienda|solo en tienda
    disponible solo en tienda|solo in negozio|disponibile solo in negozio|apenas na loja
    somente na loja física|alleen in de winkel|enkel in de winkel|kun i butik|kun i butikk
    endast i butik|bara i butik|vain myymälästä|tylko w sklepie stacjonarnym|tylko w salonie
    pouze na prodejně|len v predajni|csak üzletben|doar în magazin|только в магазине
    только в розничных|店頭のみ|店舗限定|仅限门店|매장 전용
    """
)
IN = Phrases(
    """
    in stock|in-stock|available now|available for immediate|ready to ship|ships today|ships within
    ships in|in stock and|available online|item available|usually dispatched|usually ships
    same day dispatch|dispatched within|available for delivery|available to ship|add to cart
    add to bag|add to basket|buy now|add to trolley|auf lager|lieferbar|sofort verfügbar
    sofort lieferbar|verfügbar|vorrätig|lieferung in|versandfertig|online verfügbar|ab lager
    in den warenkorb|en stock|disponible|expédié sous|expédié en|livré sous|livraison sous
    ajouter au panier|disponible en ligne|en existencia|hay stock|disponibilidad inmediata
    envío inmediato|entrega en|añadir al carrito|agregar al carrito|en existencias
    stock disponible|disponibile|in magazzino|disponibilità immediata|pronta consegna
    aggiungi al carrello|spedito in|disponibilità: si|em estoque|em stock|disponível
    pronta entrega|envio imediato|adicionar ao carrinho|comprar agora|op voorraad|leverbaar
    direct leverbaar|morgen in huis|voorradig|in winkelwagen|in winkelmand|på lager|i lager
    finns i lager|lagervare|på lagret|læg i kurv|legg i handlekurv|lägg i varukorg|i webblager
    varastossa|saatavilla|heti lähetettävissä|lisää ostoskoriin|w magazynie|dostępny|dostępne
    dostępna|na stanie|wysyłka w|do koszyka|dodaj do koszyka|skladem|na skladě|skladom|na sklade
    ihned k odeslání|dostupné|do košíku|do košíka|k odberu ihneď|raktáron|készleten
    azonnal szállítható|kosárba|în stoc|in stoc|disponibil|adaugă în coș|adauga in cos|на склад
    в наличност|налично|na zalihi|na stanju|dostupno|na zalogi|в наличии|есть в наличии|на складе
    есть на складе|в корзину|в наявності|є в наявності|до кошика|у кошик|διαθέσιμο|άμεσα διαθέσιμο
    σε απόθεμα|προσθήκη στο καλάθι|stokta|stokta var|sepete ekle|hemen teslim|pieejams
    ir noliktavā|ielikt grozā|pievienot grozam|yra sandėlyje|į krepšelį|laos|lisa korvi|在庫あり
    在庫有り|即納|当日発送|カートに入れる|现货|現貨|有货|有貨|有库存|加入购物车|加入購物車
    立即购买|立即購買|재고 있음|재고있음|장바구니|구매하기|바로구매|متوفر|متاح|في المخزون
    أضف إلى السلة|موجود|افزودن به سبد|במלאי|הוסף לסל|स्टॉक में|có sẵn|còn hàng|thêm vào giỏ
    มีสินค้า|พร้อมส่ง|หยิบใส่ตะกร้า|tersedia|stok tersedia|tambah ke keranjang
    available for dispatch|available for order|available to order online|tillgänglig|dostupn*
    k dispozici|beschikbaar
    dostępn*
    """
)
NOTIFY = Phrases(
    """
    notify me|email me when|e-mail me when|let me know when|alert me|notify when
    back in stock alert|join waitlist|join the waitlist|join waiting list|email when available
    get notified|remind me|email me if|benachrichtig*|erinnern wenn|bescheid geben|prévenez-moi*
    m'avertir|me prévenir|alerte stock|être alerté|m'alerter|avísame|avisarme|notificarme*
    notifícame|avvisami|notificami|avise-me|avisar-me|notifique-me|houd me op de hoogte|mail mij
    stuur mij een|hou me op de hoogte|giv mig besked|gi meg beskjed|varsle meg|bevaka|meddela mig
    ilmoita kun|powiadom*|hlídat dostupnost|hlídací pes|hlídat|strážiť|upozorniť ma|értesít*
    anunță-mă|anunta-ma|notifică-mă|сообщить о поступлении|уведомить*|повідомити про|сповістити*
    ειδοποί*|gelince haber ver|stoğa girince|入荷通知|再入荷お知らせ|入荷お知らせ|到货通知
    到貨通知|貨到通知|재입고 알림|أعلمني|أخبرني|thông báo khi
    join the waiting list
    """
)
BUY = Phrases(
    """
    add to cart|add to bag|add to basket|add to trolley|add to order|buy now|buy it now|order now
    buy|purchase|checkout|place bid|shop now|add item|add to shopping|i want this|get it now
    in den warenkorb|in den einkaufswagen|jetzt kaufen|kaufen|in den korb|jetzt bestellen
    zum warenkorb hinzufügen|warenkorb|bestellen|ajouter au panier|acheter|mettre au panier
    commander|au panier|añadir al carrito|agregar al carrito|añadir a la cesta|añadir a la bolsa
    comprar|agregar a la bolsa|agregar al carro|agregar a bolsa|añadir|aggiungi al carrello
    acquista|compra|nel carrello|metti nel carrello|adicionar ao carrinho|adicionar à sacola
    adicionar|colocar no carrinho|comprar agora|in winkelwagen|in winkelmand|in mijn winkelwagen
    bestel|koop nu|toevoegen aan|læg i kurv|tilføj til kurv|køb|legg i handlekurv
    legg i handlevogn|kjøp|lägg i varukorg|lägg i kundvagn|köp|handla|lisää ostoskoriin
    lisää koriin|osta|dodaj do koszyka|do koszyka|kup teraz|kupuję|kup|do košíku|přidat do košíku
    koupit|vložit do košíku|do košíka|pridať do košíka|kúpiť|vložiť do košíka|kosárba
    kosárba teszem|megveszem|adaugă în coș|adauga in cos|cumpără|добави в количката|купи
    dodaj u košaricu|dodaj u korpu|kupi|v košarico|в корзину|купить|добавить в корзину|заказать
    до кошика|у кошик|в кошик|купити|προσθήκη στο καλάθι|στο καλάθι|αγορά|sepete ekle|satın al
    hemen al|ielikt grozā|pievienot grozam|pirkt|į krepšelį|pirkti|lisa korvi|lisa ostukorvi
    カートに入れる|カートへ|購入する|今すぐ買う|今すぐ購入|かごに入れる|加入购物车|加入購物車
    放入購物車|立即购买|立即購買|立即結帳|直接購買|購買|장바구니|구매하기|바로구매|담기
    أضف إلى السلة|اضف الى السلة|اشتر الآن|شراء|افزودن به سبد|خرید|הוסף לסל|הוספה לסל|קנה עכשיו
    कार्ट में|अभी खरीदें|thêm vào giỏ|mua ngay|หยิบใส่ตะกร้า|ซื้อเลย|ซื้อ|เพิ่มลงตะกร้า
    tambah ke keranjang|beli sekarang
    """
)
FEW_LEFT = re.compile(
    r"\bonly \d{1,2} (?:left|remaining|in stock|available)|\bnur noch \d{1,2}\b|"
    r"\bplus que \d{1,2}\b|"
    r"\bsolo (?:quedan )?\d{1,2} (?:disponib|unidad|rimast)|\bnog (?:maar )?\d{1,2} (?:op|stuks)|"
    r"\b(?:endast|kun|bare) \d{1,2} (?:kvar|tilbage|igjen)|\bзостал[оа]сь \d|\bосталось \d{1,2}\b|"
    r"\bостан[а-я]+ \d{1,2} шт|残り\s?\d{1,2}|품절임박|"
    r"(?:^|\s)(?:zostało|zbývá|posledn[íi]) (?:tylko )?\d{1,2}\b|"
    r"\bapenas \d{1,2} (?:unidade|em estoque)|\bquedan \d{1,2}\b|\b\d{1,2} left in stock",
    re.IGNORECASE,
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
