"""Recognises what a number counts: a limit, a fee, a deadline, a dose, or only an audience."""

from __future__ import annotations

from enum import StrEnum
from functools import cache

from daemon.lexicon.phrases import Phrases, words_of
from daemon.lexicon.spelling import plain


class Quantity(StrEnum):
    """What a number is of. All but COUNT and UNKNOWN bind somebody."""

    DOSE = "dose"
    FEE = "fee"
    DEADLINE = "deadline"
    RETENTION = "retention"
    RATE = "rate"
    LIMIT = "limit"
    SHARE = "share"
    COUNT = "count"
    UNKNOWN = "unknown"

    @property
    def binds(self) -> bool:
        """Whether somebody must keep to it, pays it, or is owed it."""
        return self not in (Quantity.COUNT, Quantity.UNKNOWN)


# Counted by visits, readers, players: moves by itself, and nobody relies on it.
_COUNT = """
views|viewed|visits|visitors|hits|likes|liked|stars|starred|downloads|downloaded|installs|forks
watchers|followers|following|subscribers|members|online|votes|upvotes|rank|ranking|position|score
points|rating|ratings|reviews|replies|comments|posts|topics|threads|shares|reads|plays|played|sold
ago|popularity|trending|wins|losses|goals|matches|queue|waiting|uptime days|in stock|left
available now|remaining|stock level|on hand|quantity on hand|applicants|applications received
issues|open issues|pull requests|commits|contributors|contributions|last updated|updated|deaths
cases|temperature|humidity|wind|last price|change|volume|open interest|market cap|elo|karma
aufrufe|besucher|gefällt|sterne|bewertungen|abonnenten|mitglieder|stimmen|platz|rang|punkte
antworten|kommentare|beiträge|lagerbestand|bestand|verfügbar|temperatur|kurs|tabellenplatz|spiele
temperatur*|rangliste|volumen|wolumen|объём|обороты|heute
vues|visites|visiteurs|j'aime|étoiles|téléchargements|abonnés|membres|avis|classement|rang|points
commentaires|réponses|messages|température|restants|disponibles|matchs
visitas|vistas|visitantes|me gusta|descargas|seguidores|miembros|votos|puesto|puntos|comentarios
respuestas|existencias|disponibles|temperatura|partidos|visualizaciones
visualizzazioni|visite|visitatori|mi piace|scaricamenti|iscritti|membri|voti|posizione|punti
commenti|risposte|giacenza|disponibili|partite|recensioni
visualizações|downloads|seguidores|membros|votos|posição|pontos|comentários|respostas|estoque
weergaven|bezoekers|sterren|volgers|leden|stemmen|positie|punten|reacties|voorraad
visningar|besökare|medlemmar|poäng|plats|kommentarer|lagersaldo|visninger|medlemmer|pladser
wyświetlenia|odsłony|odwiedziny|pobrania|obserwujący|członkowie|głosy|miejsce|punkty|komentarze
zobrazení|návštěvy|stažení|členové|hlasy|pořadí|body|komentáře|skladem
katselut|kävijät|jäsenet|pisteet|sija|kommentit|görüntülenme|üyeler|puan|sıra|yorumlar|beğeni
просмотры|посетители|скачивания|подписчики|участники|голоса|рейтинг|место|очки|комментарии|ответы
перегляди|閲覧数|再生回数|いいね|順位|得点|会員数|在庫数|浏览|阅读|点赞|下载量|排名|评论|粉丝|조회수|순위
"""
_BINDING = {
    Quantity.DOSE: """
dose|doses|dosage|posology|mg/kg|mg/day|mg daily|tablets|capsules|drops|times daily|times a day
dosis|dosierung|tagesdosis|tabletten|posologie|dose maximale|comprimés|dosificación|posología
comprimidos|dosaggio|posologia|compresse|dosering|doseringen
dosering|dawka|dawkowanie|dávka|dávkování|annos|annostus|adag|adagolás|doz|доза|дозировка|дозування
用量|剂量|投与量|용량|intake|exposure limit|concentration
""",
    Quantity.RETENTION: """
retention|retained|retain|kept for|keep for|stored for|storage period|history kept|log history
aufbewahrung|aufbewahrungsfrist|aufbewahrt|speicherdauer|gespeichert|conservation|conservés
conservées|durée de conservation|conservación|conservan|plazo de conservación|conservazione
conservati|retenção|conservação|bewaartermijn|bewaard|lagringstid|sparas|opbevaring|opbevares
okres przechowywania|przechowywania|doba uchování|uchovávání|säilytysaika|megőrzés|păstrare|saklama
срок хранения|хранения|хранятся|зберігання|保存期間|保留期|保存期限|보관 기간
""",
    Quantity.FEE: """
fee|fees|surcharge|commission|penalty|fine|fines|deposit|interest|apr|tax|duty|excess|deductible
premium|salary|wage|wages|pay|allowance|grant|subsidy|bounty|reward|compensation|refund
gebühr|gebühren|entgelt|provision|zuschlag|strafe|bußgeld|kaution|zins|zinsen|zinssatz|steuer
selbstbeteiligung|gehalt|lohn|zuschuss|frais|commission|pénalité|amende|caution|intérêt|intérêts
taxe|taux d'intérêt|franchise|salaire|indemnité|comisión|comisiones|recargo|multa|fianza|interés
intereses|impuesto|tasa|salario|sueldo|subvención|commissione|commissioni|penale|multa|cauzione
interesse|interessi|imposta|tasso|stipendio|taxa|taxas|comissão|multa|caução|juros|imposto|salário
tarief|kosten|boete|borg|rente|belasting|salaris|toeslag|avgift|avgifter|ränta|skatt|böter|lön
gebyr|gebyrer|rente|afgift|bøde|løn|opłata|opłaty|prowizja|kara|kaucja|odsetki|podatek|pensja
poplatek|poplatky|provize|pokuta|kauce|úrok|daň|mzda|maksu|palkkio|korko|vero|díj|kamat|adó|taxă
comision|dobândă|ücret|komisyon|faiz|vergi|ceza|maaş|комиссия|сбор|штраф|залог|процентная ставка
налог|пошлина|зарплата|комісія|збір|手数料|料金|金利|利率|罚款|手续费|税率|수수료|이자
""",
    Quantity.DEADLINE: """
deadline|due|within|notice|notice period|no later than|response time|grace period|expires|expiry
valid for|validity|term|trial|trial period|warranty|cooling-off|processing time|delivery time
lead time|timeout|cancellation period|days before|days after|repay|duration|waiting period
frist|fristen|binnen|innerhalb|kündigungsfrist|widerrufsfrist|laufzeit|gültig|gültigkeit|karenzzeit
garantie|reaktionszeit|bearbeitungszeit|lieferzeit|délai|délais|préavis|dans les|échéance|validité
durée|délai de rétractation|garantie|plazo|plazos|preaviso|vencimiento|vigencia|validez|garantía
dentro de|termine|entro|preavviso|scadenza|validità|durata|garanzia|recesso|prazo|prazos|aviso
vencimento|validade|garantia|dentro de|termijn|opzegtermijn|binnen|geldig|looptijd|bedenktijd
frist|uppsägningstid|inom|giltig|giltighet|ångerrätt|opsigelsesvarsel|inden for|gyldig|løbetid
termin|w ciągu|okres wypowiedzenia|ważność|gwarancja|lhůta|lhůtě|výpovědní|platnost|záruka
määräaika|kuluessa|irtisanomisaika|voimassa|takuu|határidő|felmondási|belül|érvényes|termen
în termen|preaviz|valabil|süre|içinde|ihbar süresi|garanti|срок|в течение|уведомления|гарантия
действует|термін|протягом|期限|以内|期間|有効期間|保証期間|之内|有效期|기한|이내
""",
    Quantity.RATE: """
per second|per minute|per hour|per day|per week|per month|per year|a second|a minute|an hour|a day
a month|/s|/sec|/min|/h|/hour|/day|/month|rps|qps|tps|rpm|rate|throughput|bandwidth|frequency
concurrent|concurrency|parallel|burst|pro sekunde|pro minute|pro stunde|pro tag|pro monat|je tag
je stunde|je minute|durchsatz|bandbreite|gleichzeitig|parallele|par seconde|par minute|par heure
par jour|par mois|débit|simultanées|simultanés|por segundo|por minuto|por hora|por día|por mes
por dia|por mês|al secondo|al minuto|all'ora|al giorno|al mese|ogni minuto|simultanee|simultâneas
per seconde|per minuut|per uur|per dag|per maand|per sekund|per minut|per timme|i minuten|per dygn
i timen|om dagen|pr. minut|pr. time|pr. dag|pr. måned|na sekundę|na minutę|na godzinę|dziennie
miesięcznie|za sekundu|za minutu|za hodinu|denně|měsíčně|sekunnissa|minuutissa|tunnissa|päivässä
másodpercenként|percenként|óránként|naponta|pe secundă|pe minut|pe oră|pe zi|saniyede|dakikada
saatte|günlük|в секунду|в минуту|в час|в день|в сутки|в месяц|на хвилину|на годину|на добу|毎秒|毎分
1分あたり|1日あたり|每秒|每分钟|每小时|每天|每月|분당|시간당|일일
""",
    Quantity.LIMIT: """
allowance|capacity|included|file size|upload size|upload|storage|attachments|requests|retries
years of age|speed limit|credits|plans|pricing|plan comparison|tariffs|packages
kontingent|freibetrag|enthalten|speicher|speicherplatz|anfragen|tarife|pakete|leistungsumfang
compris|stockage|requêtes|offres|formules|incluido|almacenamiento|solicitudes|planes|tarifas
incluso|archiviazione|richieste|piani|incluído|armazenamento|planos|opslag|verzoeken|abonnementen
lagring|lagerplads|abonnemang|przestrzeń|taryfy|úložiště|tarify|tallennustila|tárhely|depolama
тарифы|тарифный|料金プラン|套餐|요금제
""",
    Quantity.SHARE: """
uptime|availability|sla|guaranteed|coverage|discount|share|rate of|percentage|verfügbarkeit|rabatt
anteil|disponibilité|remise|part|disponibilidad|descuento|disponibilità|sconto|disponibilidade
desconto|beschikbaarheid|korting|tillgänglighet|rabatt|dostępność|rabat|dostupnost|sleva
доступность|скидка|доля|稼働率|割引|可用性|折扣
""",
}
# Words that no counter goes with.
_STRICT = """
limit|limits|limited to|quota|quotas|maximum|max|max.|minimum|min.|up to|at most|no more than
at least|no less than|exceed|exceeds|cap|capped|threshold|ceiling|minimum age|not more than
grenze|grenzen|limits|höchstens|maximal|maximale|mindestens|höchst*|mindest*|obergrenze|bis zu
schwelle|freigrenze|limite|limites|plafond|au plus|au moins|jusqu'à|seuil|minimale|límite|límites
cuota|máximo|máxima|mínimo|mínima|como máximo|al menos|hasta|umbral|limiti|massimo|massima|minimo
minima|al massimo|almeno|fino a|soglia|no máximo|pelo menos|até|limiar|limiet|maximaal|minimaal
ten hoogste|ten minste|tot en met|drempel|gräns|gränsvärde|högst|minst|upp till|kvot|grænse|højst
mindst|op til|kvote|limity|maksymalnie|maksymalny|co najmniej|najwyżej|próg|maximálně|nejvýše
alespoň|nejméně|až do|kvóta|enintään|vähintään|raja|enimmäis*|kiintiö|legfeljebb|legalább|korlát
cel mult|cel puțin|limită|prag|en fazla|en az|sınır|kota|лимит|квота|не более|не менее|максимум
минимум|предел|порог|максимальн*|минимальн*|ліміт|не більше|щонайменше|上限|下限|最大|最小|最低
最高|限度|以上|以下|未満|最多|至少|限额|配额|超过|최대|최소|한도
"""
# Words that compare anything: of people they tell, of days and doses they bind.
_COMPARING = """
more than|less than|longer than|no longer than|fewer than|over|under|above|below|within|after|for
every|largest|smallest|longest|shortest|deleted after|first|mehr als|weniger als|länger als|größte
größter|nach|über|unter|alle|plus de|moins de|plus grand|après|pendant|sous|au-delà de|más de
menos de|después de|durante|cada|più di|meno di|oltre|sotto|dopo|per|mais de|após|durante
meer dan|minder dan|na|gedurende|mer än|mindre än|efter|under|mere end|mindre end|i løbet af
więcej niż|mniej niż|ponad|poniżej|po|przez|více než|méně než|nad|pod|po dobu|yli|alle|jälkeen
több mint|kevesebb mint|után|peste|sub|după|fazla|sonra|более|менее|больше|меньше|после|понад
більше|менше|після|超|を超える|以内|ごとに|以后|之后|后
"""
# Words of a day that somebody must not miss; without them a date says when something was written.
_APPOINTED = """
deadline|due|close|closes|closing|closing date|apply by|submit by|expires|expiry|ends
valid until|until|last day|early bird|cut-off|by no later than|when|starts|start date|begins|exam
takes place|opens|opening|interview|event date|frist|bewerbungsschluss|anmeldeschluss|abgabetermin
einsendeschluss|anmeldefrist|gültig bis|endet|läuft ab|bis|beginn|beginnt|findet statt|prüfung
wann|date limite|clôture|échéance|avant le|jusqu'au|début|commence|quand|fecha límite|plazo|hasta
cierre|comienza|inicio|cuándo|examen|scadenza|entro|termine|fino al|inizia|quando|esame|prazo|até
encerramento|início|começa|prova|uiterlijk|sluit|sluitingsdatum|begint|wanneer|examen|senast
sista dag|startar|börjar|senest|sidste frist|starter|begynder|termin|do dnia|rozpoczęcie|egzamin
kiedy|uzávěrka|lhůta|začátek|zkouška|määräaika|viimeistään|alkaa|határidő|kezdete|termen limită
începe|son tarih|başlangıç|срок|крайний|начало|когда|экзамен|кінцевий|початок|締切|期限|まで
開始|截止|开始|마감|시작
"""
_HOURS = """
opening hours|opening times|business hours|office hours|hours|öffnungszeiten|sprechzeiten|horaires
heures d'ouverture|horario|horarios|orari|orario|horário|openingstijden|öppettider|åbningstider
åpningstider|aukioloajat|godziny otwarcia|otevírací doba|otváracie hodiny|nyitvatartás|program
çalışma saatleri|часы работы|режим работы|години роботи|営業時間|開館時間|营业时间|开放时间|영업시간
"""
_WRITTEN = """
updated|update|published|posted|modified|revised|reviewed|effective|version|changed|edited|printed
aktualisiert|stand|veröffentlicht|geändert|mis à jour|mise à jour|publié|modifié|actualizado
actualización|publicado|modificado|aggiornato|aggiornamento|pubblicato|atualizado|atualização
bijgewerkt|gepubliceerd|gewijzigd|uppdaterad|publicerad|opdateret|oppdatert|zaktualizowano
aktualizacja|opublikowano|aktualizováno|zveřejněno|päivitetty|frissítve|actualizat|güncellendi
обновлено|опубликовано|изменено|оновлено|更新|公開|发布|업데이트
"""
_ENDLESS = """
unlimited|no limit|without limit|unbegrenzt|unlimitiert|ohne begrenzung|illimité|illimitée|illimités
illimitées|sans limite|ilimitado|ilimitada|ilimitados|sin límite|illimitato|illimitata|illimitati
senza limiti|ilimitado|sem limite|onbeperkt|obegränsad|obegränsat|obegränsade|ubegrænset|ubegrenset
bez limitu|nieograniczony|nieograniczona|nielimitowane|neomezeně|neomezený|neomezené|rajoittamaton
rajoitukseton|korlátlan|nelimitat|nelimitate|sınırsız|безлимит|безлимитно|неограниченно
без ограничений|необмежено|無制限|无限|不限|무제한
"""


