"""The words that release names are made of, as pieces of regular expressions without regard to case.

A tilde stands for an optional separator: `web~dl` reads `WEB-DL`, `WEB.DL` and `webdl`. Pieces in `(?-i:…)` count only as
they are written, because in other letters they are words of titles. No piece repeats anything without a bound.
"""

RESOLUTIONS = (r"[1-9]\d{2,3}[ip]\d{0,2}", r"[1-9]\d{2,3} ?x ?\d{3,4}p?", "[48]k", "uhd", "ultra~hd", "full~hd", "fhd")
SOURCES = (
    r"(?:uhd~|m)?blu~ray(?:rip|-?\d{3,4}p)?",
    "(?:uhd|bd|br|hd|web|dvd|tv|dvb|sat|dtv|vod|vhs|dm|ppv|cam|web~dl|web~hd|uhd~bd)~rip(?:mux|hd)?",
    "(?:uhd|bd|web|dvd)~(?:re)?mux",
    "bd(?:25|50|66|100|iso)",
    "(?:dvd|web|hd|bd|br)~scr",
    r"\d?x?dvd(?:r|5|9|ivx|iso|screener)?",
    "hd~dvd",
    "web~(?:dl|hd|cap)(?:~mux)?",
    "(?:itunes|amazon)~hd",
    "(?:hd|pd|sd|uhd|a)tv",
    "dsr(?:ip)?",
    "(?:hd|hq|new)~cam(?:rip)?",
    "hd~t[sc]",
    "tele(?:sync|cine)",
    "uhd(?:2)?bd",
    "workprint",
    "screener",
    "remux",
    "vhs",
    "laserdisc",
)
CODECS = ("[xh]~26[2-6]", "hevc", "avc", "xvid", "divx", "vp9", "av1", "vc~1", "mpeg~[24]", "mpg2")
OTHER_TAGS = (
    "(?:hi10p?|10|8|12)~bits?",
    r"hdr10(?:\+|plus)?",
    "dolby~vision",
    "hlg",
    "dts(?:~(?:hd|x|es|ma|hra|express)){0,3}",
    "(?:e~)?ac~3d?",
    r"aac(?:~\d[ ._]\d)?",
    r"dd[p+]?(?:ex|a)?~[1257][ ._]?[01]",
    "ddpa?",
    r"flac(?:x?\d(?:[ ._]\d)?)?",
    "true~hd",
    "atmos",
    "l?pcm",
    "mp3",
    "(?-i:OPUS)",
    "[268]ch",
    "dual~audio",
    "h?~sbs(?:3d)?",
    "(?:h~|half~)ou",
    "half~sbs",
    "[fh]tab",
    "mvc",
    r"\d{2}(?:[.,]\d{1,3})? ?fps",
    r"\d{2}\.\d{2}\.\d{2}[ _]\d{2}~\d{2}",
    "dubbed",
    "subbed",
    "vostf(?:r)?",
    "truefrench",
    "hc~subs?",
    "yify",
    "rarbg",
    r"\d{1,4}(?:[.,]\d{1,2})? ?[gm]b",
)
"""Depth, range and 3D; sound; frame rates and the time stamp of recorders (`12.05.02_01-27`); languages; groups; sizes."""

EDITION_QUALIFIERS = (
    "alternat(?:e|ive)|anniversary|assembly|black[ ._](?:and|&)[ ._]white|collector'?s|complete|criterion|deluxe|despecialized|diamond|"
    r"director'?s|donner|european|extended|fan|final|imax|international|limited|luxe|producer'?s|recut|red|remastered|restored|"
    r"richard|rogue|signature|special|super|theatrical|tv|ultimate|ultra|uncut|unrated|us|workprint|\d{1,3}(?:st|nd|rd|th)"
)
EDITIONS = (
    rf"(?:(?:{EDITION_QUALIFIERS})[ ._]){{1,4}}(?:edition|cut|version|collection|fan~edit|edit|release)",
    "edition[ ._](?:collector|sp[eé]ciale|limit[eé]e|longue)",
    "director[ ._]cut",
    "director's",
    "fan~edit",
    "extended|unrated|uncut|uncensored|recut|remastered|restored|theatrical|criterion|despecialized",
    "imax(?:[ ._]enhanced)?",
    "open[ ._]matte",
    "(?-i:SE|DC)",
)
LANGUAGES = (
    "arabic|bulgarian|cantonese|castellano|catal[aá]n?|català|chinese|croatian|czech|danish|dutch|english|estonian|finnish|flemish",
    "french|german|greek|hebrew|hindi|hungarian|icelandic|italiano?|japanese|korean|latino|latvian|lithuanian|malayalam|mandarin",
    "norwegian|persian|polish|portuguese|romanian|russian|serbian|slovak|spanish|swedish|tamil|telugu|thai|turkish|ukrainian",
    "vietnamese|nordic|swesub|nlsubs?|dublado|kannada|marathi|bengali|urdu|tagalog",
    "(?-i:VFF|VFQ|VFI|VF2|VF|VO|ITA|ENG|GER|FRA|FRE|SPA|ESP|RUS|JPN|JAP|KOR|CHI|HIN|NOR|SWE|DAN|FIN|POL|CZE|HUN|TUR|POR|LAT|UKR)",
    "(?-i:PLDUB|DUBPL|PLSUB|PL|DE|FR|CZ|SK|ML|LD|MD)|dl",
)
FLAGS = (
    "multi(?:ple)?(?:~(?:subs?|lang|vf[fqi2]?|audio))?|multi\\d|dual|e~subs?|subforced|subtitles?|forced|softsubs?|hardsubs?|kor~subs",
    "3d|proper|repack\\d?|rerip\\d?|internal|limited|readnfo|nfofix|stv|festival|prooffix|samplefix|dirfix|fix|complete|hybrid",
    "colou?ri[sz]ed|upscaled?|hdr|dv|sdr|ws|hq|hd|mhd|hr|bd|web|r[56]|cam|ts|tc|scr",
    "(?-i:AMZN|NF|HULU|DSNP|HMAX|MAX|ATVP|PCOK|PMTP|STAN|IP|iP|iT|MA|CRAV|RED|PROOF|SAMPLE|FS|CC|EXTRAS|LINE|UNTOUCHED|RETAIL|BW|REAL|HC)",
    "(?-i:EUR|PAL|NTSC|Movie(?=[ ._]HD))",
    r"(?<=[ ._])\d?cd\d?(?:of\d)?",
)
