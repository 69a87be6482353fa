"""Words that tell names, addresses and sums apart, folded (lower case, no accents), in the languages we read."""

import re


def any_of(*patterns: str) -> re.Pattern[str]:
    """Return a pattern that finds any of the patterns, each as whole words."""
    return re.compile("|".join(rf"(?<![a-z0-9]){one}(?![a-z0-9])" for one in patterns))


LEGAL = any_of(
    *(
        r"sdn\.? ?\.?bhd\.?",
        r"sdn",
        r"bhd\.?",
        r"berhad",
        r"s/b",
        "sb",
        r"s\.b\.",
        "plt",
        "gmbh",
        "mbh",
        "ag",
        "kg",
        "ohg",
        "ug",
    ),
    *(r"e\. ?k\.?", r"ltd\.?", "limited", "llc", r"inc\.?", r"corp\.?", r"co\.", "co", "plc", r"pte\.?", r"b\.? ?v\.?"),
    *(r"n\.v\.?", r"s\.a\.?", "sas", r"s\.?r\.?l\.?", r"s\.?p\.?a\.?", "oy", "ab", "a/s", "enterprise", "enterprises"),
    *("trading", "cong ty", "tnhh", "co phan", "jsc"),
)
TRADE = re.compile(
    "syarikat|pasaraya|klinik|farmasi|kopitiam|wholesale|bookstore|mini ?market|"
    "restaura|restoran|hardware|machinery|stationery|mart|market|store|shop|bakery|cafe|kedai|pasar|perniagaan|motor|"
    "electrical|book|pharmacy|apotheke|boutique|gallery|bistro|kopitiam|furniture|station|petro|optik|clinic|hotel|"
    "sieu thi|cua hang|nha hang|electronic|einrichtung|discount|drogerie|markt"
)
TITLE = re.compile(
    r"^\W*(?:simplified |gst |original |cash |sales )?(?:tax )?(?:invoice|receipt|bill|"
    r"cash ?bill|cash sales?|rechnung|hoa don|"
    r"quittung|kassenbon|credit note|bon|beleg)\W*$"
)
NEVER = re.compile(
    r"thank|www\.|a (?:member|subsidiary|division) of|"
    r"\S@\S+\.\w|https?:|welcome|herzlich|willkommen|formerly|licensee|page \d|"
    r"^\W*(?:dear|hello|hi|sehr geehrte|guten (?:tag|morgen|abend)|hallo|kinh (?:gui|thua)|(?:xin )?chao)\b"
)
NOT_COMPANY = any_of(
    *(
        "invoice",
        "receipt",
        "rechnung",
        "hoa don",
        "quittung",
        "kassenbon",
        "cash bill",
        "cash sales?",
        r"tel\.?",
        "fax",
    ),
    *(
        "phone",
        "gst",
        "vat",
        "ust",
        "mst",
        r"co\.? ?reg\w*",
        r"reg\.? ?no",
        "roc no",
        r"roc",
        "date",
        "table",
        "cashier",
    ),
    *(
        "no :",
        "order",
        "bill",
        "customer",
        "copy",
        "original",
        "duplicate",
        "total",
        "rm",
        "qty",
        "member",
        "slip",
        "kunde",
    ),
    *("bestellung", "datum", "ngay", "uid", "eur", "company no", "description", "item", "price", "amount", "h/p", "hp"),
    *(
        "ust-idnr",
        "steuernummer",
        "ma so thue",
        "dien thoai",
        "telefon",
        "time",
        "uhr",
        "bediener",
        "kasse",
        "thu ngan",
    ),
)
ADDRESS = any_of(
    *("jalan", "jln", "jl", r"lot(?: no)?", "taman", "tmn", r"no\.? ?\d+[a-z]?", r"no\. ?[a-z]?\d\S*", "lorong", "lrg"),
    *(
        "persiaran",
        "bandar",
        "kampung",
        r"kg\.",
        "kawasan",
        "seksyen",
        "section",
        "floor",
        "flr",
        r"level \d+",
        "block",
    ),
    *("blok", "plaza", r"unit \S+", r"km ?\d+", "selangor", "johor", "kuala", "melaka", "penang", "perak", "kedah"),
    *(
        "pahang",
        "sabah",
        "sarawak",
        "malaysia",
        "petaling",
        "shah alam",
        "klang",
        "baru",
        "bahru",
        "besar",
        "perindustrian",
    ),
    *(
        "batu",
        "setia",
        "bangunan",
        "wilayah",
        "darul",
        r"ss ?\d+\S*",
        "damansara",
        "cheras",
        "sungai",
        "pusat",
        "boulevard",
    ),
    *(
        "highway",
        r"lebuh\w*",
        "puchong",
        "subang",
        "kajang",
        "kepong",
        "ampang",
        "serdang",
        "balakong",
        "pj",
        "kl",
        "jaya",
    ),
    *(
        r"\w*stra(?:ss|s)e",
        r"\w*str\.",
        r"\w*platz",
        r"\w*weg",
        r"\w*allee",
        r"\w*gasse",
        r"\w+ring",
        "street",
        r"st\.",
    ),
    *(
        "road",
        "rd",
        "avenue",
        "ave",
        "lane",
        "drive",
        "square",
        "duong",
        "pho",
        r"quan(?! (?:ca phe|cafe|coffee|an|com|pho|bun|nhau|che|tra|oc|lau|bia|nuoc))",  # a district, not a shop
        "phuong",
        "huyen",
        "tp",
        "tinh",
    ),
    *("thanh pho", "ha noi", "ho chi minh", r"so \d+", r"ngo \d+", "rue", "via", "weena", r"site \d+"),
)
POSTCODE = re.compile(
    r"(?<![\d(-])\d{5}(?![\d-])(?!-?[A-Z]\))|\b[A-Z]{1,2}\d{1,2}[A-Z]? ?\d[A-Z]{2}\b|(?<!\d)\d{4} ?[A-Z]{2}\b"
)
NOT_ADDRESS = any_of(
    *(
        r"tel(?:e?phone|efon)?",
        r"tel\S*",
        "fax",
        r"\w*phone",
        "hp",
        "h/p",
        "gst",
        r"gst\S*",
        r"reg\.?",
        r"\w*invoice",
        "date",
    ),
    *(
        "receipt",
        "cashier",
        "roc",
        r"\S+@\S+",
        r"www\S*",
        r"co\.? ?(?:reg|no)\S*",
        "cash",
        "rechnung",
        "hoa don",
        "mst",
    ),
    *("ust-id", "bill", "welcome", "table", "hotline", "description", "qty", "e-?mail", "company", "time", "member"),
    *(
        "company no",
        "branch ?:",
        "website",
        "uid",
        "steuer\\S*",
        "datum",
        "ngay",
        "total",
        "order",
        "doc no",
        "station",
        "code",
    ),
    *(r"\d\d:\d\d\S*", "licensee", "pax", "dien thoai"),
)
STRONG_TOTAL = re.compile(
    r"grand ?total|jumlah (?:besar|keseluruhan|bayaran)|total (?:amount )?(?:due|payable|to pay)|"
    r"(?:nett?|amount) (?:total|due|payable|to pay)|amt due|"
    r"round(?:e)?d? total|total (?:amt |amount |sales )?(?:\(?incl|rounded|round$|after|with)|"
    r"t[o0]tal.{0,12}incl|balance due|"
    r"zu zahlen|zahlbetrag|gesamtbetrag|gesamtsumme|rechnungsbetrag|endbetrag|brutto ?(?:betrag|summe)|summe eur|"
    r"tong (?:cong )?(?:tien )?thanh toan|phai thanh toan|tong cong tien|total ttc|net a payer|total sales|te betalen|"
    r"tatal.{0,12}incl|summe ?€|total eur|total:? rm|total \(rm\)"
)
TOTAL = re.compile(
    r"t[o0]ta[l1i]\b|t[o0]ta[l1]|summe|gesamt|betrag|jumlah|tong cong|thanh tien|tong tien|amount$|"
    r"^amount|totaal|importe|montant|"
    r"\btotl\b|\btl\b|\btot\b|\btot.l\b|\btatal\b|\btota\b|\bt[o0]ia[l1]\b"
)
WEAK_TOTAL = re.compile(
    r"sub ?-?t[o0]tal|subtota|zwischensumme|excl|exc |before|qty|quantity|item|discount|"
    r"rabatt|saving|service|tunai|tot qty|"
    r"tax\b|gst\b|vat\b|mwst|\bust\b|netto|round(?:ing)? ?adj|rounding|points?|disc\b|"
    r"tien thue|chiet khau|balance b|deposit|"
    r"untaxed|\bht\b|paid|gegeben|zuruck|ruckgeld|tendered|received|tien mat|tra lai|payment|"
    r"cong tien hang|tong tien hang|"
    r"steuer|nett\b|posten|artikel|stuck"
)
NOT_WEAK = re.compile(r"incl|after (?:gst|tax|round)|with (?:gst|tax)|total rounded|rounded total|total ?\(gst")
CASH = re.compile(
    r"\bcash\b|tunai|visa|master|\bbar\b|gegeben|paid|payment|tender|tien mat|khach (?:dua|tra)|received|\bamex\b|"
    r"credit|debit|karte|\bec\b|girocard"
)
CHANGE = re.compile(r"\bchange\b|chang\b|zuruck|ruckgeld|tra lai|tien thua|baki|wechselgeld|ruckgeld")
ROUNDING = re.compile(r"round(?:ing|\b)|r[o0]u.?r? ?d(?:ing)?\b|rundung|lam tron")
SUMMARY = re.compile(r"summary|tax code|mwst-?satz|steuersatz|\bmwst ?%|\bust ?%|netto.{0,12}brutto|g .?ummary")

