"""Vocabularies: short public lists of codes. A value that is in one of them tells of nobody."""

_COUNTRIES = (
    "ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bl bm bn bo bq br "
    "bs bt bv bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz "
    "ec ee eg eh er es et fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw "
    "gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky "
    "kz la lb lc li lk lr ls lt lu lv ly ma mc md me mf mg mh mk ml mm mn mo mp mq mr ms mt mu mv "
    "mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py "
    "qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st sv sx sy sz tc td tf tg "
    "th tj tk tl tm tn to tr tt tv tw tz ua ug um us uy uz va vc ve vg vi vn vu wf ws ye yt za zm "
    "zw uk eu"
)
_CURRENCIES = (
    "aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd btn bwp "
    "byn bzd cad cdf chf clp cny cop crc cup cve czk djf dkk dop dzd egp ern etb eur fjd fkp gbp "
    "gel ghs gip gmd gnf gtq gyd hkd hnl hrk htg huf idr ils inr iqd irr isk jmd jod jpy kes kgs "
    "khr kmf kpw krw kwd kyd kzt lak lbp lkr lrd lsl lyd mad mdl mga mkd mmk mnt mop mru mur mvr "
    "mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf "
    "sar sbd scr sdg sek sgd shp sle sos srd ssp stn svc syp szl thb tjs tmt tnd top try ttd twd "
    "tzs uah ugx usd uyu uzs ves vnd vuv wst xaf xcd xof xpf yer zar zmw"
)
_STATES = (
    "active inactive new open opened closed pending draft paid unpaid booked posted shipped sent "
    "delivered returned refunded cancelled canceled completed complete done failed error success "
    "processing processed confirmed accepted rejected approved declined expired blocked deleted "
    "archived settled reversed scheduled received partial unknown ok "
    "aktiv inaktiv neu offen geschlossen bezahlt unbezahlt versendet geliefert storniert erledigt "
    "abgeschlossen bestellt gebucht entwurf "
    "actif inactif nouveau ouvert ferme paye expedie livre annule termine "
    "activo inactivo nuevo abierto cerrado pendiente pagado enviado entregado cancelado"
)
_UNITS = "pcs pc ea stk st kg g mg t l ml cl m cm mm km m2 m3 h min s box pack pair set kwh"
_CHANNELS = "web online shop store app mobile phone mail email fax branch partner filiale laden"
_FLAGS = "true false yes no ja nein oui non si sí wahr falsch vrai faux verdadero falso"

VOCABULARIES = {
    name: frozenset(words.split())
    for name, words in {
        "country": _COUNTRIES,
        "currency": _CURRENCIES,
        "status": _STATES,
        "unit": _UNITS,
        "channel": _CHANNELS,
        "flag": _FLAGS,
    }.items()
}
"""By name, in small letters: ISO 3166-1, ISO 4217, and words of four languages."""
