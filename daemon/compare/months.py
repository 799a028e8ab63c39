"""The names of months, as dates are written in many languages."""

from __future__ import annotations

MONTHS = frozenset(
    """
    abr abril ago agosto aout août apr april aprile apriles aprilie aprilis apríla aralık aug
    august augusta augustus augusztus avr avril ağustos balandžio birželio března czerwca dec
    december decembra decembre decembrie decembro dez dezember dezembro dic dicembre diciembre
    dubna déc décembre ekim elokuuta enero eylül feb febbraio febereiro febrero februar februari
    februarie february február februára fev fevereiro fevr fevrier fév févr février gegužės
    gennaio giugno grudnia gruodžio haziran heinäkuuta helmikuuta huhtikuuta ianuarie iulie
    iunie jan janeiro januar januari january január januára janvier joulukuuta juil juillet juin
    jul julho juli julio july jun june junho juni junio júla július júna június kasım kesäkuuta
    kolovoza kovo května kwietnia lapkričio ledna liepos lipca lipnja listopada listopadu
    lokakuuta luglio lutego maaliskuuta maggio mai maio maj maja mar marca march maret
    marraskuuta mars mart martie marz marzec marzo março may mayo mayıs mei mája május március
    märz nisan noiembrie nov november novembra novembre novembro noviembre ocak oct october
    octobre octombrie octubre okt oktober október októbra ottobre outubro ožujka października
    prosinca prosince rugpjūčio rugsėjo rujna sausio sep sept september septembra septembre
    septembrie septiembre setembro settembre sierpnia siječnja spalio srpna srpnja studenog
    studenoga stycznia svibnja syyskuuta szeptember tammikuuta temmuz toukokuuta travnja vasario
    veljače września září április února července června října şubat απριλίου αυγούστου
    δεκεμβρίου ιανουαρίου ιουλίου ιουνίου μαΐου μαρτίου νοεμβρίου οκτωβρίου σεπτεμβρίου
    φεβρουαρίου августа апреля березня вересня грудня декабря жовтня июля июня квітня липня
    листопада лютого марта мая ноября октября сентября серпня січня травня февраля червня января
    """.split()
)
