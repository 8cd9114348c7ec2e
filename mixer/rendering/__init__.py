"""A render from settings to mix: the plan, the stages, the pipeline."""
