"""Certificates for tests, made by the program openssl: an authority, and what it has signed."""

import pathlib
import subprocess

EXTENSIONS = """[server]
basicConstraints=critical,CA:FALSE
subjectAltName={names}
"""


class Authority:
    """An authority with its files in `directory`: `ca`, and for each name that issue() is given NAME-cert.pem, NAME-key.pem."""

    def __init__(self, directory, name="authority"):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.ca, self.key = self.directory / f"{name}.pem", self.directory / f"{name}-key.pem"
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.key, "-out", self.ca, "-days", "30",
                      "-subj", f"/CN={name}")

    def issue(self, name, names="DNS:localhost,IP:127.0.0.1", expired=False):
        """(certificate, key) as paths."""
        cert, key, request = (self.directory / f"{name}{end}" for end in ("-cert.pem", "-key.pem", ".csr"))
        extensions = self.directory / f"{name}.cnf"
        extensions.write_text(EXTENSIONS.format(names=names))
        self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        self._openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.key, "-CAcreateserial", "-out", cert,
                      "-days", "-1" if expired else "30", "-extfile", extensions, "-extensions", "server")
        return cert, key

    def revocations(self, *revoked):
        """A list of the revoked certificates among these paths; a new file each time."""
        index, number = self.directory / "index.txt", self.directory / "crlnumber"
        settings = self.directory / "ca.cnf"
        settings.write_text(f"[ca]\ndefault_ca=own\n[own]\ndatabase={index}\ncrlnumber={number}\ndefault_md=sha256\n"
                            "default_crl_days=30\n")
        if not index.exists():
            index.touch()
            number.write_text("01\n")
        authority = ("-config", settings, "-cert", self.ca, "-keyfile", self.key)
        for cert in revoked:
            self._openssl("ca", *authority, "-revoke", cert)
        made = self.directory / f"revoked-{number.read_text().strip()}.pem"
        self._openssl("ca", *authority, "-gencrl", "-out", made)
        return made

    @staticmethod
    def _openssl(*arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr)
