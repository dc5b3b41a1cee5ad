from __future__ import annotations

import numpy as np
import pytest

import cytogate as cg
from cytogate.errors import InteropError
from cytogate.gates.dimension import UNCOMPENSATED


def renamed(events, mapping):
    return cg.Events(events.values, [mapping.get(name, name) for name in events.channels.names])


@pytest.fixture
def one_range(wsp):
    """A sample with one range on one parameter."""

    def spell(parameter="Comp__FITC__A", bounds=(0, 3000), **sample):
        return wsp.sample(wsp.population("R", wsp.box(**{parameter: bounds})), **sample)

    return spell


def test_the_matrix_of_the_sample_compensates(wsp, saved, events, one_range):
    other = wsp.matrix([[1, 0.1], [0, 1]], more='prefix="Comp-" suffix="" name="mine" editable="1"')
    workspace = cg.read_flowjo(
        saved(wsp.workspace(one_range(), one_range(identity="2", name="b.fcs", matrix=other)))
    )
    assert set(workspace.strategy("a.fcs").compensations) == {"Acquisition-defined"}
    assert set(workspace.strategy("b.fcs").compensations) == {"mine"}
    fitc = events.values[:, 2]
    assert cg.gate(events, workspace.strategy("b.fcs")).count("R") == np.sum((fitc >= 0) & (fitc < 3000))


def test_prefix_and_suffix_are_those_of_the_matrix(wsp, saved, events):
    matrix = wsp.matrix([[1, 0], [0.5, 1]], more='prefix="K_" suffix=" (c)" name="mine"')
    gate = wsp.box(FSC__A=(0, 1e9)).replace("FSC-A", "K_FITC-A (c)").replace('min="0"', 'min="50"')
    sample = wsp.sample(wsp.population("R", gate), matrix=matrix, scales=wsp.biex("K_FITC-A (c)"))
    fitc = events.values[:, 2] - 0.5 * events.values[:, 3]
    result = cg.gate(events, cg.read_flowjo(saved(wsp.workspace(sample))).strategy("a.fcs"))
    assert result.count("R") == np.sum(fitc >= 50)


def test_names_that_the_user_gave_compensated_parameters_are_known(wsp, saved):
    matrix = wsp.matrix().replace('name="FITC-A" />', 'name="FITC-A" userProvidedCompInfix="CD4 (c)" />')
    gate = wsp.box(FSC__A=(0, 1)).replace("FSC-A", "CD4 (c)")
    sample = wsp.sample(wsp.population("R", gate), matrix=matrix, scales=wsp.biex("CD4 (c)"))
    (dim,) = cg.read_flowjo(saved(wsp.workspace(sample))).strategy("a.fcs").find("R").gate.dims
    assert (dim.channel, dim.compensation, dim.transform) == ("FITC-A", "Acquisition-defined", "CD4 (c)")


def test_an_identity_matrix_compensates_nothing(wsp, saved, one_range):
    matrix = wsp.matrix([[1, 0], [0, 1]])
    strategy = cg.read_flowjo(saved(wsp.workspace(one_range(matrix=matrix)))).strategy("a.fcs")
    assert strategy.find("R").gate.dims[0].compensation == UNCOMPENSATED
    assert strategy.compensations == {}


def test_a_file_with_compensated_channels_is_not_compensated_again(wsp, saved, events, one_range):
    """A file exported after compensation, in a workspace made for the original."""
    workspace = cg.read_flowjo(saved(wsp.workspace(one_range())))
    exported = renamed(events, {"FITC-A": "Comp-FITC-A", "PE-A": "Comp-PE-A"})
    strategy = workspace.strategy("a.fcs", exported)
    (dim,) = strategy.find("R").gate.dims
    assert (dim.channel, dim.compensation) == ("Comp-FITC-A", UNCOMPENSATED)
    assert [one.code for one in strategy.warnings] == ["compensated-already"]
    fitc = events.values[:, 2]
    assert cg.gate(exported, strategy).count("R") == np.sum((fitc >= 0) & (fitc < 3000))


