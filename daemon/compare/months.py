"""The names of months, as dates are written in many languages."""

from __future__ import annotations

MONTHS = frozenset(
    """
    abr abril ago agost agosto aout août apr april aprile aprilie aprilis aprill apríla aprīlis
    aralık aug august augusta augusti augusts augustus augusztus avgust avr avril ağustos
    balandžio birželio března czerwca dec december decembra decembre decembrie decembris
    decembro desember desembre detsember dez dezember dezembro dic dicembre diciembre dubna déc
    décembre ekim elokuuta enero eylül feb febbraio febrer febrero februar februari februarie
    february február februára februāris fev fevereiro fevr fevrier fév févr février gegužės
    gener gennaio giugno grudnia gruodžio haziran heinäkuuta helmikuuta huhtikuuta ianuarie
    iulie iunie jaanuar jan janeiro januar januari january január januára janvier janvāris
    joulukuuta juil juillet juin jul julho juli julij julio juliol july jun june junho juni
    junij junio juny juuli juuni júla július júna június jūlijs jūnijs kasım kesäkuuta kolovoza
    kovo května kwietnia lapkričio ledna liepos lipca lipnja listopada listopadu lokakuuta
    luglio lutego maaliskuuta maart maggio mai maig maijs maio maj maja mar marca march marec
    maret marraskuuta mars mart martie marts marz marzec marzo març março may mayo mayıs mei
    mája május március märts märz nisan noiembrie nov november novembra novembre novembris
    novembro noviembre ocak oct october octobre octombrie octubre okt oktober oktobris oktoober
    október októbra ottobre outubro ožujka października prosinca prosince rugpjūčio rugsėjo
    rujna sausio sep sept september septembra septembre septembrie septembris septiembre
    setembre setembro settembre sierpnia siječnja spalio srpna srpnja studenog studenoga
    stycznia svibnja syyskuuta szeptember tammikuuta temmuz toukokuuta travnja vasario veebruar
    veljače września září április února července června října şubat απριλίου αυγούστου
    δεκεμβρίου ιανουαρίου ιουλίου ιουνίου μαΐου μαρτίου νοεμβρίου οκτωβρίου σεπτεμβρίου
    φεβρουαρίου август августа апреля април березня вересня грудня декабря декември децембар
    жовтня июля июня квітня липня листопада лютого май март марта мая мај новембар ноември
    ноября октобар октомври октября сентября септембар септември серпня січня травня фебруар
    февраля февруари червня юли юни января януари јануар јул јун
    """.split()
)
