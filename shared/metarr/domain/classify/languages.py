"""Languages as file names write them: two letters, three letters of either kind, or their English name. A small table of our own."""

_TABLE = """
afr:af:afrikaans alb,sqi:sq:albanian ara:ar:arabic arm,hye:hy:armenian aze:az:azerbaijani baq,eus:eu:basque bel:be:belarusian
ben:bn:bengali bos:bs:bosnian bul:bg:bulgarian bur,mya:my:burmese cat:ca:catalan,valencian
chi,zho,cht,chs:zh:chinese,mandarin,cantonese cze,ces:cs:czech dan:da:danish dut,nld:nl:dutch,flemish eng:en:english epo:eo:esperanto
est:et:estonian per,fas:fa:persian,farsi fil:tl:filipino,tagalog fin:fi:finnish fre,fra:fr:french geo,kat:ka:georgian ger,deu:de:german gle:ga:irish
glg:gl:galician gre,ell:el:greek guj:gu:gujarati heb:he:hebrew hin:hi:hindi hrv:hr:croatian hun:hu:hungarian ice,isl:is:icelandic
ind:id:indonesian ita:it:italian jpn:ja:japanese kan:kn:kannada kaz:kk:kazakh khm:km:khmer kor:ko:korean kur:ku:kurdish lao:lo:lao lat:la:latin
lav:lv:latvian lit:lt:lithuanian mac,mkd:mk:macedonian mal:ml:malayalam mar:mr:marathi may,msa:ms:malay mlt:mt:maltese mon:mn:mongolian
nep:ne:nepali nno:nn:nynorsk nob:nb:bokmal nor:no:norwegian pan:pa:punjabi pol:pl:polish por,pob:pt:portuguese,brazilian rum,ron:ro:romanian
rus:ru:russian sin:si:sinhala,sinhalese slo,slk:sk:slovak slv:sl:slovenian som:so:somali spa:es:spanish,castilian,latino srp:sr:serbian
swa:sw:swahili swe:sv:swedish tam:ta:tamil tel:te:telugu tha:th:thai tur:tr:turkish ukr:uk:ukrainian urd:ur:urdu uzb:uz:uzbek
vie:vi:vietnamese wel,cym:cy:welsh zul:zu:zulu
"""


def _codes() -> dict[str, str]:
    codes: dict[str, str] = {}
    for row in _TABLE.split():
        three, two, names = row.split(":")
        written = [*three.split(","), two, *names.split(",")]
        codes.update(dict.fromkeys(written, three.split(",", maxsplit=1)[0]))
    return codes


_CODES = _codes()


def language_code(word: str) -> str | None:
    """The ISO 639-2 code (bibliographic: `ger`, `fre`) of a code or English name without regard to case; None when unknown."""
    return _CODES.get(word.casefold())
