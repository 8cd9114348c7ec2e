"""What a mix is compared with wherever mixes are compared, by one name each.

Reports, listening tests, benchmarks and evaluations call them the same.
"""

from collections.abc import Mapping

# The stems normalised and added up: everything but the network.
NONE = "none"
# The recordings added up as they are.
SUM = "sum"
# The mix that people made.
HUMAN = "human"

LABELS: Mapping[str, str] = {SUM: "Input sum", NONE: "Normalised sum", HUMAN: "Human mix"}
# Names that the file of a human mix may have, without its ending.
HUMAN_FILE_NAMES = ("mixture", "mix", "reference")
