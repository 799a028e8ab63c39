"""The names of months, as dates are written in many languages."""

from __future__ import annotations

# From January to December, with a blank line between them.
_NAMES = """
    enero gener gennaio ianuarie jaanuar jan janeiro januar januari january január januára
    janv janvier janvāris jänner ledna ocak sausio siječnja stycznia tammikuuta ιανουαρίου
    січня января януари јануар

    feb febbraio febrer febrero februar februari februarie february február februára
    februāris fev fevereiro fevr fevrier fév févr février helmikuuta lutego vasario veebruar
    veljače února şubat φεβρουαρίου лютого фебруар февраля февруари

    března kovo maaliskuuta maart mar marca march marec maret mars mart martie marts marz
    marzec marzo març março mrz március märts märz ožujka μαρτίου березня март марта

    abr abril apr april aprile aprilie aprilis aprill apríla aprīlis avr avril balandžio
    dubna huhtikuuta kwietnia nisan travnja április απριλίου апреля април квітня

    gegužės května maggio mai maig maijs maio maj maja may mayo mayıs mei mája május svibnja
    toukokuuta μαΐου май мая мај травня

    birželio czerwca giugno haziran iunie juin jun june junho juni junij junio juny juuni
    júna június jūnijs kesäkuuta lipnja června ιουνίου июня червня юни јун

    heinäkuuta iulie juil juillet jul julho juli julij julio juliol july juuli júla július
    jūlijs liepos lipca luglio srpnja temmuz července ιουλίου июля липня юли јул

    ago agost agosto aout août aug august augusta augusti augusts augustus augusztus avgust
    ağustos elokuuta kolovoza rugpjūčio sierpnia srpna αυγούστου август августа серпня

    eylül rugsėjo rujna sep sept september septembra septembre septembrie septembris
    septiembre setembre setembro settembre syyskuuta szeptember września září σεπτεμβρίου
    вересня сентября септембар септември

    ekim lokakuuta oct october octobre octombrie octubre okt oktober oktobris oktoober
    október októbra ottobre outubro października spalio října οκτωβρίου жовтня октобар
    октомври октября

    kasım lapkričio listopadu marraskuuta noiembrie nov november novembra novembre novembris
    novembro noviembre studenog studenoga νοεμβρίου новембар ноември ноября листопада

    aralık dec december decembra decembre decembrie decembris decembro desember desembre
    detsember dez dezember dezembro dic dicembre diciembre déc décembre grudnia gruodžio
    joulukuuta prosinca prosince δεκεμβρίου грудня декабря декември децембар
    """.split("\n\n")
# October in Croatian, November in Polish: a month, but not which.
_DOUBTFUL = "listopada"
# Too short to stand for months in any text; where a date is expected they do.
_SHORT = {"ene": 1, "gen": 1, "genn": 1, "ιαν": 1, "φεβ": 2, "mär": 3, "μαρ": 3, "απρ": 4, "mag": 5}
_SHORT |= {
    "μαϊ": 5,
    "ιουν": 6,
    "ιουλ": 7,
    "αυγ": 8,
    "σεπ": 9,
    "set": 9,
    "οκτ": 10,
    "νοε": 11,
    "δεκ": 12,
}
_SHORT |= {
    "янв": 1,
    "фев": 2,
    "мар": 3,
    "апр": 4,
    "июн": 6,
    "июл": 7,
    "авг": 8,
    "сен": 9,
    "окт": 10,
}
_SHORT |= {"ноя": 11, "дек": 12, "out": 10}

_NUMBERS = _SHORT | {
    name: number for number, names in enumerate(_NAMES, 1) for name in names.split()
}
MONTHS = frozenset(_NUMBERS.keys() - _SHORT.keys()) | {_DOUBTFUL}


def month_number(name: str) -> int | None:
    """The month of a name in lower case, where a date is expected; None for any other word."""
    return _NUMBERS.get(name)
