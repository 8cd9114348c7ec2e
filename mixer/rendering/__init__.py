"""From settings to a mix: the plan, the stages, the pipeline."""
