"""Hostile XML: always an error with a stable code, in bounded time and memory, and no answer."""

import ast
import codecs
import resource
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from muniment.intake import xml
from muniment.proof.errors import Malformed

PACKAGE = Path(xml.__file__).parent.parent
SECRET = "the-content-of-a-file-of-this-machine"


def entity(declared, used="&e;"):
    return f"<!DOCTYPE a [{declared}]><a>{used}</a>".encode()


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
ATTACKS = {
    "xxe-file": (entity('<!ENTITY e SYSTEM "file:///etc/passwd">'), "xml-doctype"),
    "xxe-http": (entity('<!ENTITY e SYSTEM "http://127.0.0.1:9/x">'), "xml-doctype"),
    "xxe-in-attribute": (b'<!DOCTYPE a [<!ENTITY e "x">]><a b="&e;"/>', "xml-doctype"),
    "parameter-entity": (entity('<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;'), "xml-doctype"),
    "billion-laughs": (entity(f'<!ENTITY l0 "ha">{LAUGHS}', "&l9;"), "xml-doctype"),
    "quadratic-blow-up": (entity(f'<!ENTITY e "{"x" * 100_000}">', "&e;" * 10_000), "xml-doctype"),
    "external-dtd": (b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>', "xml-doctype"),
    "public-dtd": (b'<!DOCTYPE a PUBLIC "-//X//Y" "a.dtd"><a/>', "xml-doctype"),
    "doctype-after-comment": (b"<!-- harmless --><!DOCTYPE a><a/>", "xml-doctype"),
    "doctype-in-lower-case": (b"<!doctype a><a/>", "xml-doctype"),
    "doctype-in-utf-16": ("\ufeff<!DOCTYPE a><a/>".encode("utf-16-le"), "xml-doctype"),
    "undeclared-entity": (b"<a>&e;</a>", "xml-malformed"),
    "undeclared-entity-in-attribute": (b'<a b="&e;"/>', "xml-malformed"),
    "xinclude": (b'<a xmlns:i="http://www.w3.org/2001/XInclude">'
                 b'<i:include href="file:///etc/passwd" parse="text"/></a>', "xml-include"),
    "xinclude-as-root": (b'<include xmlns="http://www.w3.org/2001/XInclude" href="x"/>',
                         "xml-include"),
    "instruction": (b'<?xml-stylesheet href="http://127.0.0.1:9/x.xsl"?><a/>', "xml-instruction"),
    "instruction-within": (b"<a><?php echo 1 ?></a>", "xml-instruction"),
    "second-declaration": (b'<?xml version="1.0"?><?xml version="1.0"?><a/>', "xml-instruction"),
    "declaration-too-late": (b' <?xml version="1.0"?><a/>', "xml-instruction"),
    "version-1.1": (b'<?xml version="1.1"?><a/>', "xml-malformed"),
    "million-attributes": (b"<a " + b" ".join(b'a%d="1"' % n for n in range(1_000_000)) + b"/>",
                           "xml-too-large"),
    "hundred-attributes": (b"<a " + b" ".join(b'a%d="1"' % n for n in range(100)) + b"/>",
                           "xml-too-many-attributes"),
    "same-attribute-twice": (b'<a b="1" b="2"/>', "xml-malformed"),
    "same-attribute-by-two-prefixes": (b'<a xmlns:p="u" xmlns:q="u" p:b="1" q:b="2"/>',
                                       "xml-malformed"),
    "million-deep": (b"<a>" * 10**6 + b"</a>" * 10**6, "xml-too-many-elements"),
    "hundred-thousand-deep": (b"<a>" * 10**5 + b"</a>" * 10**5, "xml-too-deep"),
    "hundred-and-one-deep": (b"<a>" * 101 + b"</a>" * 101, "xml-too-deep"),
    "million-siblings": (b"<a>" + b"<b/>" * 10**6 + b"</a>", "xml-too-many-elements"),
    "huge-text": (b"<a>" + b"x" * (2 * 1024**2) + b"</a>", "xml-too-large"),
    "huge-comment": (b"<!--" + b"x" * (2 * 1024**2) + b"--><a/>", "xml-too-large"),
    "huge-name": (b"<" + b"a" * (2 * 1024**2) + b"/>", "xml-too-large"),
    "huge-document": (b"<a>" + b"<b>x</b>" * (3 * 1024**2) + b"</a>", "xml-too-large"),
    "open-comments": (b"<!--" * 100_000, "xml-malformed"),
    "open-cdata": (b"<a><![CDATA[" * 1_000, "xml-malformed"),
    "truncated": (b"<a><b>text</b", "xml-malformed"),
    "truncated-declaration": (b'<?xml version="1.0" enc', "xml-malformed"),
    "empty": (b"", "xml-malformed"),
    "no-xml": (b"PK\x03\x04 this is a zip", "xml-character"),
    "no-markup": (b"plain words", "xml-malformed"),
    "two-roots": (b"<a/><b/>", "xml-malformed"),
    "unbound-prefix": (b"<p:a/>", "xml-malformed"),
    "prefix-xml-rebound": (b'<a xmlns:xml="urn:evil"/>', "xml-malformed"),
    "prefix-unbound-again": (b'<a xmlns:p=""/>', "xml-malformed"),
    "zero-byte": (b"<a>x\0y</a>", "xml-character"),
    "zero-reference": (b"<a>&#0;</a>", "xml-malformed"),
    "control-character": (b"<a>\x1b[2J</a>", "xml-character"),
    "lone-surrogate-reference": (b"<a>&#xD800;</a>", "xml-malformed"),
    "lone-surrogate": (b"<a>\xed\xa0\x80</a>", "xml-encoding"),
    "utf-7": (b'<?xml version="1.0" encoding="UTF-7"?>+ADw-a/+AD4-', "xml-encoding"),
    "utf-7-undeclared": (b"+ADw-a/+AD4-", "xml-malformed"),
    "utf-16-without-mark": ("<a/>".encode("utf-16-le"), "xml-encoding"),
    "utf-16-declared-in-eight-bits": (b'<?xml version="1.0" encoding="UTF-16"?><a/>',
                                      "xml-encoding"),
    "utf-16-of-one-order-called-the-other": (
        '\ufeff<?xml version="1.0" encoding="UTF-16BE"?><a/>'.encode("utf-16-le"), "xml-encoding"),
    "utf-16-cut": (codecs.BOM_UTF16_LE + "<a/>".encode("utf-16-le") + b"\0", "xml-encoding"),
    "utf-32": ("\ufeff<a/>".encode("utf-32-le"), "xml-encoding"),
    "utf-8-by-mark-latin-by-word": (
        codecs.BOM_UTF8 + b'<?xml version="1.0" encoding="ISO-8859-1"?><a/>', "xml-encoding"),
    "latin-called-utf-8": ('<?xml version="1.0" encoding="UTF-8"?><a>\u00e9</a>'.encode("latin-1"),
                           "xml-encoding"),
    "latin-undeclared": ("<a>\u00e9</a>".encode("latin-1"), "xml-encoding"),
    "windows-called-latin": (b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\x93x\x94</a>',
                             "xml-encoding"),
    "overlong-utf-8": (b"<a>\xc0\xbc</a>", "xml-encoding"),
    "not-ascii-called-ascii": ('<?xml version="1.0" encoding="US-ASCII"?><a>\u00e9</a>'.encode(),
                               "xml-encoding"),
    "unknown-encoding": (b'<?xml version="1.0" encoding="EBCDIC-CP-BE"?><a/>', "xml-encoding"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_is_refused_with_its_code(name):
    data, code = ATTACKS[name]
    with pytest.raises(Malformed) as caught:
        xml.parse(data)
    assert caught.value.name == code
    assert code in xml.XML_RULES
    assert "root:" not in caught.value.detail


def test_every_code_has_an_attack():
    assert {code for _, code in ATTACKS.values()} == xml.XML_RULES.keys() - {"xml-unknown"}


def test_attacks_stay_within_memory_and_time():
    """All of them, in one process that may take 1 GiB and 60 seconds of a processor."""
    code = (
        "from tests.unit.test_xml_attacks import ATTACKS\n"
        "import resource\n"
        "from muniment.intake import xml\n"
        "for data, code in ATTACKS.values():\n"
        "    try: xml.parse(data)\n"
        "    except xml.Malformed as error: assert error.name == code\n"
        "    else: raise SystemExit('accepted')\n"
    )

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (1024**3, 1024**3))
        resource.setrlimit(resource.RLIMIT_CPU, (60, 60))

    done = subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent.parent, check=False,
                          preexec_fn=limit, capture_output=True, text=True,
                          env={"PYTHONPATH": f"{PACKAGE.parent}:{PACKAGE.parent.parent}"})
    assert done.returncode == 0, done.stderr[-600:]


def test_no_attack_reaches_a_file_or_the_network(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    calls = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)

        def listen():
            try:
                calls.append(server.accept()[1])
            except TimeoutError:
                return

        listener = threading.Thread(target=listen)
        listener.start()
        port = server.getsockname()[1]
        for target in (secret.as_uri(), f"http://127.0.0.1:{port}/x", f"ftp://127.0.0.1:{port}/x"):
            for data in (
                entity(f'<!ENTITY e SYSTEM "{target}">'),
                entity(f'<!ENTITY % p SYSTEM "{target}"> %p;', ""),
                f'<!DOCTYPE a SYSTEM "{target}"><a/>'.encode(),
                f'<?xml-model href="{target}"?><a/>'.encode(),
                f'<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="{target}"/>'.encode(),
            ):
                with pytest.raises(Malformed) as caught:
                    xml.parse(data)
                assert SECRET not in str(caught.value.diagnostics())
        listener.join()
    assert calls == []


@pytest.mark.parametrize("data", [
    b"<a>x</a>", codecs.BOM_UTF8 + b"<a>x</a>", b"<?xml version='1.0'?>\n<a>x</a>",
    b'<?xml version="1.0" encoding="utf-8" standalone="yes"?><a>x</a>',
    '<?xml version="1.0" encoding="UTF-16"?><a>x</a>'.encode("utf-16"),
    "\ufeff<a>x</a>".encode("utf-16-be"),
    b'<?xml version="1.0" encoding="ISO-8859-1"?><a>x</a>',
    b'<?xml version="1.0" encoding="US-ASCII"?><a>x</a>',
    b"<!-- <!DOCTYPE a> <?pi?> --><a>x</a><!-- end -->", b"<a>&#x78;</a>", b"<a><![CDATA[x]]></a>",
])
def test_plain_documents_are_read(data):
    assert xml.content(xml.parse(data)) == "x"


def test_text_in_cdata_and_comments_is_no_markup():
    root = xml.parse(b"<a><![CDATA[<!DOCTYPE a [<!ENTITY e 'x'>]>&e;]]><!-- no --></a>")
    assert xml.content(root) == "<!DOCTYPE a [<!ENTITY e 'x'>]>&e;"


def test_elements_of_a_foreign_namespace_are_not_seen():
    root = xml.parse(
        b'<r xmlns="urn:real" xmlns:e="urn:evil"><e:number>666</e:number><number>1</number></r>')
    assert xml.Document(root, {"x": "urn:real"}).text("x:number") == "1"


def test_xml_library_has_one_door():
    for path in PACKAGE.rglob("*.py"):
        imported = {node.module or "" for node in ast.walk(ast.parse(path.read_text()))
                    if isinstance(node, ast.ImportFrom)} | {
            alias.name for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Import) for alias in node.names}
        if any(name.split(".")[0] in {"lxml", "xml"} for name in imported):
            assert path.relative_to(PACKAGE).as_posix() == "intake/xml.py"
