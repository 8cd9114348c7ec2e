"""Another recording as a target: what a mix can take over of it, and the moves of its stems."""
