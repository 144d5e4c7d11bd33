"""Signatures recomputed with plain ``hashlib`` and ``hmac``, from vendors' pages and SDKs and not from our files.

Each function knows one vendor's rules and nothing of the notation. It gets a request as a client has it before signing,
and returns what our signer must write. Awkward on purpose: spaces, plus signs, ``%2F``, empty values, Unicode.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, unquote

import pytest

from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.schemes import get_scheme

KEY, SECRET, NONCE = "key-1", "c2VjcmV0IG9mIHRoaXJ0eS10d28gYnl0ZXM=", "5f1c9a0217"
MADE = datetime(2026, 1, 1, 2, 3, 4, tzinfo=UTC)
SECONDS = str(int(MADE.timestamp()))
MILLISECONDS = SECONDS + "000"
HTTP_DATE = "Thu, 01 Jan 2026 02:03:04 GMT"
CHINA = (MADE + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S")
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Asked:
    """A request before it is signed."""

    method: str = "GET"
    path: str = "/v1/a%20b/%2Fc"
    query: str = ""
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def target(self) -> str:
        return self.path + ("?" + self.query if self.query else "")

    @property
    def fields(self) -> dict[str, str]:
        """The decoded query and form fields, as a client's dictionary has them."""
        pairs = parse_qsl(self.query, keep_blank_values=True)
        form = self.body if self.headers.get("content-type") == FORM else ""
        return dict(pairs + parse_qsl(form, keep_blank_values=True))


GET = Asked(query="b=x%20y&a=1%2B2&empty=&path=%2Fp%2F~&u=%E4%B8%AD")
JSON = Asked("POST", "/v1/orders", "b=2&a=1", '{"name": "中 é", "n": 1}', {"content-type": "application/json"})
POSTED = Asked("POST", "/v1/orders", "", "b=x+y&a=1%2B2&empty=&u=%E4%B8%AD", {"content-type": FORM})

Recipe = Callable[[Asked], str]
TABLE: list[tuple[str, str, Recipe, tuple[Asked, ...], dict[str, str]]] = []


def signs(scheme: str, place: str, *requests: Asked, **parameters: str) -> Callable[[Recipe], Recipe]:
    """Enter a function in the table: what it returns is what the scheme's signer writes at ``place``."""

    def enter(recipe: Recipe) -> Recipe:
        TABLE.append((scheme, place, recipe, requests, parameters))
        return recipe

    return enter


def mac(algorithm: str, key: str | bytes, text: str) -> bytes:
    raw = key.encode() if isinstance(key, str) else key
    return hmac.new(raw, text.encode(), algorithm).digest()


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def digest(algorithm: str, text: str) -> str:
    return hashlib.new(algorithm, text.encode(), usedforsecurity=False).hexdigest()


def sorted_pairs(fields: dict[str, str]) -> str:
    """Names and values one after the other, as the shops' gateways sign them."""
    return "".join(name + fields[name] for name in sorted(fields))


@signs(
    "cdnetworks-cnc", "header authorization", Asked(query=GET.query, headers={"content-type": "Application/JSON"}), JSON
)
def cdnetworks(asked: Asked) -> str:
    """The vendor's Go SDK, wangsu-api/wangsu-sdk-go, common/auth/aksk_auth.go."""
    names = "content-type;host"
    query = "" if asked.method == "POST" else unquote(asked.query)
    values = f"content-type:{asked.headers['content-type'].lower()}\nhost:api.example.com\n"
    canonical = "\n".join([asked.method, asked.path, query, values, names, digest("sha256", asked.body)])
    to_sign = f"CNC-HMAC-SHA256\n{SECONDS}\n{digest('sha256', canonical)}"
    signature = mac("sha256", SECRET, to_sign).hex()
    return f"CNC-HMAC-SHA256 Credential={KEY}, SignedHeaders={names}, Signature={signature}"


@signs("feishu-bot", "json sign", JSON)
def feishu(asked: Asked) -> str:
    """The Java sample of https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot, as quoted by its users."""
    return b64(mac("sha256", f"{SECONDS}\n{SECRET}", ""))


@signs("google-maps-url", "query signature", GET)
def google_maps(asked: Asked) -> str:
    """The vendor's Python client, googlemaps 4.10.0, sign_hmac."""
    raw = mac("sha1", base64.urlsafe_b64decode(SECRET), f"{asked.target}&key={KEY}")
    return base64.urlsafe_b64encode(raw).decode()


