"""Ed25519 by hand: keys and signatures that only some libraries take."""

import hashlib

from muniment.proof import crypto

BASE_Y = 4 * pow(5, crypto.P - 2, crypto.P) % crypto.P
BASE_X = crypto._recover_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % crypto.P)


def decode(raw):
    y = int.from_bytes(raw, "little") & ((1 << 255) - 1)
    x = crypto._recover_x(y, raw[31] >> 7)
    return (x, y, 1, x * y % crypto.P)


def encode(point):
    inverse = pow(point[2], crypto.P - 2, crypto.P)
    x, y = point[0] * inverse % crypto.P, point[1] * inverse % crypto.P
    return (y | (x & 1) << 255).to_bytes(32, "little")


ORDER_8 = decode(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"))
SMALL = [encode(crypto._multiply(times, ORDER_8)) for times in range(8)]
"""The eight points whose order divides 8; the identity first."""


def _secret(seed):
    digest = bytearray(hashlib.sha512(seed).digest()[:32])
    digest[0] &= 248
    digest[31] = digest[31] & 63 | 64
    return int.from_bytes(digest, "little")


def _sign(seed, message, key, torsion, nonce=0):
    r = int.from_bytes(hashlib.sha512(b"nonce %d" % nonce + seed + message).digest(), "little")
    point = crypto._add(crypto._multiply(r % crypto.L, BASE), torsion)
    challenge = int.from_bytes(hashlib.sha512(encode(point) + key + message).digest(), "little")
    s = (r + challenge * _secret(seed)) % crypto.L
    return encode(point) + s.to_bytes(32, "little"), challenge % crypto.L


def sign_with_torsion(key, message):
    """Return a signature by an ordinary key whose R has torsion: valid under ZIP-215 alone."""
    seed = crypto.unb64(key.jwk()["d"], 32)
    return _sign(seed, message, key.public.raw(), ORDER_8)[0]


def key_with_torsion(seed):
    """Return the public bytes of a key that is neither of small order nor free of torsion."""
    return encode(crypto._add(crypto._multiply(_secret(seed), BASE), ORDER_8))


def sign_by_key_with_torsion(seed, message):
    """Return a signature by such a key that byte comparison takes: one challenge in eight."""
    key, identity = key_with_torsion(seed), (0, 1, 1, 0)
    for nonce in range(1_000):
        signature, challenge = _sign(seed, message, key, identity, nonce)
        if challenge % 8 == 0:
            return signature
    raise AssertionError
