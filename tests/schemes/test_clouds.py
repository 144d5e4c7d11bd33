"""What clouds' signatures need beyond a published value: clients' own ways, and bodies under a digest of theirs."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import Verifier
from sealstamp.errors import (
    ComponentNotCoveredError,
    DigestMismatchError,
    MissingCredentialsError,
    SignatureMismatchError,
)
from sealstamp.schemes import get_scheme, scheme_names
from tests.schemes.test_catalogue import NOW_MS, SECRET, check, credential_for, request_for, sign


@pytest.mark.parametrize(
    ("name", "target", "access_key_id", "secret", "now_ms"),
    [
        (
            "google-maps-url",
            "/maps/api/geocode/json?address=New+York&client=clientID&signature=chaRF2hTJKOScPr-RQCEhZbSzIE=",
            "clientID",
            "vNIXE0xscrmjlyV-12Nj_BvUPaw=",
            NOW_MS,
        ),
        (
            "tencent-v1",
            (
                "/?Action=DescribeInstances&InstanceIds.0=ins-09dx96dg&Limit=20&Nonce=11886&Offset=0&Region=ap-guangzhou"
                "&SecretId=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE&Timestamp=1465185768&Version=2017-03-12"
                "&Signature=EliP9YW3pW28FpsEdkXt%2F%2BWcGeI%3D"
            ),
            "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
            "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
            1_465_185_768_000,
        ),
    ],
)
def test_a_published_url_is_accepted(name: str, target: str, access_key_id: str, secret: str, now_ms: int) -> None:
    """A client writes other parameters than our signer would; a verifier takes both.

    Google's example is quoted in the tests of several of its clients; Tencent's stands on its page on signatures,
    https://www.tencentcloud.com/document/api/1051/41103, of which copies were opened.
    """
    verifier = Verifier(get_scheme(name))
    key = verifier.bind(Credential.of(access_key_id, secret), consumer="acme")
    request = Request(b"GET", target.encode(), [(b"host", b"cvm.tencentcloudapi.com")], body=b"")
    assert verifier.verify(request, now_ms, {access_key_id.encode(): key}.get).access_key_id == access_key_id


@pytest.mark.parametrize(
    "name",
    [
        "aliyun-api-gateway",
        "aliyun-oss-v1",
        "aliyun-oss-v4",
        "aliyun-roa-v1",
        "aws-s3-v2",
        "azure-sharedkey",
        "azure-sharedkey-lite-2009",
        "baidu-bce-v1",
    ],
)
def test_a_body_must_have_the_md5_that_is_signed(name: str) -> None:
    """A Content-MD5 that is signed but never compared would leave the body open."""
    scheme = get_scheme(name)
    digest = base64.b64encode(hashlib.md5(b"hello", usedforsecurity=False).digest())
    headers = [(b"host", b"api.example.com"), (b"content-type", b"text/plain"), (b"content-md5", digest)]
    signed = sign(scheme, Request(b"PUT", b"/x?acl", headers, body=b"hello"))
    check(scheme, signed)
    assert scheme.needs_body is (name == "aliyun-api-gateway"), "whose form fields are signed"
    with pytest.raises(DigestMismatchError):
        check(scheme, Request(signed.method, signed.target, signed.headers, body=b"other"))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("volcengine-v4", {"service": "iam", "time_header": "X-Date"}),
        ("tencent-v1", {"signature_method": "HmacSHA256"}),
        ("tencent-v1", {"fields_in": "form"}),
        ("azure-sharedkey-lite-2009", {"label": "SharedKeyLite"}),
        ("aws-s3-v2", {"bucket": "photos"}),
    ],
)
def test_a_variant_signs_what_it_accepts(name: str, parameters: dict[str, str]) -> None:
    """Parameters change a scheme, and it still agrees with itself."""
    scheme = get_scheme(name, parameters)
    check(scheme, sign(scheme))


def keyed(secret: str, *parts: str) -> bytes:
    """Return a key that is derived part by part."""
    key = secret.encode()
    for part in parts:
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def signed_as_by_tos(payload: str, *, sent: bool) -> Request:
    """A PUT as the SDK of TOS signs it: what it does not send as a digest it signs as UNSIGNED-PAYLOAD."""
    now, day = "20260101T000000Z", "20260101"
    headers = {"host": "b.tos.example", "x-tos-date": now, **({"x-tos-content-sha256": payload} if sent else {})}
    lines = sorted(headers.items())
    names = ";".join(name for name, _ in lines)
    canonical = "\n".join(["PUT", "/a", "", *(f"{name}:{value}" for name, value in lines), "", names, payload])
    scope = f"{day}/cn-beijing/tos/request"
    text = "\n".join(["TOS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    signature = hmac.digest(keyed(SECRET, *scope.split("/")), text.encode(), "sha256").hex()
    headers["authorization"] = (
        f"TOS4-HMAC-SHA256 Credential=key-1/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return Request(b"PUT", b"/a", [(name.encode(), value.encode()) for name, value in headers.items()], body=b"abc")


def test_bodies_as_the_sdk_of_tos_signs_them() -> None:
    """With a digest, which is compared, or without; then an API has to allow that it does not come."""
    scheme = get_scheme("volcengine-v4")
    check(scheme, signed_as_by_tos(hashlib.sha256(b"abc").hexdigest(), sent=True))
    with pytest.raises(DigestMismatchError):
        check(scheme, signed_as_by_tos(hashlib.sha256(b"abd").hexdigest(), sent=True))
    with pytest.raises(SignatureMismatchError):
        check(scheme, signed_as_by_tos("UNSIGNED-PAYLOAD", sent=False))
    check(get_scheme("volcengine-v4", {"absent_digest": "unsigned"}), signed_as_by_tos("UNSIGNED-PAYLOAD", sent=False))
    with pytest.raises(ComponentNotCoveredError):
        check(scheme, signed_as_by_tos("UNSIGNED-PAYLOAD", sent=True))
    check(get_scheme("volcengine-v4", {"unsigned_body": "allowed"}), signed_as_by_tos("UNSIGNED-PAYLOAD", sent=True))


def test_unsigned_bodies_as_the_sdk_of_tencent_signs_them() -> None:
    """It signs the digest of the words UNSIGNED-PAYLOAD, and says so in a header that it does not sign."""
    digest = hashlib.sha256(b"UNSIGNED-PAYLOAD").hexdigest()
    canonical = f"POST\n/\n\ncontent-type:text/plain\nhost:cvm.example\n\ncontent-type;host\n{digest}"
    scope = "2026-01-01/cvm/tc3_request"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"TC3-HMAC-SHA256\n{NOW_MS // 1000}\n{scope}\n{hashed}"
    signature = hmac.digest(keyed("TC3" + SECRET, *scope.split("/")), text.encode(), "sha256").hex()
    pairs = f"Credential=key-1/{scope}, SignedHeaders=content-type;host, Signature={signature}"
    lines = [(b"host", b"cvm.example"), (b"content-type", b"text/plain"), (b"x-tc-timestamp", b"%d" % (NOW_MS // 1000))]
    lines.append((b"authorization", f"TC3-HMAC-SHA256 {pairs}".encode()))
    unsigned = Request(b"POST", b"/", [*lines, (b"x-tc-content-sha256", b"UNSIGNED-PAYLOAD")], body=b"anything")
    check(get_scheme("tencent-tc3", {"unsigned_body": "allowed"}), unsigned)
    with pytest.raises(ComponentNotCoveredError):
        check(get_scheme("tencent-tc3"), unsigned)
    with pytest.raises(SignatureMismatchError):
        check(get_scheme("tencent-tc3"), Request(b"POST", b"/", lines, body=b"anything"))


@pytest.mark.parametrize("digest", ["sha256", "UNSIGNED-PAYLOAD"])
def test_bodies_as_the_sdk_of_huawei_signs_them(digest: str) -> None:
    """What X-Sdk-Content-Sha256 says is what is signed of the body, and the header is signed as all are."""
    said = hashlib.sha256(b"abc").hexdigest() if digest == "sha256" else digest
    lines = [("host", "ecs.example"), ("x-sdk-content-sha256", said), ("x-sdk-date", "20260101T000000Z")]
    names = ";".join(name for name, _ in lines)
    canonical = "\n".join(["PUT", "/a/", "", *(f"{name}:{value}" for name, value in lines), "", names, said])
    text = f"SDK-HMAC-SHA256\n20260101T000000Z\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.digest(SECRET.encode(), text.encode(), "sha256").hex()
    lines.append(("authorization", f"SDK-HMAC-SHA256 Access=key-1, SignedHeaders={names}, Signature={signature}"))
    request = Request(b"PUT", b"/a", [(name.encode(), value.encode()) for name, value in lines], body=b"abc")
    check(get_scheme("huawei-sdk-hmac", {"unsigned_body": "allowed"}), request)
    other = Request(b"PUT", b"/a", request.headers, body=b"abd")
    if digest == "sha256":
        check(get_scheme("huawei-sdk-hmac"), request)
        with pytest.raises(DigestMismatchError):
            check(get_scheme("huawei-sdk-hmac"), other)
    else:
        with pytest.raises(ComponentNotCoveredError):
            check(get_scheme("huawei-sdk-hmac"), request)


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("huawei-sdk-hmac", "content_digest"),
        ("huawei-v11", "content_sha256"),
        ("volcengine-v4", "content_sha256"),
    ],
)
def test_an_unsigned_payload_must_be_allowed(name: str, digest: str) -> None:
    """Huawei Cloud's SDKs send it for what is neither JSON nor BSON, the Python SDK of Volcengine's TOS always."""
    allowing = get_scheme(name, {"unsigned_body": "allowed"})
    request, signer = request_for(allowing), Signer(allowing, credential_for(allowing))
    signed = signer.sign(request, time_ms=NOW_MS, values={digest: "UNSIGNED-PAYLOAD"}).apply(request)
    check(allowing, Request(signed.method, signed.target, signed.headers, body=b"other"))
    with pytest.raises(ComponentNotCoveredError):
        check(get_scheme(name), signed)


@pytest.mark.parametrize("name", scheme_names())
def test_every_stage_can_be_shown(name: str) -> None:
    """Lists, and what is made of a secret that is decoded first, included; the secret itself is not."""
    scheme = get_scheme(name)
    credential, request = credential_for(scheme), request_for(scheme)
    signer = Signer(scheme, credential)
    instructions = signer.sign(
        request, time_ms=NOW_MS if scheme.time else None, nonce="5119020217" if scheme.nonce else None
    )
    stages = signer.stages(instructions.apply(request), instructions)
    assert tuple(stage.name for stage in stages) == scheme.stages
    assert not any(credential.secret.reveal().decode() in stage.text for stage in stages)


@pytest.mark.parametrize("names", ["X-Ca-Key,X-Ca-Nonce,X-Ca-Timestamp", "x-ca-key,x-ca-nonce,x-ca-timestamp"])
def test_a_gateway_client_signs_names_as_it_lists_them(names: str) -> None:
    """The vendor's Python demo lists X-Ca-Key, other clients x-ca-key; each signs its own spelling."""
    scheme = get_scheme("aliyun-api-gateway")
    credential, values = credential_for(scheme), {"key": "key-1", "nonce": "5f1c9a0217", "timestamp": str(NOW_MS)}
    lines = [f"{name}:{values[name.lower()[5:]]}" for name in names.split(",")]
    text = "\n".join(["GET", "", "", "", "", *lines, "/x?a=1"])
    signature = base64.b64encode(hmac.new(credential.secret.reveal(), text.encode(), "sha256").digest())
    headers = [(f"x-ca-{name}".encode(), value.encode()) for name, value in values.items()]
    headers += [(b"host", b"api.example.com"), (b"x-ca-signature-headers", names.encode())]
    check(scheme, Request(b"GET", b"/x?a=1", [*headers, (b"x-ca-signature", signature)], body=b""))