@signs("jd-md5", "form sign", POSTED)
def jd(asked: Asked) -> str:
    """The vendor's Python SDK, jd/api/base.py; it sends neither format nor sign_method."""
    fields = asked.fields | {"app_key": KEY, "timestamp": CHINA + ".000+0800"}
    return digest("md5", SECRET + sorted_pairs(fields) + SECRET).upper()


@signs(
    "taobao-top-md5",
    "form sign",
    Asked("POST", "/router/rest", "", "b=x+y&a=1%2B2&u=%E4%B8%AD", {"content-type": FORM}),
)
def taobao(asked: Asked) -> str:
    """The vendor's Python SDK, top/api/base.py."""
    fields = asked.fields | {"app_key": KEY, "timestamp": CHINA, "sign_method": "md5"}
    return digest("md5", SECRET + sorted_pairs(fields) + SECRET).upper()


@signs("pinduoduo", "form sign", POSTED)
def pinduoduo(asked: Asked) -> str:
    """The rule as the pddapi gem and users' articles have it; the vendor's own page was not opened."""
    fields = asked.fields | {"client_id": KEY, "timestamp": SECONDS}
    return digest("md5", SECRET + sorted_pairs(fields) + SECRET).upper()


def lazada(asked: Asked, path: str) -> str:
    """The vendor's Python SDK, lazop/base.py; the page that the scheme links to leaves out what has no value."""
    fields = {name: value for name, value in asked.fields.items() if value} | {
        "app_key": KEY,
        "timestamp": MILLISECONDS,
        "sign_method": "sha256",
    }
    return mac("sha256", SECRET, path + sorted_pairs(fields)).hex().upper()


@signs("lazada", "query sign", Asked(path="/rest/order/get", query=GET.query))
def lazada_get(asked: Asked) -> str:
    """A GET of that SDK."""
    return lazada(asked, "/order/get")


@signs("lazada-form", "form sign", Asked("POST", "/rest/order/pack", "", POSTED.body, POSTED.headers))
def lazada_post(asked: Asked) -> str:
    """A POST of that SDK, which sends all as a form."""
    return lazada(asked, "/order/pack")


@signs("tiktok-shop", "query sign", GET, JSON, Asked(query="access_token=t&a=1"))
def tiktok_shop(asked: Asked) -> str:
    """https://partner.tiktokshop.com/docv2/page/sign-your-api-request, steps 1 to 6."""
    query = dict(parse_qsl(asked.query, keep_blank_values=True)) | {"app_key": KEY, "timestamp": SECONDS}
    query.pop("access_token", None)
    return mac("sha256", SECRET, f"{SECRET}{asked.path}{sorted_pairs(query)}{asked.body}{SECRET}").hex()


@signs(
    "shopee-v2", "query sign", Asked(path="/api/v2/shop/auth_partner"), Asked(query="access_token=t&shop_id=7&page=1")
)
def shopee(asked: Asked) -> str:
    """The order of parts in https://open.shopee.com/developer-guide/16, for public APIs and for a shop's."""
    token, shop = asked.fields.get("access_token", ""), asked.fields.get("shop_id", "")
    return mac("sha256", SECRET, KEY + asked.path + SECONDS + token + shop).hex()


@signs("stardots", "header x-stardots-sign", GET)
def stardots(asked: Asked) -> str:
    """The vendor's Python SDK, stardots_sdk/helper.py."""
    return digest("md5", f"{SECONDS}|{SECRET}|{NONCE}").upper()


@signs("upyun", "header authorization", GET, Asked("DELETE", "/bucket/x"))
def upyun(asked: Asked) -> str:
    """The vendor's Python SDK, upyun 2.5.5, which signs the query; http://docs.upyun.com/api/authorization/."""
    return f"UPYUN {KEY}:{b64(mac('sha1', SECRET, f'{asked.method}&{asked.target}&{HTTP_DATE}'))}"


