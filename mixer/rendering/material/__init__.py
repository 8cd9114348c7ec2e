"""The wet material of a mix, by what it is made from: normalised stems, a network, tracks."""