def test_a_gcs_url_made_step_by_step() -> None:
    """The steps of Google's description, written out here, give the signature that our signer writes."""
    secret, day, scope = "bGoa+V7g/yqDXvKRqq+JTFn4uQZbPiQJo4pf9RzJ", "20260101", "20260101/auto/storage/goog4_request"
    request = Request(b"GET", b"/bucket/a%20cat.jpeg", [(b"host", b"storage.googleapis.com")])
    signer = Signer(get_scheme("gcs-hmac-v4-url"), Credential.of("GOOG1EXAMPLE", secret))
    signed = signer.sign(request, time_ms=NOW_MS, values={"lifetime": "900"}).apply(request)
    query = (
        "X-Goog-Algorithm=GOOG4-HMAC-SHA256&X-Goog-Credential=GOOG1EXAMPLE%2F20260101%2Fauto%2Fstorage%2Fgoog4_request"
        "&X-Goog-Date=20260101T000000Z&X-Goog-Expires=900&X-Goog-SignedHeaders=host"
    )
    canonical = f"GET\n/bucket/a%20cat.jpeg\n{query}\nhost:storage.googleapis.com\n\nhost\nUNSIGNED-PAYLOAD"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"GOOG4{secret}".encode()
    for word in (day, "auto", "storage", "goog4_request"):
        key = hmac.digest(key, word.encode(), "sha256")
    wanted = hmac.digest(key, f"GOOG4-HMAC-SHA256\n20260101T000000Z\n{scope}\n{digest}".encode(), "sha256").hex()
    assert signed.query_fields[0][b"X-Goog-Signature"].decode() == wanted