@signs("azure-appconfig", "header authorization", GET, JSON)
def azure_appconfig(asked: Asked) -> str:
    """The vendor's Python SDK, azure-appconfiguration 1.10.0, _azure_appconfiguration_requests.py."""
    content = b64(hashlib.sha256(asked.body.encode()).digest())
    to_sign = f"{asked.method}\n{asked.target}\n{HTTP_DATE};api.example.com;{content}"
    signature = b64(mac("sha256", base64.b64decode(SECRET), to_sign))
    return f"HMAC-SHA256 Credential={KEY}&SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}"


@signs(
    "azure-sharedkey",
    "header authorization",
    Asked(query=GET.query, headers={"x-ms-meta-b": "x  y", "x-ms-meta-a": "1"}),
)
def azure_storage(asked: Asked) -> str:
    """The vendor's azure-storage-blob 12.31.1, _shared/authentication.py; none of its twelve headers is set."""
    ms = {name: value for name, value in asked.headers.items() if name.startswith("x-ms-")} | {"x-ms-date": HTTP_DATE}
    headers = "".join(f"{name}:{ms[name]}\n" for name in sorted(ms))
    query = "".join(f"\n{name.lower()}:{value}" for name, value in sorted(asked.fields.items()))
    to_sign = f"{asked.method}{chr(10) * 12}{headers}/{KEY}{asked.path}{query}"
    return f"SharedKey {KEY}:{b64(mac('sha256', base64.b64decode(SECRET), to_sign))}"


@signs(
    "aws-s3-v2",
    "header authorization",
    Asked(path="/photos", query="acl"),
    Asked(query="uploadId=u%2B%2F&partNumber=1&x=2"),
)
def s3_v2(asked: Asked) -> str:
    """boto3 1.44.5 with signature version s3, botocore/auth.py, HmacV1Auth."""
    path = asked.path if "/" in asked.path[1:] else asked.path + "/"
    fields = {name: value for name, value in asked.fields.items() if name in {"acl", "uploadId", "partNumber"}}
    query = "&".join(name + ("=" + value if value else "") for name, value in sorted(fields.items()))
    query = query or ("acl" if asked.query == "acl" else "")
    return f"AWS {KEY}:{b64(mac('sha1', SECRET, f'{asked.method}{chr(10) * 3}{HTTP_DATE}{chr(10)}{path}?{query}'))}"


@signs("dingtalk-robot", "query sign", GET)
def dingtalk_robot(asked: Asked) -> str:
    """https://open.dingtalk.com/document/robots/customize-robot-security-settings, as its users quote it."""
    return b64(mac("sha256", SECRET, f"{MILLISECONDS}\n{SECRET}"))


@signs("duo-v2", "header authorization", GET, POSTED)
def duo(asked: Asked) -> str:
    """The vendor's Python client, duo_client 5.7.0, canonicalize for signature version 2."""
    fields = "&".join(f"{quote(name, '~')}={quote(value, '~')}" for name, value in sorted(asked.fields.items()))
    date = HTTP_DATE.replace("GMT", "-0000")
    text = "\n".join([date, asked.method, "api.example.com", asked.path, fields])
    return "Basic " + b64(f"{KEY}:{mac('sha1', SECRET, text).hex()}".encode())


@signs("twilio", "header x-twilio-signature", GET, POSTED)
def twilio(asked: Asked) -> str:
    """The vendor's Python library, twilio 9.13.0, request_validator.py."""
    form = asked.fields if asked.method == "POST" else {}
    return b64(mac("sha1", SECRET, f"https://api.example.com{asked.target}{sorted_pairs(form)}"))


@signs("line", "header x-line-signature", JSON)
@signs("shopify-webhook", "header x-shopify-hmac-sha256", JSON)
def body_alone(asked: Asked) -> str:
    """line-bot-sdk 3.27.0, webhook.py; Shopify's the same, as guides to its webhooks have it."""
    return b64(mac("sha256", SECRET, asked.body))


@signs("github", "header x-hub-signature-256", JSON)
def github(asked: Asked) -> str:
    """https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries."""
    return "sha256=" + mac("sha256", SECRET, asked.body).hex()


@signs("slack", "header x-slack-signature", JSON)
def slack(asked: Asked) -> str:
    """The vendor's Python SDK, slack_sdk 3.47.0, signature/__init__.py."""
    return "v0=" + mac("sha256", SECRET, f"v0:{SECONDS}:{asked.body}").hex()


