from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from kit.identity.ca_key import CA_CERTIFICATE, CA_PRIVATE, init_ca


def test_a_ca_that_is_there_is_left_alone(tmp_path: Path) -> None:
    assert init_ca(tmp_path)
    before = (tmp_path / CA_PRIVATE).read_bytes(), (tmp_path / CA_CERTIFICATE).read_bytes()
    assert not init_ca(tmp_path)
    assert ((tmp_path / CA_PRIVATE).read_bytes(), (tmp_path / CA_CERTIFICATE).read_bytes()) == before


def test_a_certificate_that_a_crash_left_out_is_made_for_the_key_that_is_there(tmp_path: Path) -> None:
    init_ca(tmp_path)
    (tmp_path / CA_CERTIFICATE).unlink()
    init_ca(tmp_path)
    key = load_pem_private_key((tmp_path / CA_PRIVATE).read_bytes(), None)
    certificate = x509.load_pem_x509_certificate((tmp_path / CA_CERTIFICATE).read_bytes())
    assert certificate.public_key() == key.public_key()
