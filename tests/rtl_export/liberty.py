"""A tiny cell library, made up: an inverter, a buffer, two gates and a flip-flop, for mapping without any PDK."""

from __future__ import annotations

AREAS = {"NOT": 1, "BUF": 2, "NAND": 2, "NOR": 2, "FLOP": 9}
"""Square micrometres of each cell."""

_TABLE = """
        {0} (t) {{
          index_1 ("0.01, 0.1, 1.0");
          index_2 ("0.001, 0.01, 0.1");
          values ( \\
            "0.02, 0.05, 0.40", \\
            "0.03, 0.07, 0.45", \\
            "0.06, 0.20, 0.60" \\
          );
        }}"""

_INPUT = """
    pin ({0}) {{
      direction : "input";
      capacitance : 0.003;
    }}"""

_FLOP = """
  cell (FLOP) {{
    area : {area};
    ff (IQ, IQN) {{
      clocked_on : "C";
      next_state : "D";
    }}{pins}
    pin (Q) {{
      direction : "output";
      function : "IQ";
    }}
  }}"""

_LIBRARY = """library (tiny) {{
  delay_model : table_lookup;
  time_unit : "1ns";
  input_threshold_pct_rise : 50;
  input_threshold_pct_fall : 50;
  output_threshold_pct_rise : 50;
  output_threshold_pct_fall : 50;
  slew_lower_threshold_pct_rise : 20;
  slew_lower_threshold_pct_fall : 20;
  slew_upper_threshold_pct_rise : 80;
  slew_upper_threshold_pct_fall : 80;
  capacitive_load_unit (1,pf);
  time_unit : "1ns";
  lu_table_template (t) {{
    variable_1 : input_net_transition;
    variable_2 : total_output_net_capacitance;
    index_1 ("0.01, 0.1, 1.0");
    index_2 ("0.001, 0.01, 0.1");
  }}{cells}
}}
"""


def tiny_library() -> str:
    """The library as Liberty text; its gates take 0.02 to 0.6 ns."""
    gates = (("NOT", "!(A)", "A"), ("BUF", "(A)", "A"), ("NAND", "!(A&B)", "AB"), ("NOR", "!(A|B)", "AB"))
    cells = [_gate(name, function, pins) for name, function, pins in gates]
    flop = _FLOP.format(area=AREAS["FLOP"], pins="".join(_INPUT.format(pin) for pin in "CD"))
    return _LIBRARY.format(cells="".join([*cells, flop]))


def _gate(name: str, function: str, pins: str) -> str:
    sense = "positive_unate" if name == "BUF" else "negative_unate"
    kinds = ("cell_rise", "rise_transition", "cell_fall", "fall_transition")
    tables = "".join(_TABLE.format(kind) for kind in kinds)
    arcs = "".join(
        f'\n      timing () {{\n        related_pin : "{pin}";\n        timing_sense : {sense};{tables}\n      }}'
        for pin in pins
    )
    inputs = "".join(_INPUT.format(pin) for pin in pins)
    output = f'direction : "output";\n      function : "{function}";\n      max_capacitance : 0.3;{arcs}'
    return f"\n  cell ({name}) {{\n    area : {AREAS[name]};\n    pin (Y) {{\n      {output}\n    }}{inputs}\n  }}"