REGISTERED = re.compile(  # a row that holds nothing but a registration number
    r"^\W*(?:(?:company|co|business|buss|roc|reg\w*|brn?|ssm|uen|abn|hrb|cin)\b\W*)+(?:(?:no|number|nr|id)\b)?\W{0,4}[a-z]{0,3}"
    r"[\d ]{4,}.{0,16}$|^\W*[a-z]{0,3}\d{5,}\s?-?\s?[a-z]?\W*$"
)
COUNTRY = re.compile(r"(?:malaysia|singapore|deutschland|germany|osterreich|viet ?nam|indonesia|thailand|england)\W*$")
CONTACT = re.compile(
    r"^\W*(?:tel\w*|t|ph|phone|fax|f|hp|h/p|mobile|hotline|e-?mail|mail|web\w*|dien thoai|dt|sdt|fon|www\S*|\S+@\S+)"
    r"\b\W{0,3}"
)
CONTACT_TAIL = re.compile(
    r"[\s,;(|-]+(?:tel|telephone|telefon|phone|fax|h/p|hp|hotline|e-?mail|gst|dien thoai|dt|sdt)\b"
    r"\s*(?:no)?\s*[:.]?\s*\S.*$"
)
ADDRESS_LABEL = re.compile(r"^\W*(?:address|addr|add|dia chi|d/c|dc|anschrift|adresse)\b\s*[:.]\s*")
FRONT = re.compile(  # what stands before an address in its row: of what it is, or the registration of the name above
    r"^\W*(?:(?:(?:head|main|registered|reg|business)\W{0,2})?(?:office|h/office|address|addr|add|hq|h/q|"
    r"alamat|ibu pejabat|outlet|shop|store|premises?|factory|kilang|showroom|warehouse|location|located|hauptsitz|"
    r"zentrale|sitz|tru so|van phong)"
    r"\W{1,4}(?:at\b\W{0,3})?"
    r"|(?:(?:company|co|roc|reg|ssm|brn)\b\W*(?:(?:no|number|nr|id)\b)?\W*)?\(?"
    r"(?:(?!lot|ptd?\b|no\b|blk)[a-z]{1,3}\d{6,}(?:\s?-\s?[a-z])?|\d{6,}\s?-\s?[a-z]|\d{6,}[a-z])\b\)?\W*)"
)
UNIT = re.compile(  # a number of something else than a house
    r"^\W*(?:outlet|shop|store|branch|licen[cs]e|lic|pos|till|terminal|counter|cashier|table|station|pump|kaunter|meja|filiale|"
    r"kasse|tisch|quay|ban)\W{0,2}(?:no|nr|number|id|#)?\W{0,3}\d+\W*$"
)
GENERIC = frozenset(  # words that say what a company is or does, not who it is
    re.findall(
        r"[a-z]+",
        "sdn bhd berhad plt ltd limited co corp corporation inc llc gmbh mbh ag kg ohg ug ek jsc tnhh company "
        "enterprise enterprises trading holdings holding marketing services service restaurant restoran seafood "
        "cafe bistro kedai makan hardware machinery stationery supermarket minimarket market mart store stores "
        "shop bakery pharmacy farmasi klinik clinic motor electrical electronic electronics furniture books book "
        "station petrol apotheke markt group international industries industry cong ty phan thuong mai dich vu "
        "san xuat va mtv mot thanh vien doanh nghiep tu nhan cua hang sieu thi nha syarikat perniagaan pasar "
        "pasaraya mini runcit and und the of m optical optik tyre tyres battery auto parts gift gifts deco home beauty "
        "care textile frozen food foods signage printing computer laundry pet parking supply supplies resources retail "
        "management ventures venture court fruit tailoring paint glass papan steamboat kopitiam",
    )
)
OPENING_LEGAL = re.compile(  # a legal form that begins a name: Vietnamese and Malay put it in front
    r"^\W*(?:cong ty (?:tnhh|co phan|cp)|cty|doanh nghiep tu nhan|dntn|hop tac xa|syarikat|perniagaan|kedai|restoran|"
    r"p\.?t\.)\b"
)
PLACES = frozenset(  # states, districts and countries that may stand alone below the postcode
    re.findall(
        r"[a-z]+",
        "selangor johor bahru kuala lumpur melaka malacca penang pulau pinang perak kedah kelantan terengganu "
        "pahang negeri sembilan perlis sabah sarawak labuan putrajaya wilayah persekutuan darul ehsan ridzuan "
        "takzim aman naim iman makmur khusus malaysia singapore petaling jaya klang shah alam kl de west east "
        "ipoh deutschland germany berlin hamburg bayern hessen osterreich austria schweiz switzerland vietnam "
        "viet nam ha noi tp ho chi minh hcm da nang uk united kingdom england london usa indonesia thailand "
        "masai skudai kulai kluang muar segamat pontian kangar tawau sandakan bintulu miri sibu kuching kinabalu "
        "bentong kuantan temerloh pekan raub taiping sitiawan manjung kampar tapah rawang kajang semenyih bangi nilai "
        "seremban rembau tampin jasin kulim mertajam butterworth perai georgetown klang banting dengkil cyberjaya "
        "sepang puchong kembangan serdang petani balakong cheras",
    )
)
STATES = frozenset(  # what ends an address whose place was cut
    re.findall(
        r"[a-z]+",
        "selangor johor melaka malacca penang pinang perak kedah kelantan terengganu pahang sembilan perlis sabah "
        "sarawak labuan putrajaya persekutuan lumpur malaysia ehsan takzim ridzuan",
    )
)