@signs("gate-v4", "header sign", GET, JSON)
def gate(asked: Asked) -> str:
    """The vendor's Python SDK, gate_api 7.2.161, gen_sign; its caller decodes the query."""
    query = unquote(asked.query)
    return mac(
        "sha512", SECRET, "\n".join([asked.method, asked.path, query, digest("sha512", asked.body), SECONDS])
    ).hex()


@signs("bybit-v5", "header x-bapi-sign", GET, Asked("POST", "/v5/order/create", "", JSON.body, JSON.headers))
def bybit(asked: Asked) -> str:
    """The vendor's Python library, pybit 5.17.0, _http_manager.py; the query as it is on the wire."""
    return mac("sha256", SECRET, f"{MILLISECONDS}{KEY}5000{asked.body or asked.query}").hex()


@signs("tencent-v1", "query Signature", GET)
def tencent(asked: Asked) -> str:
    """The vendor's Python SDK, tencentcloud-sdk-python-common 3.1.195; https://www.tencentcloud.com/document/api/1051/41103."""
    fields = asked.fields | {"SecretId": KEY, "Timestamp": SECONDS, "Nonce": NONCE, "SignatureMethod": "HmacSHA1"}
    text = "&".join(f"{name}={value}" for name, value in sorted(fields.items()))
    return b64(mac("sha1", SECRET, f"{asked.method}api.example.com{asked.path}?{text}"))


@signs("akamai-edgegrid", "header authorization", GET, JSON, access_token="token")
def akamai(asked: Asked) -> str:
    """The vendor's Python library, edgegrid-python 2.0.9, edgegrid.py."""
    stamp = MADE.strftime("%Y%m%dT%H:%M:%S+0000")
    opening = f"EG1-HMAC-SHA256 client_token={KEY};access_token=token;timestamp={stamp};nonce={NONCE};"
    content = b64(hashlib.sha256(asked.body.encode()).digest()) if asked.method == "POST" else ""
    text = "\t".join([asked.method, "https", "api.example.com", asked.target, "", content, opening])
    return f"{opening}signature={b64(mac('sha256', b64(mac('sha256', SECRET, stamp)), text))}"


@signs("stardust", "header x-sign", GET)
def stardust(asked: Asked) -> str:
    """The Python sample of https://docs-api.stardust.ai/overview/authentication."""
    return digest("md5", f"{MILLISECONDS}&{SECRET}&{KEY}")


@signs("cdnetworks-api-shield", "header x_sam_auth", GET)
def api_shield(asked: Asked) -> str:
    """The Python sample of the vendor's page on authentication configuration."""
    return mac("sha256", SECRET, SECONDS).hex()


@signs("taurusx", "header token", GET)
def taurusx(asked: Asked) -> str:
    """The Python sample of the vendor's token authentication guide."""
    return digest("md5", SECRET + digest("md5", SECONDS))


@signs("bbx", "query signature", GET)
def bbx(asked: Asked) -> str:
    """The Go sample of the vendor's page: base64 of the hexadecimal digits."""
    return b64(mac("sha1", SECRET, f"AccessKeyId={KEY}&SignatureNonce={NONCE}&Timestamp={SECONDS}").hex().encode())


CASES = [
    pytest.param(scheme, place, recipe, asked, parameters, id=f"{scheme}-{number}")
    for scheme, place, recipe, requests, parameters in TABLE
    for number, asked in enumerate(requests)
]


@pytest.mark.parametrize(("scheme", "place", "recipe", "asked", "parameters"), CASES)
def test_our_signer_writes_the_same(
    scheme: str, place: str, recipe: Recipe, asked: Asked, parameters: dict[str, str]
) -> None:
    """Two programs that share nothing but the vendor's rules agree to the letter."""
    configured = get_scheme(scheme, parameters)
    headers = [
        (b"host", b"api.example.com"),
        *((name.encode(), value.encode()) for name, value in asked.headers.items()),
    ]
    request = Request(asked.method.encode(), asked.target.encode(), headers, body=asked.body.encode())
    signer = Signer(configured, Credential.of(KEY if configured.names_key else "", SECRET))
    time_ms = int(MILLISECONDS) if configured.time else None
    instructions = signer.sign(request, time_ms=time_ms, nonce=NONCE if configured.nonce else None)
    written = {f"{at.where.value} {at.name}".lower(): value.decode() for at, value in instructions.additions}
    assert written[place.lower()] == recipe(asked)