def test_aws_reads_date_where_x_amz_date_has_not_come() -> None:
    """In either way to write it; where both come, X-Amz-Date counts, and it has to be signed."""
    scheme = get_scheme("aws-sigv4-header")
    as_client = get_scheme("aws-sigv4-header", {"date_header": "Date"})
    for written in (b"Thu, 01 Jan 2026 00:00:00 GMT", b"20260101T000000Z"):
        request = request_for(scheme)
        dated = Request(request.method, request.target, [*request.headers, (b"date", written)], body=request.body)
        signed = sign(as_client, dated)
        assert signed.header(b"date") == written
        check(scheme, signed)
        added = [*signed.headers, (b"x-amz-date", b"20260101T000000Z")]
        with pytest.raises(ComponentNotCoveredError, match="x-amz-date"):
            check(scheme, Request(signed.method, signed.target, added, body=signed.body))
    usual = sign(scheme)
    beside = [*usual.headers, (b"date", b"Thu, 01 Jan 1970 00:00:00 GMT")]
    check(scheme, Request(usual.method, usual.target, beside, body=usual.body))


def signed_as_by_oss(payload: str, *, sent: bool = True) -> Request:
    """A PUT as clients of OSS sign it in version 4: what x-oss-content-sha256 says, else UNSIGNED-PAYLOAD."""
    now, scope = "20260101T000000Z", "20260101/cn-hangzhou/oss/aliyun_v4_request"
    headers = {"content-type": "text/plain", "x-oss-date": now, **({"x-oss-content-sha256": payload} if sent else {})}
    lines = [f"{name}:{value}" for name, value in sorted(headers.items())]
    canonical = "\n".join(["PUT", "/examplebucket/a", "", *lines, "", "", payload])
    text = "\n".join(["OSS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    signature = hmac.digest(keyed("aliyun_v4" + SECRET, *scope.split("/")), text.encode(), "sha256").hex()
    headers["authorization"] = f"OSS4-HMAC-SHA256 Credential=key-1/{scope},Signature={signature}"
    return Request(b"PUT", b"/a", [(name.encode(), value.encode()) for name, value in headers.items()], body=b"abc")


def test_bodies_as_clients_of_oss_sign_them() -> None:
    """SDKs leave the body unsigned and say so; a digest that comes is signed, and compared. An API can demand one."""
    scheme, strict = get_scheme("aliyun-oss-v4"), get_scheme("aliyun-oss-v4", {"unsigned_body": "refused"})
    right, other = (signed_as_by_oss(hashlib.sha256(body).hexdigest()) for body in (b"abc", b"abd"))
    for each in (scheme, strict):
        check(each, right)
        check(each, sign(each))
        with pytest.raises(DigestMismatchError):
            check(each, other)
    check(scheme, signed_as_by_oss("UNSIGNED-PAYLOAD"))
    check(scheme, signed_as_by_oss("UNSIGNED-PAYLOAD", sent=False))
    for unsigned, error in ((True, ComponentNotCoveredError), (False, MissingCredentialsError)):
        with pytest.raises(error):
            check(strict, signed_as_by_oss("UNSIGNED-PAYLOAD", sent=unsigned))


@pytest.mark.parametrize("label", ["SharedKey", "SharedKeyLite"])
@pytest.mark.parametrize("header", ["x-ms-date", "date"])
def test_azure_tables_as_its_sdk_signs(label: str, header: str) -> None:
    """Four lines and the account's path with comp alone, as azure-data-tables has it; Lite has two lines."""
    now, resource = "Thu, 01 Jan 2026 00:00:00 GMT", "/key-1/Tables('a')?comp=acl"
    lines = ["PUT", "", "application/json", now, resource] if label == "SharedKey" else [now, resource]
    mac = base64.b64encode(hmac.digest(base64.b64decode(SECRET), "\n".join(lines).encode(), "sha256")).decode()
    headers = [
        ("host", "h"),
        ("content-type", "application/json"),
        (header, now),
        ("authorization", f"{label} key-1:{mac}"),
    ]
    target, sent = b"/Tables('a')?timeout=1&comp=acl", [(name.encode(), value.encode()) for name, value in headers]
    scheme = get_scheme("azure-tables", {"label": label})
    check(scheme, Request(b"PUT", target, sent, body=b"{}"))
    check(scheme, sign(scheme))
    with pytest.raises(SignatureMismatchError):
        check(scheme, Request(b"PUT", target.replace(b"acl", b"lca"), sent, body=b"{}"))


@pytest.mark.parametrize(("came", "signed"), [("h.example", "h.example:443"), ("h.example:443", "h.example")])
def test_twilio_signs_with_the_port_or_without_whatever_came(came: str, signed: str) -> None:
    """Its own validator tries both; an API says which."""
    mac = base64.b64encode(hmac.new(SECRET.encode(), f"https://{signed}/a?b=cd1".encode(), "sha1").digest())
    form = (b"content-type", b"application/x-www-form-urlencoded")
    headers = [(b"host", came.encode()), form, (b"x-twilio-signature", mac)]
    request = Request(b"POST", b"/a?b=c", headers, scheme=b"https", authority=came.encode(), body=b"d=1")
    for port, is_right in (("as-requested", False), ("always", ":" in signed), ("never", ":" not in signed)):
        verifier = Verifier(get_scheme("twilio", {"port_in_url": port}))
        key = verifier.bind(Credential.of("", SECRET), consumer="acme")
        assert bool(key.matches(verifier.present(request, NOW_MS), request)) is is_right