def test_a_workspace_of_compensated_files_needs_no_matrix(wsp, saved, events, one_range):
    names = ("FSC-A", "SSC-A", "Comp-FITC-A", "Comp-PE-A", "Time")
    path = saved(wsp.workspace(one_range(channels=names, matrix="")))
    strategy = cg.read_flowjo(path).strategy("a.fcs")
    exported = renamed(events, {"FITC-A": "Comp-FITC-A", "PE-A": "Comp-PE-A"})
    assert (
        cg.gate(exported, strategy).count("R")
        == cg.gate(exported, cg.read_flowjo(path).strategy("a.fcs", exported)).count("R")
        > 100
    )


def test_a_slash_in_a_channel_is_an_underscore_in_flowjo(wsp, saved, events, one_range):
    names = ("FSC-A", "SSC-A", "FITC/CD4", "PE-A", "Time")
    sample = wsp.sample(
        wsp.population("R", wsp.box(Comp__FITC_CD4=(0, 3000))),
        matrix=wsp.matrix(names=("FITC_CD4", "PE-A")),
        scales=wsp.biex("Comp-FITC_CD4"),
        channels=names,
    )
    strategy = cg.read_flowjo(saved(wsp.workspace(sample))).strategy("a.fcs")
    file = renamed(events, {"FITC-A": "FITC/CD4"})
    plain = cg.read_flowjo(saved(wsp.workspace(one_range()))).strategy("a.fcs")
    assert cg.gate(file, strategy).count("R") == cg.gate(events, plain).count("R") > 100


@pytest.mark.parametrize(
    ("gain", "step", "seconds_here"),
    [
        (
            "0.0101614699",
            "0.01",
            20 * 0.01 / 0.0101614699,
        ),  # the clock of FlowJo: last event at $ETIM - $BTIM
        ("0.0099999998", "0.01", 20.0),  # 0.01 as a float32
        ("1", None, 20.0),
        ("0.5", None, 40.0),
    ],
)
def test_time_gates_are_in_the_seconds_of_the_file(wsp, saved, gain, step, seconds_here):
    keywords = {} if step is None else {"$TIMESTEP": step}
    sample = wsp.sample(
        wsp.population("T", wsp.box(Time=(0, 20))), scales=wsp.linear("Time", 0, 73, gain), keywords=keywords
    )
    gate = cg.read_flowjo(saved(wsp.workspace(sample))).strategy("a.fcs").find("T").gate
    assert gate.maximum == (pytest.approx(seconds_here, rel=1e-12),)


def test_time_without_a_step_in_flowjo_is_in_seconds(wsp, saved):
    sample = wsp.sample(wsp.population("T", wsp.box(Time=(0, 20))), keywords={"$TIMESTEP": "0.01"})
    workspace = cg.read_flowjo(saved(wsp.workspace(sample)))
    assert workspace.strategy("a.fcs").find("T").gate.maximum == (20.0,)
    assert workspace.warnings == ()


@pytest.mark.parametrize(
    ("scale", "reason"),
    [
        ('<transforms:miltenyi transforms:length="256">', "'miltenyi', which is not read"),
        (
            '<transforms:biex maxRange="-1" neg="0" width="-10" pos="4">',
            "biex scale that cannot be used",
        ),
    ],
)
def test_a_scale_that_is_not_read_matters_only_to_gates_on_it(wsp, saved, scale, reason):
    kind = scale[len("<transforms:") :].split()[0]
    odd = wsp.scale("FITC-A", scale, kind) + wsp.linear("FSC-A")
    fine = wsp.sample(wsp.population("A", wsp.box(FSC__A=(0, 1))), scales=odd)
    needy = wsp.sample(wsp.population("B", wsp.box(FITC__A=(0, 1))), scales=odd, identity="2", name="b.fcs")
    workspace = cg.read_flowjo(saved(wsp.workspace(fine, needy)))
    assert workspace.strategy("a.fcs").paths == ("/A",)
    with pytest.raises(InteropError, match=r"population '/B': parameter 'FITC-A' has a .*" + reason):
        workspace.strategy("b.fcs")


