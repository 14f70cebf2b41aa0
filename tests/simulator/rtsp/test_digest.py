from hashlib import md5, sha256

from gateway.simulator.rtsp.digest import Algorithm, DigestGate, Verdict

URI = "rtsp://school/hall/main"


def header(gate: DigestGate, nonce: str, password: str = "secret", uri: str = URI) -> str:
    user = md5(f"me:{gate.realm}:{password}".encode()).hexdigest()
    response = md5(f"{user}:{nonce}:{md5(f'PLAY:{uri}'.encode()).hexdigest()}".encode()).hexdigest()
    return f'Digest username="me", realm="{gate.realm}", nonce="{nonce}", uri="{uri}", response="{response}"'


def nonce_of(challenge: str) -> str:
    return challenge.partition('nonce="')[2].partition('"')[0]


def test_right_wrong_and_old_credentials_are_told_apart() -> None:
    gate = DigestGate("me", "secret", Algorithm.MD5, 60)
    nonce = nonce_of(gate.challenge(0))
    assert gate.check("PLAY", URI, header(gate, nonce), 1) is Verdict.ACCEPTED
    assert gate.check("PLAY", URI, header(gate, nonce, "other"), 1) is Verdict.REFUSED
    assert gate.check("PAUSE", URI, header(gate, nonce), 1) is Verdict.REFUSED
    assert gate.check("PLAY", URI + "x", header(gate, nonce), 1) is Verdict.REFUSED
    assert gate.check("PLAY", URI, header(gate, nonce), 60) is Verdict.STALE
    assert gate.check("PLAY", URI, header(gate, "made up"), 1) is Verdict.STALE
    assert gate.check("PLAY", URI, None, 1) is Verdict.REFUSED
    assert gate.check("PLAY", URI, "Basic bWU6c2VjcmV0", 1) is Verdict.REFUSED


def test_a_nonce_count_can_be_used_only_once() -> None:
    gate = DigestGate("me", "secret", Algorithm.SHA_256, 60)
    nonce = nonce_of(gate.challenge(0))
    user = sha256(f"me:{gate.realm}:secret".encode()).hexdigest()
    what = sha256(f"PLAY:{URI}".encode()).hexdigest()

    def credential(count: str) -> str:
        response = sha256(f"{user}:{nonce}:{count}:c:auth:{what}".encode()).hexdigest()
        return (
            f'Digest username="me", nonce="{nonce}", uri="{URI}", response="{response}", qop=auth, nc={count}, cnonce=c'
        )

    assert gate.check("PLAY", URI, credential("00000001"), 1) is Verdict.ACCEPTED
    assert gate.check("PLAY", URI, credential("00000001"), 1) is Verdict.REFUSED
    assert gate.check("PLAY", URI, credential("00000002"), 1) is Verdict.ACCEPTED
    assert gate.check("PLAY", URI, credential("zz"), 1) is Verdict.REFUSED
    assert gate.check("PLAY", URI, credential("").replace("qop=auth, ", ""), 1) is Verdict.REFUSED
