"""Recognises words of state: open and closed, pending and approved, up and down."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from daemon.lexicon.spelling import plain

# Each paragraph is one scale; its poles, parted by bars, exclude each other.
_SCALES = """
open opened geöffnet offen ouvert ouverte ouverts ouvertes abierto abierta abiertos abiertas
aperto aperta aperti aperte aberto aberta abertos abertas öppet öppen öppna åben åbent åpen åpent
auki avoinna otwarte otwarty otwarta otevřeno otevřen otvorené nyitva deschis открыт открыта
открыто открыты відкрито відкритий açık ανοιχτό 営業中 开放 営業 영업중 | closed shut geschlossen
fermé fermée fermés fermées cerrado cerrada cerrados cerradas chiuso chiusa chiusi chiuse fechado
fechada fechados encerrado encerrada gesloten dicht stängt stängd stängda lukket stengt suljettu
kiinni zamknięte zamknięty zamknięta zavřeno zavřen zatvorené zárva închis закрыт закрыта закрыто
закрыты закрито зачинено kapalı κλειστό 休業 閉店 关闭 휴업

pending beantragt ausstehend pendiente pendente väntande afventer avventer odottaa oczekuje
oczekujący čeká ожидает beklemede 保留中 审核中 심사중 | approved accepted granted confirmed
genehmigt bewilligt angenommen bestätigt approuvé approuvée accepté acceptée accordé accordée
confirmé aprobado aprobada aceptado aceptada concedido confirmado approvato approvata accettato
concesso aprovado aprovada aceito goedgekeurd toegekend bevestigd godkänd godkendt godkjent
hyväksytty zatwierdzony zatwierdzona zatwierdzono zaakceptowany schválen schváleno jóváhagyva
aprobată одобрен одобрена одобрено утвержден утверждено onaylandı 承認 批准 已批准 승인 | rejected
refused denied declined abgelehnt refusé refusée rejeté rejetée rechazado rechazada denegado
denegada respinto respinta rifiutato rejeitado rejeitada recusado afgewezen geweigerd avslagen
afvist avslått hylätty odrzucony odrzucona odrzucono zamítnut zamítnuto elutasítva respins
отклонен отклонена отклонено отказано reddedildi 却下 拒绝 已拒绝 거절 | completed finished done
abgeschlossen erledigt terminé terminée completado completada finalizado completato concluído
concluida voltooid afgerond slutförd afsluttet fullført valmis zakończony zakończono dokončeno
befejezve завершен завершено tamamlandı 完了 完成 已完成 완료 | cancelled canceled storniert
abgesagt annulé annulée cancelado cancelada anulado annullato annullata geannuleerd inställd
inställt aflyst avlyst peruttu anulowany odwołany odwołane zrušen zrušeno törölve anulat отменен
отменена отменено iptal キャンセル 取消 已取消 취소

operational up online opérationnel opérationnelle operativo operativa operacional operationeel
drift działa funkční доступен çalışıyor 稼働中 正常 | degraded eingeschränkt dégradé dégradée
degradado degradato beeinträchtigt | down outage offline unavailable gestört ausgefallen panne
caído caída guasto inativo storing avbrott nede awaria výpadek недоступен сбой arıza 停止 故障
장애

active aktiv actif active activo activa attivo attiva ativo ativa actief aktywny aktywna aktivní
активен активна etkin 有効 启用 | inactive inaktiv inactif inactive inactivo inactiva inattivo
inattiva inativo inativa inactief nieaktywny neaktivní неактивен pasif 無効 禁用

enabled aktiviert activé activée habilitado habilitada abilitato ativado ingeschakeld aktiverad
włączone zapnuto включено etkinleştirildi | disabled deaktiviert désactivé désactivée
deshabilitado deshabilitada disabilitato desativado uitgeschakeld avaktiverad wyłączone vypnuto
выключено отключено

yes ja oui sí sim да evet tak ano igen はい 是 예 | no nein non não nej nee нет hayır nie nem
いいえ 否 아니요

on ein an | off aus

free vacant frei libre libero livre vrij ledig vapaa wolne wolny volno szabad liber свободно
свободен boş 空室 空き | taken occupied booked belegt besetzt ausgebucht occupé occupée complet
ocupado ocupada occupato bezet volgeboekt upptagen optaget varattu zajęte zajęty obsazeno foglalt
ocupat занято занят dolu 満室 満席

allowed permitted erlaubt gestattet zulässig autorisé autorisée permis permitido permitida
permesso consentito toegestaan tillåten tillåtet tilladt sallittu dozwolone povoleno разрешено
serbest | forbidden prohibited banned verboten untersagt interdit interdite prohibido prohibida
vietato vietata proibido verboden förbjuden förbjudet forbudt kielletty zabronione zakázáno
запрещено yasak

public öffentlich public publique público pública pubblico openbaar offentlig julkinen publiczny
veřejný публичный | private privat privé privée privado privada privato yksityinen prywatny
soukromý частный

passed bestanden réussi aprobó superato geslaagd godkänt | failed durchgefallen échoué suspendido
bocciato gezakt underkänt

win won gewonnen gagné ganado vinto | lost verloren perdu perdido perso

safe sicher sûr seguro sicuro veilig säker | unsafe unsicher dangerous gefährlich dangereux
peligroso pericoloso gevaarlijk farlig
"""

# What is said of an event, an offer or a service that was to be: alone it is news.
_OFF = frozenset(
    """
    cancelled canceled postponed suspended withdrawn discontinued closed storniert abgesagt entfällt
    verschoben ausgesetzt eingestellt geschlossen annulé annulée reporté reportée suspendu suspendue
    fermé fermée cancelado cancelada anulado anulada aplazado aplazada suspendido suspendida cerrado
    cerrada annullato annullata rinviato rinviata sospeso sospesa chiuso chiusa adiado adiada
    suspenso suspensa encerrado geannuleerd afgelast uitgesteld gesloten inställd inställt
    uppskjuten
    stängd aflyst avlyst udskudt utsatt lukket stengt peruttu siirretty suljettu odwołany odwołana
    odwołane przełożony zawieszony zamknięte zrušen zrušeno odloženo zavřeno törölve elhalasztva
    zárva
    anulat amânat închis iptal ertelendi kapalı отменен отменена отменено отменён перенесен
    перенесено
    закрыто скасовано перенесено зачинено 中止 延期 休止 取消 推迟 취소 연기
    """.split()
)


def says_it_is_off(text: str) -> bool:
    """Whether a few words say that something does not take place, or not then."""
    return any(_bare(word) in _OFF for word in plain(text).split())


def poles_of(text: str) -> frozenset[tuple[int, int]]:
    """The scale and the pole of each word of state in a text."""
    known = _poles()
    return frozenset(pole for word in plain(text).split() for pole in known.get(_bare(word), ()))


def has_flipped(before: str, after: str) -> bool:
    """Whether a state named in the one text is another one of the same scale in the other."""
    old, new = poles_of(before), poles_of(after)
    gone, came = old - new, new - old
    return any(scale == other for scale, _ in gone for other, _ in came)


def _bare(word: str) -> str:
    return word.strip(".,;:!?()[]\"'")


@cache
def _poles() -> Mapping[str, tuple[tuple[int, int], ...]]:
    found: dict[str, tuple[tuple[int, int], ...]] = {}
    for scale, part in enumerate(_SCALES.strip().split("\n\n")):
        for pole, words in enumerate(part.split("|")):
            for word in dict.fromkeys(map(plain, words.split())):
                found[word] = (*found.get(word, ()), (scale, pole))
    return found