def test_a_parameter_that_is_no_channel_names_the_nearest(wsp, saved, one_range):
    path = saved(wsp.workspace(one_range("Comp__FITZ__A")))
    with pytest.raises(InteropError, match=r"parameter 'Comp-FITZ-A' is no channel of the sample.*FITC-A"):
        cg.read_flowjo(path)


def test_a_parameter_that_flowjo_calculates_is_not_read(wsp, saved, one_range):
    derived = (
        '<DerivedParameters><DerivedParameter name="Ratio" type="formula" /></DerivedParameters><Keywords>'
    )
    text = wsp.workspace(one_range("Ratio")).replace("<Keywords>", derived)
    with pytest.raises(InteropError, match="parameter 'Ratio' is one that FlowJo calculates from others"):
        cg.read_flowjo(saved(text))
    assert cg.read_flowjo(saved(text), on_unsupported="skip").strategy("a.fcs").paths == ()


def test_a_file_that_lacks_detectors_of_the_matrix_is_refused(wsp, saved, events, one_range):
    workspace = cg.read_flowjo(saved(wsp.workspace(one_range())))
    with pytest.raises(InteropError, match="whose detectors PE-A the sample lacks"):
        workspace.strategy("a.fcs", renamed(events, {"PE-A": "BV421-A"}))


def test_two_matrices_that_both_make_a_parameter_are_refused(wsp, saved, one_range):
    both = wsp.matrix() + wsp.matrix([[1, 0.1], [0, 1]], more='prefix="Comp-" suffix="" name="mine"')
    with pytest.raises(InteropError, match="belongs to the matrices 'Acquisition-defined' and 'mine'"):
        cg.read_flowjo(saved(wsp.workspace(one_range(matrix=both))))


def test_two_matrices_with_prefixes_of_their_own_are_both_used(wsp, saved):
    both = wsp.matrix() + wsp.matrix([[1, 0.1], [0, 1]], more='prefix="Comp2-" suffix="" name="mine"')
    gate = wsp.box(Comp__FITC__A=(0, 1), Comp2__PE__A=(0, 1))
    scales = wsp.biex("Comp-FITC-A") + wsp.biex("Comp2-PE-A")
    sample = wsp.sample(wsp.population("R", gate), matrix=both, scales=scales)
    dims = cg.read_flowjo(saved(wsp.workspace(sample))).strategy("a.fcs").find("R").gate.dims
    assert [dim.compensation for dim in dims] == ["Acquisition-defined", "mine"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('value="0.25"', 'value="0,25"'), "found '0,25'; expected a finite number"),
        (('value="0.25"', 'value="NaN"'), "found 'NaN'; expected a finite number"),
        (
            ('parameter="FITC-A" transforms:value="0.5"', 'parameter="X" transforms:value="0.5"'),
            "rows name different detectors: FITC-A, X",
        ),
    ],
)
def test_a_broken_matrix_is_refused_with_its_name_and_line(wsp, saved, one_range, change, message):
    path = saved(wsp.workspace(one_range(matrix=wsp.matrix().replace(*change))))
    with pytest.raises(InteropError, match=rf"study\.wsp:\d+, matrix 'Acquisition-defined': .*{message}"):
        cg.read_flowjo(path)


def test_a_singular_matrix_matters_only_to_gates_on_it(wsp, saved, one_range):
    matrix = wsp.matrix([[1, 1], [1, 1]])
    path = saved(
        wsp.workspace(
            one_range("FSC__A", matrix=matrix), one_range(matrix=matrix, identity="2", name="b.fcs")
        )
    )
    workspace = cg.read_flowjo(path)
    assert workspace.strategy("a.fcs").paths == ("/R",)
    with pytest.raises(InteropError, match="cannot be inverted"):
        workspace.strategy("b.fcs")


