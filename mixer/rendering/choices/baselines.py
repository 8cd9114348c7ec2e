"""Names of the baselines that mixes are compared with.

Evaluations, benchmarks and listening tests call them the same, on the command line and in tables.
"""

# The stems normalised and added up, without a network; also what `--model` calls it.
NONE = "none"
# Every track at the level and place that engineers usually give its role; no network.
LEVELS = "levels"
# Models without a bundle: there is nothing to open.
WITHOUT_NETWORK = (NONE, LEVELS)
# The recordings added up as they are.
SUM = "sum"
# The mix that people made, and the names that its file may have, without the ending.
HUMAN = "human"
HUMAN_FILE_NAMES = ("mixture", "mix", "reference")
# The two sums as a report's player and the files beside it have them, if no model is in sight.
INPUT_SUM, NORMALISED_SUM = "input_sum", "normalised_sum"
