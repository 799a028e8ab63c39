"""The phrases of shops about stock, by meaning: lower case, in many languages."""

from __future__ import annotations

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
    no longer made|no longer produced|no longer manufactured|no longer in production
    production has ended|nicht mehr hergestellt|nicht mehr produziert|nicht mehr gefertigt
    wird nicht mehr angeboten|produktion eingestellt|produkt eingestellt|artikel eingestellt
    aus dem sortiment genommen|auslaufartikel ausverkauft|n'est plus fabriqué|plus fabriqué
    plus produit|retiré de la vente|retirée de la vente|retiré du catalogue|arrêt de production
    ya no se fabrica|ya no se produce|ya no se vende|ya no se comercializa|retirado de la venta
    non più in produzione|non più prodotto|non più in vendita|ritirato dalla vendita
    produzione terminata|não é mais fabricado|não é mais produzido|já não é fabricado
    já não é produzido|fora de produção|retirado de venda|niet meer geproduceerd
    niet meer gemaakt|niet meer in productie|uit het assortiment|uit productie
    tillverkas inte längre|tillverkas inte mer|tillverkas ej|säljs inte längre|har utgått
    produceres ikke længere|fremstilles ikke længere|sælges ikke længere|udgået af sortimentet
    produseres ikke lenger|lages ikke lenger|selges ikke lenger|utgått av sortimentet
    ei enää valmisteta|ei enää valikoimassa|valmistus lopetettu|nie jest już produkowan*
    produkcja zakończona|produkcję zakończono|już się nevyrábí|již se nevyrábí|se už nevyrábí
    výroba byla ukončena|už sa nevyrába|sa už nevyrába|vyradené z ponuky|vyřazeno z nabídky
    gyártása megszűnt|már nem gyártják|már nem forgalmazzuk|nu se mai produce|nu se mai fabrică
    nu se mai vinde|scos din producție|больше не производится|больше не выпускается
    більше не виробляється|знято з продажу|δεν παράγεται πλέον|artık üretilmiyor|üretimden kalktı
    вече не се произвежда|više se ne proizvodi|ni več v prodaji|vairs neražo|nebegaminama
    enam ei toodeta|生産完了|廃番|不再生产|不再生產|단종된
    end of line|item has been retired|retired product|permanently sold out|withdrawn from sale
    no longer sell|no longer available to order|auslaufmodell|aus dem sortiment
    dauerhaft ausverkauft|nicht mehr im programm|fin de série|arrêté par le fabricant
    retirado del catálogo|artículo discontinuado|prodotto dismesso|non più a catalogo
    non più commercializzato|retirado do catálogo|não é comercializado|niet meer in assortiment
    niet meer in ons assortiment|uit de handel|produceres ikke mere|føres ikke længere
    inte längre i sortimentet|tuote on poistunut|ei enää valikoimissa|poistunut myynnistä
    wycofany ze sprzedaży|wycofane ze sprzedaży|koniec produkcji|produkt archiwalny|ukončená výroba
    byl vyřazen|výroba ukončená|ukončený predaj|kivezetett termék|scos din ofertă
    выведен из ассортимента|üretimi durduruldu|satıştan kaldırıldı|καταργήθηκε|αποσύρθηκε
    販売を終了|生産を終了|取扱いを終了|製造中止
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
    stock exhausted|none left|stock empty|none available|0 available|nicht lagernd
    bestand erschöpft|kein bestand|nicht am lager|kein lagerbestand|rupture temporaire|stock épuisé
    n'est plus en vente|no hay existencias|no quedan unidades|existencias agotadas|agotada|agotados
    fuori stock|scorte esaurite|esaurita|esauriti|esgotada|fora de stock|kan ikke leveres
    utilgængelig|slutsålt|är slut|tomt på lager|tyvärr slut|ei saatavana|on loppu|brak towaru
    brak produktu|nakład wyczerpany|wyczerpany zapas|nem rendelhető|készlethiány|készlet: 0|epuizat
    fără stoc|товара нет|тимчасово відсутній|temin edilemiyor|stokta kalmadı|stok bitti
    δεν υπάρχει απόθεμα|εκτός αποθέματος|在庫：なし|在庫:なし
    stoklarımızda kalmadı|stoğumuzda kalmadı|stoklarımızda yok
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
    not yet released|to be released|expected release|release date|releases on|erscheint demnächst
    erscheint in kürze|noch nicht erschienen|pas encore paru|précommandez*|próximo lanzamiento
    fecha de lanzamiento|preordinabil*|prossima uscita|in uscita il|pré-encomend*
    lançamento em breve|pré-reserva|te reserveren|verschijnt op|nog niet verschenen|udkommer
    förhandsbeställ*|förbok*|släpps den|utkommer den|slippes|ennakkotilaus*|ilmestyy|premiera
    zapowiedź|wkrótce w sprzedaży|predpredaj*|megjelenés|скоро в продаже|попереднє замовлення
    скоро у продажу|ön sipariş*|προ-παραγγελία|近日発売|発売予定|即將上市|即将上市
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
    nachbestellung|nachbestellbar|im zulauf|nachschub bestellt|en réassort|sobre pedido
    pendiente de reposición|su richiesta|a pedido|nalevering|nabestelling|skaffevare
    restnoterad|restnotert|tilattavissa|jälkitoimitus|na objednání|utánrendelés*|rendelhető
    once restocked|order item|ordered on request|built to order|bestellware|bestellartikel
    auf anfrage bestellbar|wird für dich bestellt|réapprovisionnement en cours
    en cours de réapprovisionnement|fabriqué à la demande|bajo demanda|en reposición
    in riassortimento|in fase di riordino|em reposição|wordt nabesteld|wordt voor u besteld
    wordt voor je besteld|in bestelling|bestilles hjem|kan bestilles|kan beställas|beställs hem
    restorder|tilauksesta|pod zamówienie|k objednání|на замовлення|με παραγγελία
    restnotering|stok gelince|stoğa girince gönderilir
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
    few remaining|going fast|nur wenige|restbestand|faible stock|stock faible|quelques exemplaires
    pocas existencias|scorte limitate|poco estoque|weinig voorraad|lav beholdning|lågt lager
    rajoitettu määrä|vähän jäljellä|niski stan|poslední zásoby|málo kusů|alacsony készlet
    low in stock|selling out fast|limited quantity|wenige exemplare verfügbar
    wenige stück verfügbar|restposten|knapper bestand|begrenzter vorrat|niedriger lagerbestand
    quantité limitée|stock limitado|unidades limitadas|pochi pezzi disponibili|pochi pezzi
    estoque limitado|beperkte voorraad|beperkt op voorraad|nog enkele|nog maar enkele|sidste chance
    begrænset antal|få tilbage|lavt lager|fåtal i lager|få i lager|nästan slut|snart slut|få igjen
    sista chansen|vähän varastossa|loppumassa|na wyczerpaniu|ograniczona ilość|omezené množství
    obmedzené množstvo|korlátozott készlet|kevés darab|hamarosan elfogy|заканчивается
    ограниченное количество|закінчується|sınırlı stok|περιορισμένη διαθεσιμότητα
    λίγα τεμάχια|在庫わずか
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
    ready for dispatch|available immediately|stock available|ships tomorrow|available for purchase
    dispatched today|immediate dispatch|on stock|ex stock|leaves our warehouse
    immediately available|available from stock|lagernd|versandbereit|im lager|versand heute
    prêt à expédier|expédition sous|livrable sous|livrable en|expédition immédiate|hay existencias
    envío en 24|listo para enviar|entrega inmediata|en almacén|unidades disponibles|con stock
    disponibilidad: sí|pronto per la spedizione|spedizione in 24|spedito entro|spedizione immediata
    envio em 24|enviado em 24|entrega imediata|verzonden binnen|uit voorraad leverbaar
    direct uit voorraad|kan leveres nu|klar til levering|sendes i dag|leveres inden for
    på fjernlager|sendes samme dag|skickas idag|skickas inom|omgående leverans|redo att skickas
    klar til sending|sendes innen|löytyy varastosta|toimitetaan heti|lähetetään tänään
    lähetetään heti|gotowy do wysyłki|gotowe do wysyłki|wysyłamy dziś|wysyłka dzisiaj|wysyłka dziś
    wysyłka natychmiast|k dodání ihned|odesíláme dnes|odesíláme ihned|připraveno k odeslání
    ihneď k odoslaniu|odosielame dnes|odosielame ihneď|rendelhető raktárról|azonnal elérhető
    livrare imediată|доступно к заказу|доступен для заказа|отправим сегодня|готов к отправке
    готовий до відправки|готово до відправлення|готово до відправки|hemen kargoda|aynı gün kargo
    stoklarımızda|άμεση παράδοση|即日発送|即日出荷|在庫:あり|在庫: あり|翌日配達|有現貨|有现货
    disponibles|disponibili|disponíveis
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
    i kundvagn|i kundvagnen|i varukorg|i varukorgen|i korgen|i kurv|i kurven|i indkøbskurv
    i indkøbskurven|i handlekurv|i handlekurven|i handlevogn|in winkelmandje|in winkelwagentje
    in mijn winkelmand|in mijn winkelmandje|in je winkelwagen|in je winkelmand|in de winkelwagen
    in het winkelmandje|in den einkaufskorb|in die tasche|in die einkaufstasche|in den beutel
    dans le panier|dans mon panier|ajouter au sac|al carrito|a la cesta|al carro|a la bolsa
    al carrello|nel cestino|ao carrinho|no carrinho|à sacola|na sacola|ao cesto|no cesto
    ostoskoriin|koriin|do wózka|do vozíku|do nákupního košíku|kosaramba|în coșul|in cosul
    pirkinių krepšelį|grozam|ostukorvi|u košaricu|u korpu|в кошницата|корзину|до кошика|sepete
    buy it|get yours
    """
)