def test_unmixing_other_than_least_squares_is_not_read(wsp, saved, one_range):
    matrix = wsp.matrix(more='prefix="Comp-" suffix="" name="um" spectral="1" weightOptAlgorithmType="WLS"')
    with pytest.raises(InteropError, match="it unmixes by WLS, which this version does not know"):
        cg.read_flowjo(saved(wsp.workspace(one_range(matrix=matrix))))


def test_spectral_matrices_unmix_by_least_squares(wsp, saved, events):
    names = ("FSC-A", "SSC-A", "FITC-A", "PE-A", "Time")
    mixed = np.array([[1, 0.25, 0.1], [0.5, 1, 0.3]])
    rows = "".join(
        f'<transforms:spillover data-type:parameter="{name}">'
        + "".join(
            f'<transforms:coefficient data-type:parameter="{detector}" transforms:value="{value}" />'
            for detector, value in zip(("FITC-A", "PE-A", "SSC-A"), numbers, strict=True)
        )
        + "</transforms:spillover>"
        for name, numbers in zip(("FITC-A", "BV510"), mixed, strict=True)
    )
    said = 'spectral="1" weightOptAlgorithmType="OLS" prefix="Um-" suffix="" name="um"'
    matrix = f"<transforms:spectrumMatrix {said}>{rows}</transforms:spectrumMatrix>"
    gate = wsp.box(Um__FITC__A=(0, 9000), Um__BV510=(-500, None))
    scales = wsp.biex("Um-FITC-A") + wsp.biex("Um-BV510")
    sample = wsp.sample(wsp.population("R", gate), matrix=matrix, scales=scales, channels=names)
    result = cg.gate(events, cg.read_flowjo(saved(wsp.workspace(sample))).strategy("a.fcs"))
    true = events.values[:, [2, 3, 1]] @ np.linalg.pinv(mixed)
    assert result.count("R") == np.sum((true[:, 0] >= 0) & (true[:, 0] < 9000) & (true[:, 1] >= -500)) > 100


@pytest.mark.parametrize("given", [True, False])
def test_gates_keep_their_events_whatever_the_gains_of_the_channels(wsp, saved, tmp_path, events, given):
    """FlowJo gates values as stored; we divide by $PnG. The same events must come out."""
    oval = wsp.ellipse("FSC-A", "PE-A", [(60, 120), (140, 120)], [(150, 120), (50, 120), (1, 1), (9, 9)])
    corners = [(-90, -200), (2e4, -200), (9e3, 5e4)]
    tree = (
        wsp.population("Raw", wsp.box(FITC__A=(500, 20_000)))
        + wsp.population("Box", wsp.box(Comp__FITC__A=(-90, 7000), Comp__PE__A=(-1000, 30_000)))
        + wsp.population("Poly", wsp.polygon("Comp-FITC-A", "Comp-PE-A", corners))
        + wsp.population("Oval", oval)
    )
    gains = {"$P1G": "4", "$P3G": "0.5", "$P4G": "8"}
    stored = cg.read_fcs(cg.write_fcs(tmp_path / "plain.fcs", events))
    scaled = cg.read_fcs(cg.write_fcs(tmp_path / "gains.fcs", events, keywords=gains))
    np.testing.assert_array_equal(scaled.events() * [4, 1, 0.5, 8, 1], stored.events())
    plain = cg.read_flowjo(saved(wsp.workspace(wsp.sample(tree)), "plain.wsp")).strategy("a.fcs")
    workspace = cg.read_flowjo(saved(wsp.workspace(wsp.sample(tree, keywords={} if given else gains))))
    strategy = workspace.strategy("a.fcs", scaled if given else None)
    assert [one.code for one in strategy.warnings] == ["channel-gain"] * 3
    expected, found = cg.gate(stored, plain), cg.gate(scaled, strategy)
    for population in expected.populations:
        assert expected.count(population) > 100
        np.testing.assert_array_equal(found.mask(population), expected.mask(population), err_msg=population)
