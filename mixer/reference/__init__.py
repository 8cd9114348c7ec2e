"""Another recording as the target of a mix: what to match, and the moves of the stems."""
