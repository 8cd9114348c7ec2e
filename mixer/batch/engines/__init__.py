"""Engines that do the work: processes of this machine, its GPUs, or a cluster."""