@cache
def _counts() -> Phrases:
    return Phrases(_COUNT)


@cache
def _appointed() -> tuple[Phrases, Phrases]:
    return Phrases(_APPOINTED), Phrases(_WRITTEN)


@cache
def _hours() -> Phrases:
    return Phrases(_HOURS)


@cache
def _comparing() -> Phrases:
    return Phrases(_COMPARING)


@cache
def _strict() -> Phrases:
    return Phrases(_STRICT)


@cache
def _bindings() -> tuple[tuple[Quantity, Phrases], ...]:
    return tuple((kind, Phrases(text)) for kind, text in _BINDING.items())


@cache
def _endless() -> Phrases:
    return Phrases(_ENDLESS)


def quantity_of(said: str) -> Quantity:
    """What a number is of, by the words beside it: its label, row, column or sentence.

    Shape: a counter is one whatever else is said, unless a limit is: "downloads a day" counts,
           "at most 5 downloads" binds.
    """
    line = plain(said)
    words = words_of(line)
    is_limited = _strict().are_in(line, words)
    if not is_limited and _counts().are_in(line, words):
        return Quantity.COUNT
    found = (kind for kind, phrases in _bindings() if phrases.are_in(line, words))
    return next(found, Quantity.LIMIT if is_limited else Quantity.UNKNOWN)


def compares(said: str) -> bool:
    """Whether a number is set against something: more than, after, for, within."""
    return _comparing().are_in(plain(said))


def is_appointed(said: str) -> bool:
    """Whether a date beside these words is one to keep, and not that of a writing."""
    line = plain(said)
    appointed, written = _appointed()
    return appointed.are_in(line) and not written.are_in(line)


def tells_hours(said: str) -> bool:
    """Whether a label or a heading is one of opening hours."""
    return _hours().are_in(plain(said))


def endless_in(text: str) -> tuple[int, int] | None:
    """Where a text, in its plain spelling, says that there is no limit; None where it does not."""
    return next(_endless().spans_in(plain(text)), None)
