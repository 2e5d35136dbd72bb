"""The two password methods servers use today, as a client speaks them.

MySQL: page_protocol_connection_phase_authentication_methods, page_caching_sha2_authentication_exchanges.
"""

import base64
import hashlib
import os


def _xor(left, right):
    return bytes(a ^ b for a, b in zip(left, right))


def scramble(plugin, password, salt):
    """The answer to `salt` (20 bytes, no trailing zero); empty for an empty password."""
    if not password:
        return b""
    if plugin == "mysql_native_password":
        once = hashlib.sha1(password).digest()
        return _xor(once, hashlib.sha1(salt + hashlib.sha1(once).digest()).digest())
    if plugin == "caching_sha2_password":
        once = hashlib.sha256(password).digest()
        return _xor(once, hashlib.sha256(hashlib.sha256(once).digest() + salt).digest())
    raise ValueError(f"the server asks for authentication plugin {plugin!r}, this client knows "
                     "mysql_native_password and caching_sha2_password")


def rsa_encrypted_password(password, salt, pem):
    """What full caching_sha2 authentication sends over an unencrypted TCP connection: RSA-OAEP with SHA-1."""
    repeated = salt * (len(password) // len(salt) + 1)
    modulus, exponent = _public_key(pem)
    size = (modulus.bit_length() + 7) // 8
    block = _oaep(_xor(password + b"\0", repeated), size)
    return pow(int.from_bytes(block, "big"), exponent, modulus).to_bytes(size, "big")


def _mgf1(seed, size):
    mask = b"".join(hashlib.sha1(seed + i.to_bytes(4, "big")).digest() for i in range(size // 20 + 1))
    return mask[:size]


def _oaep(message, size):
    label = hashlib.sha1(b"").digest()
    padded = label + bytes(size - len(message) - 42) + b"\x01" + message
    seed = os.urandom(20)
    masked = _xor(padded, _mgf1(seed, len(padded)))
    return b"\0" + _xor(seed, _mgf1(masked, 20)) + masked


def _public_key(pem):
    """(modulus, exponent) of a SubjectPublicKeyInfo in PEM: the only DER we read, so the only DER we parse."""
    body = b"".join(line for line in pem.splitlines() if line and not line.startswith(b"-----"))
    der = base64.b64decode(body)
    outer, _ = _der(der, 0)
    _, after_algorithm = _der(outer, 0)
    bits, _ = _der(outer, after_algorithm)
    numbers, _ = _der(bits[1:], 0)
    modulus, after_modulus = _der(numbers, 0)
    exponent, _ = _der(numbers, after_modulus)
    return int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big")


def _der(data, at):
    """(content, position after it) of the DER element at `at`."""
    size = data[at + 1]
    at += 2
    if size & 0x80:
        count = size & 0x7F
        size = int.from_bytes(data[at:at + count], "big")
        at += count
    return data[at:at + size], at + size
