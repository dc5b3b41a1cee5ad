from cytogate.study.sample.looks import FittedGate, GateLook, pack

LOOKS = (
    GateLook("/Singlets", 2_000, (1_854,), 0.025274056029232644, (0.1, 1 / 3)),
    GateLook(
        "/Singlets/IgD x CD27",
        2**40,
        (7, 8, 9, 10),
        float("inf"),
        (0.25,),
        (FittedGate("igd", z=0.1 + 0.2, doubts=("few-voices",)), FittedGate("cd27", fallback="one-peak")),
    ),
)


def test_packed_looks_are_the_looks_again():
    packed = pack(LOOKS, [look.gate for look in LOOKS])
    assert tuple(packed) == LOOKS
    assert [packed[1], packed[0]] == [LOOKS[1], LOOKS[0]]


def test_nothing_packed_is_nothing():
    packed = pack((), ())
    assert not packed
    assert tuple(packed) == ()


def test_packed_looks_are_small():
    packed = pack(LOOKS, [look.gate for look in LOOKS])
    assert len(packed.packed) < 250, "bytes for two looks: a run holds those of all tubes and gates"
