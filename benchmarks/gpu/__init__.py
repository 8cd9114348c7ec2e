"""CUDA on this machine: parity with the CPU, speed, memory, training, and what limits each."""
