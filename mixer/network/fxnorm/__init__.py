"""The paper's network at render time: exact streaming in two passes."""
